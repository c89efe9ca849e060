/**
 * Sessions with a gap of 5 s, at most 20 s long, 4 s of lateness. Above each case its timeline; words as in
 * `clock.test.ts`.
 */
import { tick } from '../../../support/batches.js';
import { aggregateSettings, at, Harness, T0 } from '../harness.js';

const settings = aggregateSettings([
  { window: { type: 'session', gapMs: 5_000, maxMs: 20_000 }, allowedLatenessMs: 4_000 },
]);
let harness: Harness;
beforeEach(() => {
  harness = new Harness(settings);
});
afterEach(() => harness.store.close());

//  |0..3....8)        |8....13)      at 8 nothing has come for 5 s: a new session
test('a session goes on until nothing has come for the gap', async () => {
  await harness.run(at(0), at(3), at(7.999));
  expect(await harness.words()).toBe('0-12.999:3');
  await harness.run(at(12.999));
  expect(await harness.words()).toBe('0-12.999:3* 12.999-17.999:1');
  await harness.run(tick(T0 + 17_000));
  expect(await harness.words()).toBe('[0-12.999:3*] 12.999-17.999:1');
});

//  |0...5)   |8...13)       4 comes: both are one; the row of the later one goes
test('an event between two sessions makes them one', async () => {
  await harness.run(at(0), at(8), at(8.5));
  expect(await harness.words()).toBe('0-5:1* 8-13.5:2');
  await harness.run(at(4));
  expect(await harness.words()).toBe('0-13.5:4**');
  const [row] = await harness.rows();
  expect(row!.metrics.temperature).toMatchObject({ count: 4, sum: 20.5, first: 0, last: 8.5 });
  expect(await harness.tally()).toMatchObject({ corrections: 1 });
});

test('joined within one batch, the row that goes was never written', async () => {
  await harness.run(at(0), at(8), at(8.5), at(4));
  expect(await harness.words()).toBe('0-13.5:4**');
});

//       |4...9)      2 comes: the session begins earlier, and its row has another start
test('a session may begin earlier than it was known to', async () => {
  await harness.run(at(4), at(8));
  await harness.run(at(2));
  expect(await harness.words()).toBe('2-13:3');
  await harness.restart().run(at(1));
  expect(await harness.words()).toBe('1-13:4');
});

//  |0  3  6  9  12  15  18 |20      full at 20: what comes on from there is the next one
test('a session that is full ends, and the next event begins another one', async () => {
  for (let second = 0; second <= 21; second += 3) await harness.run(at(second));
  expect(await harness.words()).toBe('0-20:7* 21-26:1');
  await harness.run(at(19.999), at(20));
  expect(await harness.words()).toBe('0-20:8** 20-26:2');
});

//  |0 .. 14)  |15 ..  30)        12 would join them to 30 s: the first one ends where the second begins
test('sessions that would be too long together stay apart', async () => {
  harness = new Harness(
    aggregateSettings([
      { window: { type: 'session', gapMs: 5_000, maxMs: 20_000 }, allowedLatenessMs: 60_000 },
    ]),
  );
  for (const second of [0, 4, 8, 14, 18, 22, 25]) await harness.run(at(second));
  expect(await harness.words()).toBe('0-13:3* 14-30:4');
  await harness.run(at(12));
  expect(await harness.words()).toBe('0-14:4** 14-30:4');
  // 13 is within the first one, which ends at 14; before the second one there is no room for 13 to begin it.
  await harness.run(at(13));
  expect(await harness.words()).toBe('0-14:5*** 14-30:4');
});

test('sessions that are just as long as may be are joined', async () => {
  harness = new Harness(
    aggregateSettings([
      { window: { type: 'session', gapMs: 5_000, maxMs: 20_000 }, allowedLatenessMs: 60_000 },
    ]),
  );
  await harness.run(at(0), at(8), at(12), at(15), at(4));
  expect(await harness.words()).toBe('0-20:5**');
});

//  |0...5)*  |7...12)***   3 joins them: who has revision 3 of one must see a higher one
test('sessions that become one go on from the higher revision', async () => {
  harness = new Harness(
    aggregateSettings([
      { window: { type: 'session', gapMs: 5_000, maxMs: 20_000 }, allowedLatenessMs: 60_000 },
    ]),
  );
  await harness.run(at(0), at(7), at(40), at(7), at(7));
  expect(await harness.words()).toBe('0-5:1* 7-12:3*** 40-45:1');
  await harness.run(at(3));
  expect(await harness.words()).toBe('0-12:5**** 40-45:1');
});

//  |0...5)x       |9      closed at 9: what lies before its end is late, what its own session would end too early for, too
test('what belongs to a session that has closed is late', async () => {
  await harness.run(at(0), at(9), at(4.9), at(4.99));
  expect(await harness.words()).toBe('[0-5:1*] 9-14:1');
  expect(await harness.tally()).toMatchObject({ late: 2 });
  await harness.run(at(5));
  expect(await harness.words()).toBe('[0-5:1*] 5-14:2');
  expect((await harness.late()).map(({ windowStart }) => windowStart - T0).sort()).toEqual([4_900, 4_990]);
});

test('a session closes by a tick, once', async () => {
  await harness.run(at(0), tick(T0 + 9_000), at(2, {}, 10), at(5, {}, 11));
  expect(await harness.words()).toBe('[0-5:1*] 5-10:1');
  expect(await harness.tally()).toMatchObject({ late: 1 });
});
