/**
 * From which time on a rebuild can be compared with what is stored, when it does not begin with the first record there
 * ever was.
 *
 * A record that is gone arrived at some time A at the latest. Its event time was no more than `maxFuture` ahead, or it
 * would have been refused; it moved no clock further than `maxAhead` ahead. So windows that begin after A plus the
 * larger of the two lack none of their events, and none of theirs was late because of what is gone.
 */
import type { AggregationDefinition } from '../../common/aggregations.js';
import type { Settings } from '../../common/settings.js';

/** How far the event times and clocks of records are ahead of their arrival at the most, ms. */
export function reach({ events, aggregate }: Pick<Settings, 'events' | 'aggregate'>): number {
  return Math.max(events.maxFutureMs, aggregate.maxAheadMs);
}

/**
 * Where sessions begin and are cut depends on what came before, back to the last pause. How much more is read for
 * their sake, ms.
 */
export function leadOf({ window }: AggregationDefinition): number {
  return window.type === 'session' ? window.maxMs + window.gapMs : 0;
}

/**
 * The first session of a series that begins where it does whatever came before `from`; undefined: there is none.
 * @param sessions in order of time
 */
export async function firstSettledSession(
  sessions: AsyncIterable<{ readonly start: number; readonly end: number }>,
  from: number,
  gapMs: number,
): Promise<number | undefined> {
  let before = Number.NEGATIVE_INFINITY;
  for await (const { start, end } of sessions) {
    // A pause after a session's end is one after its last event, whether it was cut or not.
    if (start >= from + gapMs && start >= before + gapMs) return start;
    before = end;
  }
  return undefined;
}

export interface PartitionStart {
  /** Whether records before the first one read are gone from the stream, rather than left out on purpose. */
  readonly trimmed: boolean;
  /** Arrival of the first record read, epoch ms; undefined when there is none. */
  readonly firstArrival: number | undefined;
}

/**
 * @param asked the earliest arrival that was asked for, epoch ms; undefined: everything was
 * @returns epoch ms; 0 when nothing is missing
 */
export function comparableFrom(
  partitions: readonly PartitionStart[],
  asked: number | undefined,
  reachMs: number,
): number {
  let from = asked === undefined ? 0 : asked + reachMs;
  for (const { trimmed, firstArrival } of partitions) {
    if (!trimmed) continue;
    from = Math.max(from, firstArrival === undefined ? Number.POSITIVE_INFINITY : firstArrival + reachMs);
  }
  return from;
}
