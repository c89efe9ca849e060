/**
 * When a recorded item is due, and how far its time moves. Pure.
 *
 *     recorded   first ............ last                 period: from the first to just after the last
 *     pass 0     |-----------------|--|
 *     pass 1                          |-----------------|--|
 */
import type { RecordingPlan } from './recording.js';

/** What becomes of event times. */
export type TimeMapping =
  | { readonly kind: 'keep' }
  /** None lies in the future when it is sent, and the newest is as late as possible. */
  | { readonly kind: 'now' }
  | { readonly kind: 'by'; readonly ms: number }
  /** The first one gets this time, epoch ms. */
  | { readonly kind: 'start'; readonly time: number };

export interface Pace {
  /** Recorded seconds per second, or `max`. */
  readonly speed: number | 'max';
  readonly times: TimeMapping;
  /** How often the recording is replayed, from 1. */
  readonly loops: number;
}

export interface Schedule {
  /** What is added to the recorded time, ms; `pass` counts from 0. */
  shift(pass: number): number;
  /** When an item recorded at `time` is due, ms after the start. */
  due(time: number, pass: number): number;
}

/** Between the end of a recording of one item and its beginning again. */
const LONE_PERIOD_MS = 1000;

/**
 * Sped up and shifted to now, the last event is due at `start + span / speed` and gets just that time; earlier ones
 * then lie in the past when they are sent. Slowed down, the first event gets the time of the start.
 *
 * With times kept, every pass sends the same events again; else each pass follows the one before by the period.
 */
export function schedule(
  { first, last, rows }: Pick<RecordingPlan, 'first' | 'last' | 'rows'>,
  { speed, times, loops }: Pace,
  start: number,
): Schedule {
  const span = last - first;
  // As long as between two events on the average.
  const pause = rows > 1 ? Math.max(1, Math.round(span / (rows - 1))) : LONE_PERIOD_MS;
  const period = span + pause;
  const due = (time: number, pass: number) => (speed === 'max' ? 0 : (time - first + pass * period) / speed);
  if (times.kind === 'keep') return { shift: () => 0, due };
  const shiftOfFirst = () => {
    switch (times.kind) {
      case 'by':
        return times.ms;
      case 'start':
        return times.time - first;
      case 'now': {
        const isSlow = speed !== 'max' && speed < 1;
        const lastPass = loops - 1;
        return isSlow ? start - first : start + due(last, lastPass) - (last + lastPass * period);
      }
    }
  };
  const base = Math.floor(shiftOfFirst());
  return { shift: (pass) => base + Math.floor(pass * period), due };
}
