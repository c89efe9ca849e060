/** Windows, books, gaps and rollups of generated streams, held against SQL over the accepted events. */
import fc from 'fast-check';
import { expectAgreement } from './compare.js';
import { settingsOf } from './definitions.js';
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
      { numRuns: 25, interruptAfterTimeLimit: PATIENCE },
    );
  },
  TIMEOUT,
);
