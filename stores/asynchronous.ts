/**
 * The queue of asynchronous invocations: events that wait for their function, and reports that wait for their
 * destination.
 *
 * An event is *waiting* from `enqueue` until `settle`; a settled one may leave a *report* behind, until `delivered`.
 * Then only its id is kept, until `trim`: while it is, the same id is not queued again.
 *
 * `enqueue` is durable when it resolves, power loss included. Every other change survives kill -9; after a loss of power
 * it may be forgotten, and then the event runs, or its report is sent, once more. Nothing is ever lost. One process works
 * on a queue at a time. Errors are `MillraceError`s that say whether a retry helps.
 */
export interface NewAsynchronousEvent {
  readonly functionName: string;
  /** Unique among the function's events that are kept. */
  readonly id: string;
  /** JSON. */
  readonly payload: Uint8Array;
}

export interface WaitingEvent {
  /** Order of arrival; names the event from here on. */
  readonly sequence: number;
  readonly id: string;
  readonly payload: Uint8Array;
  /** Epoch ms. */
  readonly enqueued: number;
  /** Attempts that reached the function and failed. */
  readonly attempts: number;
  /** Attempts in a row that did not reach it. */
  readonly throttles: number;
}

/** What became of an event, for a destination. */
export interface PendingReport {
  readonly sequence: number;
  /** JSON. */
  readonly document: string;
}

export interface QueueCounts {
  readonly waiting: number;
  readonly reports: number;
}

export interface AsynchronousStore {
  /** Queues those whose id is not kept already, in order, due at `now` (epoch ms). Resolves with how many they were. */
  enqueue(events: readonly NewAsynchronousEvent[], now: number): Promise<number>;
  /** Events of a function that are due, the longest due first; none of those in `except`. */
  due(functionName: string, now: number, limit: number, except: readonly number[]): readonly WaitingEvent[];
  /** When the next one is due that is not in `except`, epoch ms. */
  nextDue(functionName: string, except: readonly number[]): number | undefined;
  postpone(sequence: number, due: number, attempts: number, throttles: number): void;
  settle(
    sequence: number,
    now: number,
    report?: { readonly destination: string; readonly document: string },
  ): void;
  /** Reports to a destination, oldest first. */
  reports(destination: string, limit: number): readonly PendingReport[];
  /** Destinations that reports wait for. */
  destinations(): readonly string[];
  delivered(sequence: number): void;
  /** Forgets ids that were settled before `time`, at most `limit`; returns how many went. */
  trim(time: number, limit: number): number;
  counts(functionName: string): QueueCounts;
  close(): Promise<void>;
}
