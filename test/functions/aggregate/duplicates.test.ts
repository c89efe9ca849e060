/** Events that come again, by number and by id, and what a device's numbers say is missing. */
import { EventIds, REMEMBERED_IDS } from '../../../functions/aggregate/event-ids.js';
import { deviceReport } from '../../../functions/aggregate/report.js';
import { LONGEST_GAP, SEQUENCE_WINDOW, SeenSequences } from '../../../functions/aggregate/sequence.js';
import { aggregateSettings, at, Harness } from './harness.js';

/** Takes numbers in order, each with a later event time when it is written with a `!`. */
function counts(numbers: string) {
  const sequences = new SeenSequences();
  for (const word of numbers.split(' ')) {
    const [from, to = from] = word.replace('!', '').split('..').map(Number);
    for (let seq = from!; seq <= to!; seq++) sequences.take(seq, word.startsWith('!'));
    // What was written and read again counts on.
    const { received, lost, missing, restarts } = SeenSequences.decode(JSON.parse(sequences.encode()));
    expect({ received, lost, missing, restarts }).toEqual({
      received: sequences.received,
      lost: sequences.lost,
      missing: sequences.missing,
      restarts: sequences.restarts,
    });
  }
  const { received, lost, missing, restarts } = sequences;
  return [received, lost, missing, restarts];
}

//    numbers                                          received, lost, missing, restarts
test.each([
  ['in order', '!0..9', [10, 0, 0, 0]],
  ['a hole', '!0 !1 !5', [3, 0, 3, 0]],
  ['a hole that is filled', '!0 !1 !5 4 2 3', [6, 0, 0, 0]],
  ['sent again', '!0 !1 0 1', [2, 0, 0, 0]],
  ['it need not begin with 0', '!700..709', [10, 0, 0, 0]],
  ['the first one came late', '!7 5', [2, 0, 1, 0]],
  ['a hole that has left the bitmap', `!0 !2 !3..${SEQUENCE_WINDOW + 1}`, [SEQUENCE_WINDOW + 1, 1, 0, 0]],
  ['a jump beyond the bitmap', '!0 !1000', [2, 744, 255, 0]],
  ['what was lost comes after all', '!0 !1000 5', [3, 743, 255, 0]],
  ['a restart: what was missing is lost', '!0 !4 !0 !1', [4, 3, 0, 1]],
  ['a restart at a number that was missing fills that first', '!3 !5 !4 !5', [4, 0, 0, 1]],
  ['no device loses a million at once', `!0 !${LONGEST_GAP + 1} !${LONGEST_GAP + 2}`, [3, 0, 0, 1]],
])('%s', (_, numbers, expected) => {
  expect(counts(numbers)).toEqual(expected);
});

test('ids: the last ones are remembered, a bounded number of them', () => {
  const ids = new EventIds();
  const take = (index: number) => ids.take(`event-${index}`);
  for (let index = 0; index < REMEMBERED_IDS; index++) expect(take(index)).toBe(true);
  expect([take(0), take(REMEMBERED_IDS - 1)]).toEqual([false, false]);
  expect(take(REMEMBERED_IDS)).toBe(true);
  expect(ids.encode()).toHaveLength(REMEMBERED_IDS);
  const again = EventIds.decode(ids.encode());
  expect([again.take('event-1'), again.take('event-0'), again.take('event-1')]).toEqual([false, true, true]);
});

test('an event with an id counts once, whatever its time; numbers come first', async () => {
  const harness = new Harness(aggregateSettings([{}]));
  await harness.run(at(1, { eventId: 'x' }), at(2, { eventId: 'y' }), at(1, { eventId: 'x' }));
  await harness
    .restart()
    .run(at(2, { eventId: 'y' }), at(3, { eventId: 'x', seq: 1 }), at(3, { eventId: 'z' }, 3, 'other'));
  expect(await harness.words()).toBe('0-10:3');
  expect(await harness.tally()).toMatchObject({ aggregated: 4, duplicate: 2 });
  await harness.store.close();
});

test("a device's report", async () => {
  const harness = new Harness(aggregateSettings([{}]));
  await harness.run(at(1, { seq: 0 }), at(2, { seq: 1 }), at(2, { seq: 1 }), at(5, { seq: 4 }));
  expect(deviceReport(await harness.state()).sequences).toEqual({
    expected: 5,
    received: 3,
    lost: 0,
    missing: 2,
    duplicates: 1,
    restarts: 0,
  });
  await harness.store.close();
});
