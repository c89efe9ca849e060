/** What became of one attempt to send one delivery. */

export type Outcome =
  /** `note`: what the target took and still said, such as recipients it refused. */
  | { readonly kind: 'delivered'; readonly status: number | null; readonly note: string | null }
  /** The target may take it later. */
  | {
      readonly kind: 'failed';
      readonly status: number | null;
      readonly error: string;
      /** The target said so much of a pause; null: it said nothing. */
      readonly retryAfterMs: number | null;
    }
  /** The target will not take it however often it is sent. */
  | { readonly kind: 'refused'; readonly status: number | null; readonly error: string };

export function failed(
  error: string,
  status: number | null = null,
  retryAfterMs: number | null = null,
): Outcome {
  return { kind: 'failed', status, error, retryAfterMs };
}

export function refused(error: string, status: number | null = null): Outcome {
  return { kind: 'refused', status, error };
}
