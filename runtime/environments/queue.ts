/**
 * What waits for an environment of one function, in order of arrival. Batches that wait together may be taken
 * together.
 */
import type { BatchInvocation, BatchOutcome } from './invocation.js';
import type { Reply, Work } from './protocol.js';

export interface WaitingBatch {
  readonly type: 'batch';
  readonly invocation: BatchInvocation;
  settle(outcome: BatchOutcome): void;
}

/** Anything but a batch. */
export interface WaitingCall {
  readonly type: 'call';
  readonly requestId: string;
  readonly work: Work;
  /** Called with the reply, and with the REPORT line if `wantsReport`. */
  settle(reply: Reply, report: string): void;
  refuse(error: Error): void;
  readonly wantsReport: boolean;
}

/** One call, or batches for one message. */
export type Portion = WaitingCall | { readonly type: 'batches'; readonly batches: readonly WaitingBatch[] };

/** Bytes of batches in one message, unless one alone is larger. */
const MAX_PORTION_BYTES = 16 * 1024 * 1024;

export interface Queue {
  readonly length: number;
  push(item: WaitingBatch | WaitingCall): void;
  /** Puts back what was taken but not begun, before everything else. */
  putBack(batches: readonly WaitingBatch[]): void;
  /** The next portion for one of `free` environments (1 at least), so that they share the batches that wait evenly. */
  take(free: number): Portion | undefined;
}

export function createQueue(): Queue {
  let items: (WaitingBatch | WaitingCall)[] = [];
  return {
    get length() {
      return items.length;
    },
    push(item) {
      items.push(item);
    },
    putBack(batches) {
      items = [...batches, ...items];
    },
    take(free) {
      const first = items[0];
      if (first === undefined) return undefined;
      if (first.type === 'call') return items.shift() as WaitingCall;
      const batches: WaitingBatch[] = [];
      const together = items.findIndex(({ type }) => type === 'call');
      const share = Math.ceil((together < 0 ? items.length : together) / free);
      let bytes = 0;
      for (const item of items) {
        if (item.type === 'call' || batches.length === share) break;
        bytes += item.invocation.batch.frames.length;
        if (batches.length > 0 && bytes > MAX_PORTION_BYTES) break;
        batches.push(item);
      }
      items = batches.length === items.length ? [] : items.slice(batches.length);
      return { type: 'batches', batches };
    },
  };
}
