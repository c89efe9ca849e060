/** The last 3 events of a device, by event time. */
import { tick } from '../../../support/batches.js';
import { aggregateSettings, at, Harness, T0 } from '../harness.js';

const settings = aggregateSettings([
  { window: { type: 'last', count: 3 }, metrics: { temperature: ['p50', 'delta'] } },
]);
let harness: Harness;
beforeEach(() => {
  harness = new Harness(settings);
});
afterEach(() => harness.store.close());

async function contents() {
  const [row] = await harness.rows();
  const { count, sum, first, last } = row!.metrics.temperature!;
  const { start, size, end, events, revision, closed } = row!;
  return { start, size, end: end - T0, events, revision, closed, count, sum, first, last };
}

test('one row, start 0: the latest events, and what they come to', async () => {
  await harness.run(at(1), at(2));
  const two = { start: 0, size: 0, end: 2_001, events: 2, revision: 2, closed: false };
  expect(await contents()).toEqual({ ...two, count: 2, sum: 3, first: 1, last: 2 });
  await harness.run(at(5), at(4));
  const three = { ...two, end: 5_001, events: 3, revision: 4 };
  expect(await contents()).toEqual({ ...three, count: 3, sum: 11, first: 2, last: 5 });
});

test('an event that is older than all of them changes nothing, and is not late', async () => {
  await harness.run(at(4), at(5), at(6));
  await harness.run(at(1), at(3));
  expect(await contents()).toMatchObject({ events: 3, revision: 3, sum: 15 });
  expect(await harness.tally()).toMatchObject({ aggregated: 5, late: 0, corrections: 0 });
});

test('of equal times the one that came later is the later one', async () => {
  await harness.run(at(4, { temperature: 1 }), at(4, { temperature: 2 }), at(4, { temperature: 3 }));
  await harness.run(at(4, { temperature: 4 }));
  expect(await contents()).toMatchObject({ events: 3, sum: 9, first: 2, last: 4 });
});

test('they are remembered beyond a cold start, and no tick closes them', async () => {
  await harness.run(at(4), at(5), at(6), tick(T0 + 3_600_000));
  harness = harness.restart();
  await harness.run(tick(T0 + 3_700_000), at(7, {}, 3_800));
  expect(await contents()).toMatchObject({ events: 3, revision: 4, sum: 18, closed: false });
});

test('fewer are kept when the definition says so', async () => {
  await harness.run(at(4), at(5), at(6));
  harness = harness.restart(
    aggregateSettings([{ window: { type: 'last', count: 2 }, metrics: { temperature: ['p50'] } }]),
  );
  await harness.run(at(7));
  expect(await contents()).toMatchObject({ events: 2, sum: 13 });
});
