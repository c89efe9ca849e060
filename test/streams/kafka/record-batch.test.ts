/** What is written as a Kafka record batch is read back as the same frames, ours and other people's alike. */
import { createRecordsBatch, Reader, readRecordsBatch } from '@platformatic/kafka';
import fc from 'fast-check';
import { recordsOf } from '../../../streams/batch.js';
import { decodeRecords } from '../../../streams/kafka/decode.js';
import { cutChunk } from '../../../streams/kafka/partition-buffer.js';
import { RecordBatchBuilder } from '../../../streams/kafka/record-batch.js';
import { VarintReader, varintLength, writeVarint } from '../../../streams/kafka/varint.js';
import type { NewRecord } from '../../../streams/record.js';

const LIMITS = { maxRecords: 10_000, maxBytes: 1 << 30 };
const NO_LIMIT = Number.POSITIVE_INFINITY;

const record: fc.Arbitrary<NewRecord> = fc
  .record({
    kind: fc.constantFrom(0, 1, 2) as fc.Arbitrary<0 | 1 | 2>,
    arrivalTime: fc.oneof(fc.nat({ max: 4_000_000_000_000 }), fc.double({ min: 0, max: 4e12, noNaN: true })),
    key: fc.string({ unit: 'binary', maxLength: 200 }).filter((key) => !/[\ud800-\udfff]/.test(key)),
    value: fc.uint8Array({ maxLength: 300 }),
    headers: fc.option(
      fc.dictionary(
        fc.constantFrom('content-type', '__proto__', 'ü', ''),
        fc.string({ unit: 'grapheme', maxLength: 9 }),
        { minKeys: 1 },
      ),
      { nil: undefined },
    ),
  })
  .map(({ headers, ...rest }) => (headers === undefined ? rest : { ...rest, headers }));

function batchOf(records: readonly NewRecord[]): Buffer {
  const builder = new RecordBatchBuilder(64);
  for (const one of records) expect(builder.add(one, NO_LIMIT)).toBe(true);
  return builder.seal(7n, 1, 42);
}

const read = (bytes: Buffer, from = 0n) => {
  const batch = cutChunk('s', 0, decodeRecords(bytes, from), from, LIMITS);
  return batch === undefined ? [] : [...recordsOf(batch)];
};

test('varints come back, up to 2^53', () => {
  fc.assert(
    fc.property(
      fc.maxSafeInteger().filter((n) => Math.abs(n) < 2 ** 52),
      (value) => {
        const bytes = new Uint8Array(12);
        const end = writeVarint(bytes, 1, value);
        expect(end - 1).toBe(varintLength(value));
        const reader = new VarintReader(bytes, 1);
        expect(reader.next()).toBe(value);
        expect(reader.at).toBe(end);
      },
    ),
  );
});

test('records come back as they were appended', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
      const found = read(batchOf(records));
      expect(
        found.map(({ partition: _, offset: __, ...rest }) => ({
          ...rest,
          value: new Uint8Array(rest.value),
        })),
      ).toEqual(records);
      expect(found.map(({ offset }) => offset)).toEqual(records.map((_, index) => BigInt(index)));
    }),
  );
});

test('another implementation reads the same batch, and its checksum', () => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
      const theirs = readRecordsBatch(Reader.from(batchOf(records)));
      expect(theirs).toMatchObject({ magic: 2, producerId: 7n, producerEpoch: 1, firstSequence: 42 });
      expect(theirs.records.map(({ key }) => key?.toString() ?? '')).toEqual(records.map(({ key }) => key));
      expect(theirs.records.map(({ value }) => new Uint8Array(value ?? []))).toEqual(
        records.map(({ value }) => value),
      );
    }),
  );
});

test('batches of others are read, compressed or not, with and without keys and values', () => {
  for (const compression of ['none', 'gzip', 'snappy', 'lz4'] as const) {
    const messages = [
      { topic: 't', key: Buffer.from('a'), value: Buffer.from('x'.repeat(500)), timestamp: 1_000n },
      { topic: 't', value: Buffer.from('y'), timestamp: 999n },
    ];
    const bytes = createRecordsBatch(messages, { compression }).buffer;
    expect(read(bytes)).toMatchObject([
      { key: 'a', arrivalTime: 1_000, kind: 0 },
      { key: '', arrivalTime: 999, kind: 0 },
    ]);
  }
});

test('what lies before the offset asked for, and a batch that is cut off, is left out', () => {
  const records = [1, 2, 3].map((n) => ({
    kind: 0 as const,
    arrivalTime: n,
    key: 'k',
    value: Buffer.from(`${n}`),
  }));
  const first = batchOf(records);
  const second = Buffer.from(batchOf(records));
  second.writeBigInt64BE(3n, 0);
  const bytes = Buffer.concat([first, second, second.subarray(0, 80)]);
  expect(read(bytes, 2n).map(({ offset, arrivalTime }) => [offset, arrivalTime])).toEqual([
    [2n, 3],
    [3n, 1],
    [4n, 2],
    [5n, 3],
  ]);
});

test('transactions that were taken back, and the markers of transactions, leave gaps', () => {
  const transactional = (offset: bigint, producerId: bigint, value: string) => {
    const builder = new RecordBatchBuilder();
    builder.add({ kind: 0, arrivalTime: 5, key: '', value: Buffer.from(value) }, NO_LIMIT);
    const bytes = Buffer.from(builder.seal(producerId, 0, 0));
    bytes.writeBigInt64BE(offset, 0);
    bytes.writeInt16BE(1 << 4, 21);
    return bytes;
  };
  const marker = (offset: bigint, producerId: bigint, isCommit: boolean) => {
    const builder = new RecordBatchBuilder();
    builder.add(
      { kind: 0, arrivalTime: 5, key: isCommit ? '\0\0\0\x01' : '\0\0\0\0', value: Buffer.alloc(6) },
      NO_LIMIT,
    );
    const bytes = Buffer.from(builder.seal(producerId, 0, -1));
    bytes.writeBigInt64BE(offset, 0);
    bytes.writeInt16BE((1 << 4) | (1 << 5), 21);
    return bytes;
  };
  const log = [
    transactional(10n, 1n, 'kept'),
    transactional(11n, 2n, 'taken back'),
    marker(12n, 2n, false),
    transactional(13n, 2n, 'second try'),
    marker(14n, 1n, true),
    marker(15n, 2n, true),
  ];
  const chunk = decodeRecords(Buffer.concat(log), 10n, [{ producerId: 2n, firstOffset: 11n }]);
  expect(chunk.next).toBe(16n);
  const batch = cutChunk('s', 0, chunk, 10n, LIMITS)!;
  expect([...recordsOf(batch)].map(({ offset, value }) => [offset, Buffer.from(value).toString()])).toEqual([
    [10n, 'kept'],
    [13n, 'second try'],
  ]);
  expect(cutChunk('s', 0, chunk, 14n, LIMITS)).toMatchObject({ count: 0, baseOffset: 16n });
});

test('a batch takes no more than its limit', () => {
  const builder = new RecordBatchBuilder();
  const one = { kind: 0 as const, arrivalTime: 1, key: 'k', value: Buffer.alloc(100) };
  expect(builder.add(one, 200)).toBe(true);
  expect(builder.add(one, 200)).toBe(false);
  expect(builder.count).toBe(1);
});
