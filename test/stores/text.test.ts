import fc from 'fast-check';
import { original, stored } from '../../stores/text.js';

const special = fc.string({ unit: fc.constantFrom('\u0000', '\u0001', '\u0002', 'a', 'é', '\u{1F321}') });
const bytes = (text: string) => Buffer.from(text);

test('text comes back as it was, never with U+0000 in it meanwhile', () => {
  fc.assert(
    fc.property(fc.oneof(special, fc.string()), (text) => {
      expect(original(stored(text))).toBe(text);
      expect(stored(text)).not.toContain('\u0000');
    }),
  );
});

test('what is stored is in the order of the texts', () => {
  fc.assert(
    fc.property(special, special, (one, other) => {
      expect(Math.sign(Buffer.compare(bytes(stored(one)), bytes(stored(other))))).toBe(
        Math.sign(Buffer.compare(bytes(one), bytes(other))),
      );
    }),
  );
});

test('ordinary text is stored as it is', () => {
  for (const text of ['', '{"ts":1}', 'ü\n\t\\"\u0002']) expect(stored(text)).toBe(text);
});
