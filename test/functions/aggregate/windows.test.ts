/**
 * Windows of 10 s, 5 s of allowed lateness. Above each case its timeline: event times in seconds, `W` where the
 * watermark is after them.
 */
import { create } from '../../../functions/aggregate/handler.js';
import { emptyTally } from '../../../functions/aggregate/partition.js';
import type { AggregationStore } from '../../../stores/aggregation.js';
import { openAggregationStore } from '../../../stores/sqlite/aggregation.js';
import { batchOf, type TestRecord, tick } from '../../support/batches.js';
import { start, testContext, testPlatform } from '../../support/stream-function.js';

const T0 = Date.UTC(2024, 0, 1);
const DEV = { definition: 'device', key: 'dev' };
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };
let store: AggregationStore;
beforeEach(() => {
  store = openAggregationStore(':memory:');
});
afterEach(() => store.close());

/** Event at `seconds` after T0, arriving at once or at `arrival` seconds. */
function at(seconds: number, more: object = {}, arrival = seconds): TestRecord {
  const payload = { ts: T0 + seconds * 1000, temperature: seconds, humidity: 1, battery: 1, ...more };
  return { arrivalTime: T0 + arrival * 1000, key: 'dev', payload };
}

async function run(...records: TestRecord[]): Promise<void> {
  const process = await start(create, testPlatform({ aggregation: store }));
  await process(batchOf(records), testContext);
}

/** `start:events` per window, closed ones in brackets. */
async function windows(): Promise<string> {
  const { items } = await store.windows(DEV, ALL, { limit: 100, cursor: null });
  const words = items.map((row) => {
    const word = `${(row.start - T0) / 1000}:${row.events}`;
    return row.closed ? `[${word}]` : word;
  });
  return words.join(' ');
}

//  0    5    10   15   20
//  |1 . 9    |         |        W = 4
test('events fall into the window of their time', async () => {
  await run(at(1), at(9, { co2: 400 }), at(5));
  expect(await windows()).toBe('0:3');
  const [row] = (await store.windows(DEV, ALL, { limit: 1, cursor: null })).items;
  expect(row).toMatchObject({ size: 10_000, partition: 0, offset: 2n, closed: false });
  expect(row?.metrics).toEqual({
    temperature: {
      count: 3,
      sum: 15,
      min: 1,
      max: 9,
      first: 1,
      firstTime: T0 + 1000,
      last: 9,
      lastTime: T0 + 9000,
    },
    humidity: expect.objectContaining({ count: 3, sum: 3 }),
    battery: expect.objectContaining({ count: 3, sum: 3 }),
    co2: expect.objectContaining({ count: 1, sum: 400, firstTime: T0 + 9000, lastTime: T0 + 9000 }),
  });
});

//  |1        |   14.9  |        W = 9.9: open          |1        |    15   |   W = 10: closed
test('a window closes when the watermark reaches its end', async () => {
  await run(at(1), at(14.9));
  expect(await windows()).toBe('0:1 10:1');
  await run(at(1), at(14.9), at(15));
  expect(await windows()).toBe('[0:1] 10:2');
});

//  |1        |   14    |        then 3: W = 9, in time; 15: W = 10; then 3: late
test('what comes within the allowed lateness counts, what comes after is late and kept', async () => {
  await run(at(1), at(14), at(3), at(15), at(4, { seq: 9 }));
  expect(await windows()).toBe('[0:2] 10:2');
  expect(await store.tally(0)).toMatchObject({ aggregated: 4, late: 1, nextOffset: 5n });
  const { items } = await store.late({}, { limit: 9, cursor: null });
  expect(items).toEqual([
    expect.objectContaining({ offset: 4n, deviceId: 'dev', windowStart: T0, id: '0-4' }),
  ]);
  expect(JSON.parse(items[0]!.payload)).toMatchObject({ seq: 9 });
});

//  |1        |         |         |   34    |     W = 29: the event that moves it is not late itself
test('a jump closes all windows before, at once', async () => {
  await run(at(1), at(9), at(14), at(34));
  expect(await windows()).toBe('[0:2] [10:1] 30:1');
});

//  |1        |        arrived at 1; tick at 14.999: clock 14.999; tick at 15: clock 15 = end + lateness
test('a tick closes the window of a silent device, by the time passed since its last event', async () => {
  await run(at(1), tick(T0 + 14_999));
  expect(await windows()).toBe('0:1');
  await run(at(1), tick(T0 + 14_999), tick(T0 + 15_000));
  expect(await windows()).toBe('[0:1]');
  expect(await store.tally(0)).toMatchObject({ aggregated: 1, ticks: 2 });
});

//  |1        |        arrived at 3601, an hour later: tick at 3614: clock 14; tick at 3615: clock 15
test('a recording of long ago closes by its own clock', async () => {
  await run(at(1, {}, 3601), tick(T0 + 3_614_999));
  expect(await windows()).toBe('0:1');
  await run(at(1, {}, 3601), tick(T0 + 3_614_999), tick(T0 + 3_615_000));
  expect(await windows()).toBe('[0:1]');
});

//  |1        |..tick..|         |         |   3: late, its window was closed; 12, 25: backlog, in time
test('a device that comes back finds the window closed that a tick closed, and the later ones open', async () => {
  await run(at(1), tick(T0 + 60_000), at(3, {}, 61), at(12, {}, 61), at(25, {}, 61));
  expect(await windows()).toBe('[0:1] [10:1] 20:1');
  expect(await store.tally(0)).toMatchObject({ aggregated: 3, late: 1 });
});

//      12  |        3 (late by nothing: W = 7)   its window opens second and is due first
test('a window that opens out of order is due by its own end', async () => {
  await run(at(12), at(3, {}, 12), tick(T0 + 15_000));
  expect(await windows()).toBe('[0:1] 10:1');
});

test('an event sent again counts once; a device that restarts its numbers goes on', async () => {
  await run(at(1, { seq: 0 }), at(2, { seq: 1 }), at(1, { seq: 0 }), at(2, { seq: 1 }));
  expect(await windows()).toBe('0:2');
  expect(await store.tally(0)).toMatchObject({ aggregated: 2, duplicate: 2 });
  const process = await start(create, testPlatform({ aggregation: store }));
  await process({ ...batchOf([at(3, { seq: 0 }), at(4, { seq: 1 })]), baseOffset: 4n }, testContext);
  expect(await windows()).toBe('0:4');
});

test('a late event sent again is a duplicate, too', async () => {
  await run(at(1, { seq: 1 }), tick(T0 + 60_000), at(3, { seq: 2 }, 61), at(3, { seq: 2 }, 62));
  expect(await store.tally(0)).toMatchObject({ aggregated: 1, late: 1, duplicate: 1 });
});

test('refused records are counted, whatever they are', async () => {
  await run(at(1), { arrivalTime: T0, key: 'dev', payload: '{' }, { arrivalTime: T0, key: 'x', payload: '' });
  expect(await store.tally(0)).toMatchObject({ aggregated: 1, refused: 2, nextOffset: 3n });
  expect(await store.progress(0, '', ['x'])).toEqual([]);
});

test('metric names of Object.prototype are names like any other; sums stay finite', async () => {
  const payload = `{"ts":${T0},"temperature":1.7e308,"humidity":1,"battery":1,"__proto__":5,"constructor":6}`;
  const record = { arrivalTime: T0, key: 'dev', payload };
  await run(record, record);
  const [row] = (await store.windows(DEV, ALL, { limit: 1, cursor: null })).items;
  expect(Object.keys(row!.metrics)).toEqual([
    'temperature',
    'humidity',
    'battery',
    '__proto__',
    'constructor',
  ]);
  expect(row!.metrics.temperature!.sum).toBe(Number.MAX_VALUE);
  expect(Object.entries(row!.metrics)[3]![1]).toMatchObject({ count: 2, sum: 10 });
});

test('state of another version is refused, not guessed at', async () => {
  await store.commit({
    tally: emptyTally(0),
    progress: [{ scope: '', key: 'dev', partition: 0, offset: 0n, state: '{"v":99}' }],
    windows: [],
    removed: [],
    late: [],
  });
  await expect(run(at(1))).rejects.toMatchObject({ code: 'STATE_UNKNOWN' });
});
