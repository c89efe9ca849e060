import { SEQUENCE_WINDOW, SeenSequences } from '../../../functions/aggregate/sequence.js';

/** Takes numbers in order; `+` new, `-` duplicate. A number after `!` has the latest event time so far. */
function verdicts(numbers: string, sequences = new SeenSequences()): string {
  return numbers
    .split(' ')
    .map((word) => (sequences.take(Number(word.replace('!', '')), word.startsWith('!')) ? '+' : '-'))
    .join('');
}

test.each([
  ['in order', '!0 !1 !2', '+++'],
  ['sent again', '!0 !1 0 1 !2 2', '++--+-'],
  ['out of order, then again', '!5 3 4 3 5', '+++--'],
  ['a jump', '!1 !1000 1000 999 999', '++-+-'],
  ['across the window', `!0 !${SEQUENCE_WINDOW} 1 1`, '+++-'],
  ['a restart among numbers not used yet', '!100 !101 !0 0 !1 100 !100', '+++-+-+'],
  ['a restart within the window', '!0 !1 !2 !0 !1 1 !2', '+++++-+'],
  ['one mad number', '!7 !9007199254740991 !8 8 !9', '+++-+'],
  ['older than the window, not the latest: cannot be told, counts', '!0 !1000 0 0', '++++'],
])('%s', (_, numbers, expected) => {
  expect(verdicts(numbers)).toBe(expected);
});

test('survives encoding', () => {
  const sequences = new SeenSequences();
  verdicts('!31 !32 !63 !255 !300', sequences);
  const again = SeenSequences.decode(JSON.parse(sequences.encode()));
  expect(verdicts('63 255 300 64 !301', again)).toBe('---++');
});
