import fc from 'fast-check';
import { original, stored } from '../../stores/text.js';

const characters = ['\u0000', '\u0001', '\u0002', 'a', 'é', '\u{1F321}'];
const special = fc.string({ unit: fc.constantFrom(...characters) });
const halves = fc.string({ unit: fc.constantFrom(...characters, '\ud83c', '\udf21', '\u0004', '0') });
const bytes = (text: string) => Buffer.from(text);

test('text comes back as it was, never with U+0000 or half a character in it meanwhile', () => {
  fc.assert(
    fc.property(fc.oneof(special, halves, fc.string()), (text) => {
      expect(original(stored(text))).toBe(text);
      expect(stored(text)).not.toContain('\u0000');
      expect(bytes(stored(text)).toString()).toBe(stored(text));
    }),
  );
});

test('different texts are stored as different ones', () => {
  fc.assert(fc.property(halves, halves, (one, other) => (stored(one) === stored(other)) === (one === other)));
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
  for (const text of ['', '{"ts":1}', 'ü\n\t\\"\u0002', '\u{1F321}']) expect(stored(text)).toBe(text);
});
