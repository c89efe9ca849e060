import fc from 'fast-check';
import { positionOf, sequenceNumberOf } from '../../../runtime/lambda/sequence-number.js';

const partition = fc.integer({ min: 0, max: 0xffff_ffff });
const offset = fc.bigInt({ min: 0n, max: (1n << 63n) - 1n });

test('a sequence number has 56 digits and names one position', () => {
  fc.assert(
    fc.property(partition, offset, (partition, offset) => {
      const number = sequenceNumberOf(partition, offset);
      expect(number).toMatch(/^\d{56}$/);
      expect(positionOf(number)).toEqual({ partition, offset });
    }),
  );
});

test('sequence numbers of a partition ascend with the offset, as text too', () => {
  fc.assert(
    fc.property(partition, offset, offset, (partition, one, other) => {
      const [a, b] = [sequenceNumberOf(partition, one), sequenceNumberOf(partition, other)];
      expect(a < b).toBe(one < other);
    }),
  );
});

test.each([
  '',
  'abc',
  '0',
  '1'.repeat(56),
  '9'.repeat(56),
  `${sequenceNumberOf(0, 0n)}0`,
  ` ${sequenceNumberOf(0, 0n)}`,
])('no position has %j', (text) => {
  expect(positionOf(text)).toBeNull();
});

test('a neighbour of a sequence number is none', () => {
  expect(positionOf((BigInt(sequenceNumberOf(1, 7n)) + 1n).toString())).toBeNull();
});
