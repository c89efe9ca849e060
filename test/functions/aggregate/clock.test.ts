/**
 * Clocks and revisions. Windows of 10 s, 5 s of allowed lateness; clocks may be 20 s ahead. Above each case its timeline:
 * event times in seconds. Words: `start-end:events`, a `*` per revision, closed windows in brackets.
 */
import { deviceReport } from '../../../functions/aggregate/report.js';
import { tick } from '../../support/batches.js';
import { aggregateSettings, at, Harness, T0 } from './harness.js';

const settings = aggregateSettings([{}], { maxAheadMs: 20_000, maxBehindMs: 30_000 });
let harness: Harness;
beforeEach(() => {
  harness = new Harness(settings);
});
afterEach(() => harness.store.close());

//  |1        |10                at 10 the watermark is at the end: complete; 4 comes within the lateness: corrected
test('a window is complete when the watermark reaches its end; what is late within the lateness corrects it', async () => {
  await harness.run(at(1), at(9.999));
  expect(await harness.words()).toBe('0-10:2');
  await harness.run(at(10));
  expect(await harness.words()).toBe('0-10:2* 10-20:1');
  await harness.run(at(4), at(5));
  expect(await harness.words()).toBe('0-10:4*** 10-20:1');
  await harness.run(at(15), at(6));
  expect(await harness.words()).toBe('[0-10:4***] 10-20:2');
  expect(await harness.tally()).toMatchObject({ aggregated: 6, late: 1, corrections: 2 });
});

//         |12      |3           [0, 10) is complete when its first event comes: revision 1, and no correction
test('a window that opens when it is complete already has not been corrected', async () => {
  await harness.run(at(12), at(3));
  expect(await harness.words()).toBe('0-10:1* 10-20:1');
  expect(await harness.tally()).toMatchObject({ corrections: 0 });
  await harness.run(at(4));
  expect(await harness.words()).toBe('0-10:2** 10-20:1');
  expect(await harness.tally()).toMatchObject({ corrections: 1 });
});

//  |1        |..tick 10..|  4 is told at 11: a correction  |..tick 15..|
test('ticks complete, and then close, the windows of a silent device', async () => {
  await harness.run(at(1), tick(T0 + 9_999));
  expect(await harness.words()).toBe('0-10:1');
  await harness.run(tick(T0 + 10_000), at(4, {}, 11));
  expect(await harness.words()).toBe('0-10:2**');
  // It goes on from 4, at 11.
  await harness.run(tick(T0 + 21_999));
  expect(await harness.words()).toBe('0-10:2**');
  await harness.run(tick(T0 + 22_000));
  expect(await harness.words()).toBe('[0-10:2**]');
});

//  now 0     10        20        the event says 1000 and arrives at 1: the clock goes to 21, not to 1000
test('a clock that runs ahead closes no windows before their time', async () => {
  await harness.run(at(0), at(60, {}, 1), at(16, {}, 16), at(7, {}, 17));
  // The clock went to 21, 20 s beyond the arrival: [0, 10) is closed, [10, 20) is complete.
  expect(await harness.words()).toBe('[0-10:1*] 10-20:1* 60-70:1');
  await harness.run(at(17, {}, 18), at(35, {}, 35), at(18, {}, 36));
  expect(await harness.words()).toBe('[0-10:1*] [10-20:2**] 30-40:1 60-70:1');
  expect(await harness.tally()).toMatchObject({ ahead: 1, behind: 0, late: 2 });
  const { latestEventTime, watermark, clock } = deviceReport(await harness.state());
  expect({ latestEventTime, watermark }).toEqual({ latestEventTime: T0 + 60_000, watermark: T0 + 35_000 });
  expect(clock).toEqual({ ahead: 1, behind: 0, maxAheadMs: 59_000, maxBehindMs: 18_000 });
});

test('its windows close when its bounded clock gets there, or a tick does', async () => {
  await harness.run(at(60, {}, 0), tick(T0 + 49_999));
  expect(await harness.words()).toBe('60-70:1');
  await harness.run(tick(T0 + 50_000));
  expect(await harness.words()).toBe('60-70:1*');
  await harness.run(tick(T0 + 55_000));
  expect(await harness.words()).toBe('[60-70:1*]');
});

test('events that were long on their way are counted, and are in their windows', async () => {
  await harness.run(at(1, {}, 31), at(2, {}, 32.001), at(3, {}, 3_000));
  expect(await harness.words()).toBe('0-10:3');
  expect(await harness.tally()).toMatchObject({ behind: 2, ahead: 0, aggregated: 3 });
  expect(deviceReport(await harness.state()).clock).toMatchObject({ behind: 2, maxBehindMs: 2_997_000 });
});

test('each device has a clock of its own: one that is an hour ahead makes no other one late', async () => {
  await harness.run(at(50, {}, 0, 'fast'), at(1), at(2, {}, 2, 'slow'), at(1.5));
  expect(await harness.tally()).toMatchObject({ aggregated: 4, late: 0 });
});

// An event of 160.5 at 101 moves the clocks to 111, and they wait for 30 s.
test('one event that is far ahead makes nothing else late: not of its device, and not of others in its group', async () => {
  const allowedLatenessMs = 30_000;
  harness = new Harness(
    aggregateSettings([{ allowedLatenessMs }, { name: 'fleet', by: [], allowedLatenessMs }]),
  );
  await harness.run(at(100), at(160.5, {}, 101), at(102, {}, 103));
  await harness.run(at(103, {}, 104, 'other'), at(160, {}, 161, 'other'));
  expect(await harness.late()).toEqual([]);
  expect(await harness.tally()).toMatchObject({ aggregated: 5, late: 0, ahead: 1 });
  expect(await harness.words('', 'fleet')).toBe('[100-110:3***] 160-170:2');
});

test('several definitions at once: an event is late for those whose windows have closed', async () => {
  harness = new Harness(
    aggregateSettings([
      {},
      { name: 'strict', allowedLatenessMs: 0 },
      { name: 'long', window: { type: 'tumbling', sizeMs: 60_000 } },
    ]),
  );
  await harness.run(at(1), at(10), at(2), at(15), at(3));
  expect(await harness.words('dev', 'device')).toBe('[0-10:2**] 10-20:2');
  expect(await harness.words('dev', 'strict')).toBe('[0-10:1*] 10-20:2');
  expect(await harness.words('dev', 'long')).toBe('0-60:5');
  expect(
    (await harness.late()).map(({ offset, definitions }) => [Number(offset), definitions]).sort(),
  ).toEqual([
    [2, ['strict']],
    [4, ['device', 'strict']],
  ]);
  expect(await harness.tally()).toMatchObject({ aggregated: 3, late: 2, corrections: 1 });
});

test('definitions of device types take only theirs', async () => {
  harness = new Harness(aggregateSettings([{}, { name: 'meters', deviceTypes: ['meter'] }]));
  await harness.run(at(1), at(2));
  expect(await harness.words()).toBe('0-10:2');
  expect(await harness.words('dev', 'meters')).toBe('');
  expect(await harness.tally()).toMatchObject({ aggregated: 2 });
});
