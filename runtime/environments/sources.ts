/** Event sources by number: each is sent to an environment once, and its batches refer to it by its number. */
import type { EventSource } from './invocation.js';

export interface SourceNumbers {
  /** A source is known by its identity: an event source mapping uses one object for all its batches. */
  numberOf(source: EventSource): number;
  /** Those that were numbered since the last call. */
  takeNew(): readonly EventSource[];
}

const NONE: readonly EventSource[] = [];

export function createSourceNumbers(): SourceNumbers {
  const numbers = new Map<EventSource, number>();
  let unsent: EventSource[] = [];
  return {
    numberOf(source) {
      const known = numbers.get(source);
      if (known !== undefined) return known;
      const number = numbers.size;
      numbers.set(source, number);
      unsent.push(source);
      return number;
    },
    takeNew() {
      if (unsent.length === 0) return NONE;
      const taken = unsent;
      unsent = [];
      return taken;
    },
  };
}
