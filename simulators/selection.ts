/** A part of a recording: of a time, of some devices, of some topics. */
import { matches } from '../gateway/topics.js';
import type { Recording, Timed } from './recording.js';

/** Epoch ms, or ms after the recording's first item. */
export type Moment =
  | { readonly kind: 'at'; readonly time: number }
  | { readonly kind: 'after'; readonly ms: number };

export interface Range {
  /** Included. */
  readonly from?: Moment;
  /** Not included any more. */
  readonly to?: Moment;
}

/** Whether a name is one of the patterns, `*` standing for any characters; without patterns, every name is. */
export function nameMatcher(patterns: readonly string[]): (name: string) => boolean {
  if (patterns.length === 0) return () => true;
  const all = patterns.map((pattern) => pattern.split('*').map(escapePattern).join('.*'));
  const pattern = new RegExp(`^(?:${all.join('|')})$`, 'su');
  return (name) => pattern.test(name);
}

/** Whether a topic matches one of the filters; without filters, every topic does. */
export function topicMatcher(filters: readonly string[]): (topic: string) => boolean {
  return filters.length === 0 ? () => true : (topic) => filters.some((filter) => matches(filter, topic));
}

/**
 * The items of the range that `accepts` does not refuse. A moment after the first item takes a pass over the file, for
 * the first item of a file may stand anywhere in it.
 */
export async function select<T extends Timed>(
  recording: Recording<T>,
  range: Range,
  accepts: (item: T) => boolean,
): Promise<Recording<T>> {
  const isRelative = range.from?.kind === 'after' || range.to?.kind === 'after';
  const first = isRelative ? await firstTime(recording) : 0;
  const timeOf = (moment: Moment | undefined, otherwise: number) =>
    moment === undefined ? otherwise : moment.kind === 'at' ? moment.time : first + moment.ms;
  const from = timeOf(range.from, Number.NEGATIVE_INFINITY);
  const to = timeOf(range.to, Number.POSITIVE_INFINITY);
  return {
    ...recording,
    async *read(onBadRow) {
      for await (const item of recording.read(onBadRow)) {
        if (item.time >= from && item.time < to && accepts(item)) yield item;
      }
    },
  };
}

async function firstTime(recording: Recording<Timed>): Promise<number> {
  let first = Number.POSITIVE_INFINITY;
  for await (const { time } of recording.read(() => undefined)) first = Math.min(first, time);
  return first;
}

function escapePattern(text: string): string {
  return text.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&');
}
