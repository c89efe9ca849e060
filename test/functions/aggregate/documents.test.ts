/** State of before: documents of other versions, and windows of definitions that have changed meanwhile. */
import { Device } from '../../../functions/aggregate/device.js';
import { emptyTally } from '../../../functions/aggregate/partition.js';
import { Plans } from '../../../functions/aggregate/plan.js';
import { deviceReport } from '../../../functions/aggregate/report.js';
import { tick } from '../../support/batches.js';
import { aggregateSettings, at, Harness, T0 } from './harness.js';

const settings = aggregateSettings([{}]);
let harness: Harness;
beforeEach(() => {
  harness = new Harness(settings);
});
afterEach(() => harness.store.close());

/** As the first version wrote it: numbers 3 and 5 have come, a tick has closed what ends at 10. */
const FIRST = JSON.stringify({
  v: 1,
  time: T0 + 12_000,
  arrival: T0 + 12_500,
  closed: T0 + 10_000,
  top: 5,
  seen: [0b101000, 0, 0, 0, 0, 0, 0, 0],
});

async function stored(state: string): Promise<void> {
  await harness.store.commit({
    tally: emptyTally(0),
    progress: [{ scope: '', key: 'dev', partition: 0, offset: 0n, state }],
    windows: [],
    removed: [],
    late: [],
  });
}

test('a document of version 1 is read: clock, closed windows, numbers', async () => {
  expect(deviceReport(FIRST)).toEqual({
    latestEventTime: T0 + 12_000,
    watermark: T0 + 12_000,
    clock: { ahead: 0, behind: 0, maxAheadMs: 0, maxBehindMs: 0 },
    sequences: { expected: 3, received: 2, lost: 0, missing: 1, duplicates: 0, restarts: 0 },
  });
  await stored(FIRST);
  await harness.run(at(12, { seq: 5 }), at(3, { seq: 4 }), at(13, { seq: 6 }));
  expect(await harness.words()).toBe('10-20:1');
  expect(await harness.tally()).toMatchObject({ duplicate: 1, late: 1, aggregated: 1 });
  expect(JSON.parse(await harness.state())).toMatchObject({ v: 2, closed: { device: T0 + 10_000 } });
  expect(deviceReport(await harness.state()).sequences).toMatchObject({ received: 4, missing: 0 });
});

test('a document of version 1 without anything in it', () => {
  const empty = '{"v":1,"time":null,"arrival":0,"closed":null,"top":-1,"seen":[0,0,0,0,0,0,0,0]}';
  const device = Device.decode('dev', empty, new Plans(settings));
  expect(device).toMatchObject({ latest: Number.NEGATIVE_INFINITY, sequences: null });
  expect(deviceReport(empty).latestEventTime).toBeNull();
});

test('a document that is read and written again is the same', async () => {
  await harness.run(
    at(1, { seq: 1 }),
    at(2, { seq: 4 }),
    at(2, { seq: 4 }),
    at(9, { eventId: 'e' }),
    tick(T0 + 60_000),
  );
  const state = await harness.state();
  expect(Device.decode('dev', state, new Plans(settings)).encode()).toBe(state);
});

test('a window of another size goes on until it is due', async () => {
  await harness.run(at(1));
  harness = harness.restart(aggregateSettings([{ window: { type: 'tumbling', sizeMs: 4_000 } }]));
  await harness.run(at(2));
  expect(await harness.words()).toBe('0-4:1 0-10:1');
  await harness.run(at(15));
  expect(await harness.words()).toBe('[0-4:1*] [0-10:1*] 12-16:1');
});

test('windows of a definition that is no longer there are closed', async () => {
  await harness.run(at(1));
  harness = harness.restart(aggregateSettings([{ name: 'another' }]));
  await harness.run(at(2));
  expect(await harness.words()).toBe('[0-10:1*]');
  expect(await harness.words('dev', 'another')).toBe('0-10:1');
});

test.each([
  ['per device, now of groups', { by: ['site'] }],
  ['tumbling, now sessions', { window: { type: 'session', gapMs: 5_000, maxMs: 50_000 } }],
  ['tumbling, now the last events', { window: { type: 'last', count: 3 } }],
] as const)('windows that cannot go on are closed: %s', async (_, changes) => {
  await harness.run(at(1));
  harness = harness.restart(aggregateSettings([changes]));
  await harness.run(tick(T0 + 2_000));
  expect(await harness.words()).toBe('[0-10:1*]');
});

test.each([
  ['gone', { name: 'another' }],
  ['of groups meanwhile', { by: ['type'] }],
] as const)(
  'a definition that comes back leaves its closed windows as they are: it was %s',
  async (_, changes) => {
    await harness.run(at(1), at(2));
    harness = harness.restart(aggregateSettings([changes]));
    await harness.run(at(3));
    harness = harness.restart(settings);
    await harness.run(at(4), at(11));
    expect(await harness.words()).toBe('[0-10:2*] 10-20:1');
    expect((await harness.late()).map(({ eventTime, definitions }) => [eventTime - T0, definitions])).toEqual(
      [[4_000, ['device']]],
    );
  },
);

test('so does a definition of groups that comes back', async () => {
  const groups = aggregateSettings([{}, { name: 'types', by: ['type'] }]);
  harness = harness.restart(groups);
  await harness.run(at(1), at(2));
  harness = harness.restart(settings);
  await harness.run(at(3));
  harness = harness.restart(groups);
  await harness.run(at(4), at(11));
  expect(await harness.words('type=environment', 'types')).toBe('[0-10:2*] 10-20:1');
  expect((await harness.late()).map(({ definitions }) => definitions)).toEqual([['types']]);
  expect(await harness.words()).toBe('0-10:4* 10-20:1');
});

test.each([
  ['sessions', { type: 'session', gapMs: 5_000, maxMs: 50_000 }],
  ['the last events', { type: 'last', count: 3 }],
] as const)('%s do not go on as windows of a size', async (_, window) => {
  harness = new Harness(aggregateSettings([{ window }]));
  await harness.run(at(1));
  harness = harness.restart(settings);
  await harness.run(at(2));
  const rows = (await harness.rows()).map(({ size, closed, events }) => ({ size, closed, events }));
  expect(rows).toContainEqual({ size: 0, closed: true, events: 1 });
  expect(rows).toContainEqual({ size: 10_000, closed: false, events: 1 });
});
