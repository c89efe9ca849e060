declare module 'aedes-persistence-level' {
  interface Subscription {
    readonly clientId: string;
    readonly topic: string;
    readonly qos: number;
  }
  /** The methods of an Aedes persistence that `sessions.ts` adds to; Aedes calls the rest. */
  interface LevelPersistence {
    addSubscriptions(client: { readonly id: string }, subscriptions: Subscription[]): Promise<unknown>;
    removeSubscriptions(client: { readonly id: string }, topics: string[]): Promise<unknown>;
    cleanSubscriptions(client: { readonly id: string }): Promise<unknown>;
    outgoingEnqueueCombi(subscriptions: Subscription[], packet: unknown): Promise<unknown>;
    outgoingUpdate(client: { readonly id: string }, packet: unknown): Promise<unknown>;
    outgoingClearMessageId(client: { readonly id: string }, packet: unknown): Promise<unknown>;
    createRetainedStream(pattern: string): import('node:stream').Readable;
    createRetainedStreamCombi(patterns: string[]): import('node:stream').Readable;
  }
  export default function persistence(database: object): LevelPersistence;
}
