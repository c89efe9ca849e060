/**
 * Windows of groups and of the fleet: one row per partition, of the events of its devices. Windows of 10 s, 5 s of
 * lateness; words as in `clock.test.ts`.
 */
import { groupKey } from '../../../functions/aggregate/group.js';
import { tick } from '../../support/batches.js';
import { aggregateSettings, at, Harness, T0 } from './harness.js';

const settings = aggregateSettings([
  { name: 'site', by: ['site', 'type'] },
  { name: 'fleet', by: [] },
]);
const NORTH = 'site=north,type=environment';
let harness: Harness;
beforeEach(() => {
  harness = new Harness(settings);
});
afterEach(() => harness.store.close());

const from = (site: string, seconds: number, device: string, arrival = seconds) =>
  at(seconds, { site }, arrival, device);

test('events are in the windows of their tags, and in the fleet’s', async () => {
  await harness.run(from('north', 1, 'a'), from('north', 2, 'b'), from('south', 3, 'c'), at(4));
  expect(await harness.words(NORTH, 'site')).toBe('0-10:2');
  expect(await harness.words('site=south,type=environment', 'site')).toBe('0-10:1');
  expect(await harness.words('site=,type=environment', 'site')).toBe('0-10:1');
  expect(await harness.words('', 'fleet')).toBe('0-10:4');
  expect((await harness.store.keys('site', { limit: 9, cursor: null })).items).toHaveLength(3);
});

//  a |1          |15.1        b |3: late for both, its own clock does not count
test("a group's clock is the latest of its devices'", async () => {
  await harness.run(
    from('north', 1, 'a'),
    from('north', 15, 'a'),
    from('south', 3, 'b'),
    from('north', 3, 'b'),
  );
  expect(await harness.words(NORTH, 'site')).toBe('[0-10:1*] 10-20:1');
  expect(await harness.words('site=south,type=environment', 'site')).toBe('0-10:1');
  expect(await harness.late()).toEqual([
    expect.objectContaining({ deviceId: 'b', definitions: ['site', 'fleet'], windowStart: T0 }),
    expect.objectContaining({ deviceId: 'b', definitions: ['fleet'], windowStart: T0 }),
  ]);
});

test("ticks close a group's windows, and what comes for them later is late after a cold start, too", async () => {
  await harness.run(from('north', 1, 'a'), from('north', 2, 'b'));
  await harness.run(tick(T0 + 14_000));
  expect(await harness.words(NORTH, 'site')).toBe('0-10:2*');
  harness = harness.restart();
  await harness.run(tick(T0 + 15_000));
  expect(await harness.words(NORTH, 'site')).toBe('[0-10:2*]');
  harness = harness.restart();
  await harness.run(from('north', 3, 'c', 16));
  expect(await harness.tally()).toMatchObject({ late: 1, aggregated: 2 });
});

test('each partition has a row of its own', async () => {
  const other = new Harness(settings, harness.store, 1);
  await harness.run(from('north', 1, 'a'));
  await other.run(from('north', 2, 'b'), from('north', 25, 'b'));
  const rows = await harness.rows(NORTH, 'site');
  expect(rows.map(({ start, partition, events, closed }) => [start - T0, partition, events, closed])).toEqual(
    [
      [0, 0, 1, false],
      [0, 1, 1, true],
      [20_000, 1, 1, false],
    ],
  );
});

test('no two groups have the same key', () => {
  const key = (site: string) => groupKey(['site', 'type'], 'reefer', { site });
  expect(key('north')).toBe('site=north,type=reefer');
  expect(key('a,type=b')).toBe('site=a%2Ctype%3Db,type=reefer');
  expect(key('a%2C')).not.toBe(key('a,'));
  expect(groupKey([], 'reefer', {})).toBe('');
});
