import type { Publication } from '../../simulators/publication.js';
import { pump } from '../../simulators/pump.js';
import type { Timed } from '../../simulators/recording.js';
import { type Pace, schedule } from '../../simulators/replay-schedule.js';

const TIMES = [1000, 1000, 1250, 4000, 31_000];
const publication: Publication = {
  ...{ topic: 'a', payload: '', qos: 1, retain: false, omitted: 0, isUnshifted: false },
};

/** Sends TIMES with a clock of its own, and answers when each was sent, ms after the start. */
async function sentAt(pace: Partial<Pace>, options: { roomMs?: number; abortAt?: number } = {}) {
  const { roomMs = 0, abortAt = Number.POSITIVE_INFINITY } = options;
  const begin = 5000;
  let now = begin;
  const abort = new AbortController();
  const advance = (ms: number) => {
    now += ms;
    if (now >= begin + abortAt) abort.abort();
  };
  const loops = pace.loops ?? 1;
  const at: number[] = [];
  await pump<Timed>({
    items: async function* () {
      yield* TIMES.map((time) => ({ time }));
    },
    loops,
    schedule: schedule(
      { first: 1000, last: 31_000, rows: TIMES.length },
      { speed: 1, times: { kind: 'keep' }, loops, ...pace },
      0,
    ),
    publish: () => publication,
    outlet: { room: async () => advance(roomMs), publish: () => at.push(now - begin) },
    clock: { now: () => now, sleep: async (ms) => advance(ms) },
    signal: abort.signal,
    sent: () => undefined,
  });
  return at;
}

describe('items are sent', () => {
  test('as far apart as they were recorded', async () => {
    expect(await sentAt({ speed: 1 })).toEqual([0, 0, 250, 3000, 30_000]);
  });

  test('in a tenth of the time at speed 10, and in twice the time at half the speed', async () => {
    expect(await sentAt({ speed: 10 })).toEqual([0, 0, 25, 300, 3000]);
    expect(await sentAt({ speed: 0.5 })).toEqual([0, 0, 500, 6000, 60_000]);
  });

  test('at once at full speed', async () => {
    expect(await sentAt({ speed: 'max' })).toEqual([0, 0, 0, 0, 0]);
  });

  test('again and again', async () => {
    // The period: 30 s and the mean pause of 7.5 s.
    expect(await sentAt({ speed: 10, loops: 2 })).toEqual([
      0, 0, 25, 300, 3000, 3750, 3750, 3775, 4050, 6750,
    ]);
  });

  test('late when the backend is slow, and in time again when it is not', async () => {
    expect(await sentAt({ speed: 1 }, { roomMs: 200 })).toEqual([200, 400, 600, 3200, 30_200]);
  });

  test('no more once it was aborted', async () => {
    expect(await sentAt({ speed: 1 }, { abortAt: 20_000 })).toEqual([0, 0, 250, 3000]);
    expect(await sentAt({ speed: 'max', loops: 9 }, { roomMs: 10, abortAt: 25 })).toEqual([10, 20]);
  });
});
