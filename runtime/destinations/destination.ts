/** Where records that a function could not process are reported to. */
export interface Destination {
  readonly name: string;
  readonly arn: string;
  /** Whether documents should carry the failed records themselves. */
  readonly wantsPayload: boolean;
  /**
   * Resolves when the document (JSON) is durable there. Rejects only when that cannot be reached for now; the caller
   * tries again.
   */
  send(document: object): Promise<void>;
}
