/**
 * However streams are cut into batches and wherever environments die, the stores hold the same bytes: windows, rollups,
 * state documents, late events and books.
 */
import fc from 'fast-check';
import { settingsOf } from './definitions.js';
import { Engine, type Fate, plans, type Step } from './engine.js';
import { anyTimeline, type Timeline } from './streams.js';

/** For a busy machine; and how long a failure may be made smaller, so that it is told with its seed (ms). */
const TIMEOUT = 180_000;
const PATIENCE = 120_000;

async function bytesAfter(timeline: Timeline, plan: readonly Step[] = []): Promise<string> {
  const engine = new Engine(settingsOf(timeline));
  await engine.run(timeline.streams, plan);
  const bytes = await engine.dump();
  await engine.stores.close();
  return bytes;
}

test(
  'any layout of batches and any deaths, of aggregate and of rollup, leave the same bytes',
  async () => {
    await fc.assert(
      fc.asyncProperty(anyTimeline(), plans, async (timeline, plan) => {
        expect(await bytesAfter(timeline, plan)).toBe(await bytesAfter(timeline));
      }),
      { numRuns: 10, interruptAfterTimeLimit: PATIENCE },
    );
  },
  TIMEOUT,
);

test(
  'a cold start before every record leaves the same bytes',
  async () => {
    await fc.assert(
      fc.asyncProperty(anyTimeline(60), async (timeline) => {
        const each: Step = { count: 1, cold: true, fate: 'done', rollup: null };
        expect(await bytesAfter(timeline, new Array<Step>(200).fill(each))).toBe(await bytesAfter(timeline));
      }),
      { numRuns: 4, interruptAfterTimeLimit: PATIENCE },
    );
  },
  TIMEOUT,
);

test(
  'a death at any batch, before or after its commit, leaves the same bytes',
  async () => {
    // The streams are the same in every run, so that what fails can be looked at.
    const all = fc.sample(anyTimeline(50), { seed: 7, numRuns: 2 });
    for (const timeline of all) {
      const bytes = await bytesAfter(timeline);
      const batches = Math.ceil(Math.max(...timeline.streams.map(({ length }) => length)) / 3) * 2;
      for (const fate of ['fails', 'dies'] as const) {
        for (let at = 0; at < batches; at++) {
          const plan = Array.from({ length: batches }, (_, index): Step => {
            const mine: Fate = index === at ? fate : 'done';
            return { count: 3, cold: false, fate: mine, rollup: index === at ? fate : null };
          });
          expect(await bytesAfter(timeline, plan)).toBe(bytes);
        }
      }
    }
  },
  TIMEOUT,
);
