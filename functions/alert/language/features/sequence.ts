/** One thing, then another: `sequence(event.door == "open", event.temperature > 8, '10m')`. */
import type { Feature, Sample } from '../feature.js';
import { packNumber, unpackNumber } from './value.js';

/** First things, later than all second ones known: more than one only where events come out of order. */
const MAX_WAITING = 16;

interface Pairs {
  newest: number;
  /** Event time of the latest second thing. */
  second: number;
  /** Event time of the latest first thing that a second one followed. */
  paired: number;
  /** Event times of first things that none has followed yet; ascending. */
  waiting: number[];
}

/** Whether within the last `width` the first thing happened, and at the same time or after it the second. */
export function sequenceWithin(
  source: string,
  metrics: readonly string[],
  width: number,
  isFirst: (sample: Sample) => boolean,
  isSecond: (sample: Sample) => boolean,
): Feature<Pairs> {
  const never = Number.NEGATIVE_INFINITY;
  return {
    id: `sequence:${width}:${source}`,
    metrics,
    start: () => ({ newest: never, second: never, paired: never, waiting: [] }),
    observe(state, sample) {
      const { eventTime } = sample;
      state.newest = Math.max(state.newest, eventTime);
      if (isFirst(sample)) {
        if (eventTime <= state.second) state.paired = Math.max(state.paired, eventTime);
        else wait(state.waiting, eventTime);
      }
      if (isSecond(sample) && eventTime > state.second) {
        state.second = eventTime;
        while (state.waiting.length > 0 && state.waiting[0]! <= eventTime) {
          state.paired = Math.max(state.paired, state.waiting.shift()!);
        }
      }
    },
    value: ({ newest, paired }, at) => paired > Math.max(at, newest) - width,
    nextChange: ({ paired }, at) => (paired + width > at ? paired + width : Number.POSITIVE_INFINITY),
    encode: ({ newest, second, paired, waiting }) => [
      packNumber(newest),
      packNumber(second),
      packNumber(paired),
      ...waiting,
    ],
    decode(json) {
      const [newest, second, paired, ...waiting] = (json as unknown[]).map(unpackNumber);
      return { newest: newest!, second: second!, paired: paired!, waiting };
    },
  };
}

function wait(waiting: number[], time: number): void {
  let place = waiting.length;
  while (place > 0 && waiting[place - 1]! > time) place--;
  if (waiting[place - 1] === time) return;
  waiting.splice(place, 0, time);
  if (waiting.length > MAX_WAITING) waiting.shift();
}
