import fc from 'fast-check';
import { Acknowledgements, PUBACK, PUBREC } from '../../../../gateway/mqtt/external/acknowledgements.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

function idsOf(bytes: readonly Buffer[]): number[] {
  const all = Buffer.concat(bytes);
  return Array.from({ length: all.length / 4 }, (_, i) => all.readUInt16BE(4 * i + 2));
}

test('acknowledges in the order of arrival, whatever the order of the stream', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 1, maxLength: 3_000 }),
      fc.infiniteStream(fc.nat()),
      async (ids, numbers) => {
        const written: Buffer[] = [];
        const acknowledgements = new Acknowledgements((bytes) => written.push(bytes));
        const owed = ids.map((id) => acknowledgements.take(id % 2 === 0 ? PUBACK : PUBREC, id));
        const order = ids.map((_, index) => ({ index, key: numbers.next().value as number }));
        order.sort((a, b) => a.key - b.key);
        for (const [done, { index }] of order.entries()) {
          acknowledgements.settle(owed[index]!);
          if (done % 500 === 0) await turn();
          if (done > 20) continue;
          // Never one whose turn has not come.
          const held = owed.findIndex((one) => !one.isDue);
          expect(acknowledgements.waiting).toBe(held < 0 ? 0 : owed.length - held);
        }
        await turn();
        expect(idsOf(written)).toEqual(ids);
        expect(acknowledgements.waiting).toBe(0);
      },
    ),
    { numRuns: 10 },
  );
});

test('what is due together goes out together', async () => {
  const written: Buffer[] = [];
  const acknowledgements = new Acknowledgements((bytes) => written.push(bytes));
  const owed = [1, 2, 3].map((id) => acknowledgements.take(PUBACK, id));
  acknowledgements.settle(owed[1]!);
  acknowledgements.settle(owed[0]!);
  acknowledgements.complete(77);
  await turn();
  expect(written).toEqual([Buffer.from([0x40, 2, 0, 1, 0x40, 2, 0, 2, 0x70, 2, 0, 77])]);
});

test('nothing is written to a connection that is over', async () => {
  const written: Buffer[] = [];
  const acknowledgements = new Acknowledgements((bytes) => written.push(bytes));
  const [first, second] = [acknowledgements.take(PUBACK, 1), acknowledgements.take(PUBACK, 2)];
  acknowledgements.settle(first);
  acknowledgements.end();
  acknowledgements.settle(second);
  await turn();
  expect(written).toEqual([]);
});
