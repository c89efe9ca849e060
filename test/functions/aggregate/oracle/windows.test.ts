/** Windows, books, gaps and rollups of generated streams, held against SQL over the accepted events. */
import fc from 'fast-check';
import { expectAgreement } from './compare.js';
import { DEFINITIONS, settingsOf } from './definitions.js';
import { type Duck, openDuck } from './duck.js';
import { Engine, plans } from './engine.js';
import { expected, prepare } from './oracle.js';
import { anyTimeline } from './streams.js';

/** For a busy machine; and how long a failure may be made smaller, so that it is told with its seed (ms). */
const TIMEOUT = 180_000;
const PATIENCE = 120_000;

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
  await prepare(duck, settingsOf({ timeZone: 'UTC', weekStartsOn: 'monday' }));
});
afterAll(() => duck.close());

test(
  'windows, revisions, figures, books, late events, gaps and rollups are those of SQL over the accepted events',
  async () => {
    await fc.assert(
      fc.asyncProperty(anyTimeline(), plans, async (timeline, plan) => {
        const { streams } = timeline;
        const settings = settingsOf(timeline);
        const engine = new Engine(settings);
        await engine.run(streams, plan);
        await expectAgreement(engine, await expected(duck, streams, settings), settings);
        await engine.stores.close();
      }),
      { numRuns: 15, interruptAfterTimeLimit: PATIENCE },
    );
  },
  TIMEOUT,
);

test(
  'the streams hold what they are made for',
  async () => {
    const found: Record<string, number> = {};
    const note = (what: string, count: number) => {
      found[what] = (found[what] ?? 0) + count;
    };
    for (const timeline of fc.sample(anyTimeline(), { seed: 5, numRuns: 16 })) {
      const { windows, rollups, tallies, gaps } = await expected(
        duck,
        timeline.streams,
        settingsOf(timeline),
      );
      for (const what of ['late', 'duplicate', 'refused', 'ticks', 'ahead', 'behind', 'corrections']) {
        for (const tally of tallies) note(what, tally[what] as number);
      }
      for (const { lost, missing, restarts } of gaps as Record<string, number>[]) {
        note('lost', lost!);
        note('missing', missing!);
        note('restarts', restarts!);
      }
      for (const { definition, revision, closed, events, metrics } of windows) {
        note(`windows of ${definition}`, 1);
        if ((revision as number) > 2) note('corrected twice', 1);
        if (closed === false && revision === 1) note('complete, not closed', 1);
        if (definition === 'visits' && (events as number) > 2) note('sessions of many events', 1);
        note('resets', (metrics.energy?.resets as number | undefined) ?? 0);
      }
      for (const { period, start, end } of rollups) {
        const hours = ((end as number) - start) / 3_600_000;
        if (period === 'day' && hours !== 24) note(`days of ${hours} hours`, 1);
      }
    }
    // Berlin, Lord Howe, Havana and Santiago.
    const days = ['23', '23.5', '24.5', '25'].map((hours) => `days of ${hours} hours`);
    const tallied = ['late', 'duplicate', 'refused', 'ticks', 'ahead', 'behind', 'corrections'];
    const others = ['lost', 'missing', 'restarts', 'resets', 'corrected twice', 'complete, not closed'];
    for (const what of [...tallied, ...others, ...days, 'sessions of many events']) {
      expect([what, (found[what] ?? 0) > 0]).toEqual([what, true]);
    }
    for (const { name } of DEFINITIONS) expect(found[`windows of ${name}`]).toBeGreaterThan(0);
  },
  TIMEOUT,
);
