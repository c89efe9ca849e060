import fc from 'fast-check';
import { recordsOf } from '../../streams/batch.js';
import { FrameCursor, FrameWriter, type NewRecord, type RecordKind } from '../../streams/record.js';

const anyRecord: fc.Arbitrary<NewRecord> = fc
  .record({
    kind: fc.constantFrom<RecordKind>(0, 1, 2),
    arrivalTime: fc.double({ min: 0, max: 8.64e15, noNaN: true }),
    key: fc.string({ unit: 'grapheme', maxLength: 40 }),
    value: fc.uint8Array({ maxLength: 300 }),
    headers: fc.option(fc.dictionary(fc.string({ maxLength: 8 }), fc.string({ maxLength: 20 })), {
      nil: undefined,
    }),
  })
  .map(({ headers, ...rest }) =>
    headers === undefined ? rest : { ...rest, headers: JSON.parse(JSON.stringify(headers)) },
  );

const plain = (record: NewRecord) => ({
  kind: record.kind,
  arrivalTime: record.arrivalTime,
  key: record.key,
  value: Buffer.from(record.value).toString('hex'),
  headers: record.headers,
});

test('frames give back what was written, whatever the buffer size and the reserved bytes', () => {
  fc.assert(
    fc.property(
      fc.array(anyRecord, { maxLength: 30 }),
      fc.integer({ min: 0, max: 80 }),
      fc.integer({ min: 80, max: 4_000 }),
      (records, reserved, initial) => {
        const writer = new FrameWriter(initial, reserved);
        for (const record of records) writer.write(record);
        expect(writer.count).toBe(records.length);
        const bytes = writer.byteLength;
        const taken = writer.take();
        expect(taken.length).toBe(reserved + bytes);
        const frames = taken.subarray(reserved);
        const batch = { stream: 's', partition: 0, baseOffset: 7n, count: records.length, frames };
        const found = [...recordsOf(batch)];
        expect(found.map(plain)).toEqual(records.map(plain));
        expect(found.map((record) => record.offset)).toEqual(records.map((_, i) => 7n + BigInt(i)));
        expect([writer.count, writer.byteLength]).toEqual([0, 0]);
      },
    ),
  );
});

test('a cursor walks a range of a buffer', () => {
  const writer = new FrameWriter(64);
  const record = { kind: 0 as const, arrivalTime: 1, value: Buffer.from('v') };
  for (const key of ['a', 'b', 'c']) writer.write({ ...record, key });
  const frames = writer.take();
  const all = new FrameCursor(frames);
  all.next();
  const second = new FrameCursor(frames, all.frameEnd);
  const keys: string[] = [];
  while (second.next()) keys.push(second.key());
  expect(keys).toEqual(['b', 'c']);
});
