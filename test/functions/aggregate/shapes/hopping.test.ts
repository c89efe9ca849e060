/** Windows of 20 s, one every 10 s, no lateness. Above each case its timeline; words as in `clock.test.ts`. */
import { tick } from '../../../support/batches.js';
import { aggregateSettings, at, Harness, T0 } from '../harness.js';

const settings = aggregateSettings([
  { window: { type: 'hopping', sizeMs: 20_000, everyMs: 10_000 }, allowedLatenessMs: 0 },
]);
let harness: Harness;
beforeEach(() => {
  harness = new Harness(settings);
});
afterEach(() => harness.store.close());

//  -10  0    10   20   30
//   |---5----|
//        |---5-|-12--|
//             |12--------|
test('an event is in as many windows as cover it', async () => {
  await harness.run(at(5), at(9.999), at(12));
  expect(await harness.words()).toBe('[-10-10:2*] 0-20:3 10-30:1');
});

test('they close one after the other, by the watermark and by ticks', async () => {
  await harness.run(at(5), at(20));
  expect(await harness.words()).toBe('[-10-10:1*] [0-20:1*] 10-30:1 20-40:1');
  await harness.run(tick(T0 + 30_000));
  expect(await harness.words()).toBe('[-10-10:1*] [0-20:1*] [10-30:1*] 20-40:1');
});

//  -10  0    10   20            3 comes when [-10, 10) has closed: it is in [0, 20), and late for the other
test('what is late for one window is in the others, and listed', async () => {
  await harness.run(at(5), at(12), at(3));
  expect(await harness.words()).toBe('[-10-10:1*] 0-20:3 10-30:1');
  expect(await harness.tally()).toMatchObject({ aggregated: 2, late: 1 });
  expect(await harness.late()).toEqual([
    expect.objectContaining({ windowStart: T0 - 10_000, definitions: ['device'] }),
  ]);
});
