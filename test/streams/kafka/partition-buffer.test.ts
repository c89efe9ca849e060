/** Batches cut from what was fetched ahead, against the list of records that it stands for. */
import fc from 'fast-check';
import { lastOffset, recordsOf } from '../../../streams/batch.js';
import type { Chunk } from '../../../streams/kafka/decode.js';
import { PartitionBuffer } from '../../../streams/kafka/partition-buffer.js';
import { FrameWriter } from '../../../streams/record.js';

const ALL = { maxRecords: 1_000, maxBytes: 1 << 20 };

/** A chunk over `[from, next)` with records at the offsets that are there. */
function chunkOf(from: number, next: number, offsets: readonly number[]): Chunk {
  const writer = new FrameWriter(64);
  const starts: number[] = [];
  for (const offset of offsets) {
    starts.push(writer.byteLength);
    writer.write({ kind: 0, arrivalTime: offset, key: 'k', value: Buffer.from('x'.repeat(offset % 7)) });
  }
  const deltas = offsets.map((offset) => offset - from);
  const isDense = deltas.every((delta, index) => delta === index);
  return {
    from: BigInt(from),
    next: BigInt(next),
    frames: Buffer.from(writer.take()),
    starts,
    deltas: isDense ? undefined : deltas,
  };
}

const chunks = fc
  .array(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 })
  .map((lists) => {
    let from = 100;
    return lists.map((present) => {
      const start = from;
      from += present.length;
      return chunkOf(
        start,
        from,
        present.flatMap((isThere, index) => (isThere ? [start + index] : [])),
      );
    });
  });

test('reading on from batch to batch gives every record once, whatever the limits', () => {
  fc.assert(
    fc.property(
      chunks,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 90 }),
      (list, maxRecords, maxBytes) => {
        const buffer = new PartitionBuffer('s', 0, 100n, 1 << 20);
        for (const chunk of list) expect(buffer.push(chunk)).toBe(true);
        const expected = list.flatMap(({ from, starts, deltas }) =>
          starts.map((_, i) => from + BigInt(deltas?.[i] ?? i)),
        );
        const found: bigint[] = [];
        for (let next = 100n; next < buffer.end; ) {
          const batch = buffer.take(next, { maxRecords, maxBytes })!;
          expect(batch.count).toBeLessThanOrEqual(maxRecords);
          found.push(
            ...[...recordsOf(batch)].map(({ offset, arrivalTime }) => {
              expect(Number(offset)).toBe(arrivalTime);
              return offset;
            }),
          );
          next = batch.count === 0 ? batch.baseOffset : lastOffset(batch) + 1n;
        }
        expect(found).toEqual(expected);
      },
    ),
  );
});

test('takes only what comes next, and wants more while half of its room is free', () => {
  const buffer = new PartitionBuffer('s', 0, 0n, 200);
  expect(buffer.push(chunkOf(5, 6, [5]))).toBe(false);
  expect(buffer.isWanting).toBe(true);
  for (let at = 0; buffer.isWanting; at++) expect(buffer.push(chunkOf(at, at + 1, [at]))).toBe(true);
  const { end } = buffer;
  expect(end).toBeGreaterThan(3n);
  buffer.take(0n, ALL);
  expect(buffer.isWanting).toBe(true);
  // What was handed out is there for a second attempt while there is room.
  expect(buffer.take(0n, ALL)!.count).toBe(Number(end));
  for (let at = Number(end); at < 40; at++) {
    buffer.push(chunkOf(at, at + 1, [at]));
    buffer.take(BigInt(at), ALL);
  }
  expect(buffer.take(0n, ALL)).toBeUndefined();
  expect(buffer.isAhead(0n)).toBe(false);
  expect(buffer.isAhead(40n)).toBe(true);
});

test('an offset that retention removed is answered from the start', () => {
  const buffer = new PartitionBuffer('s', 0, 30n, 1 << 20);
  buffer.trimmedTo = 30n;
  buffer.push(chunkOf(30, 32, [30, 31]));
  expect(buffer.take(3n, ALL)).toMatchObject({ baseOffset: 30n, count: 2 });
});
