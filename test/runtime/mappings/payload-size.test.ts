import fc from 'fast-check';
import type { EventSource } from '../../../runtime/environments/invocation.js';
import { batchEventOf } from '../../../runtime/lambda/batch-event.js';
import { fitting, MAX_PAYLOAD_BYTES, payloadSizes } from '../../../runtime/mappings/payload-size.js';
import { FrameCursor, FrameWriter, RecordKind } from '../../../streams/record.js';
import { EPOCH } from '../../support/mappings.js';

const sources: readonly EventSource[] = [
  {
    kind: 'kinesis',
    stream: 'telemetry',
    arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/telemetry',
    bootstrapServers: [],
    reportsFailures: true,
  },
  {
    kind: 'kafka',
    stream: 'telemetry',
    arn: 'arn:aws:kafka:us-east-1:000000000000:cluster/c/00000000-0000-0000-0000-000000000000-1',
    bootstrapServers: ['broker-1:9092', 'broker-2:9092'],
    reportsFailures: true,
  },
  {
    kind: 'sqs',
    stream: 'jobs',
    arn: 'arn:aws:sqs:us-east-1:000000000000:jobs',
    bootstrapServers: [],
    reportsFailures: true,
  },
];

interface Content {
  readonly key: string;
  readonly value: string;
  readonly headers?: Record<string, string>;
}

function batchOf(source: EventSource, records: readonly Content[]) {
  const writer = new FrameWriter();
  for (const { key, value, headers } of records) {
    const record = { kind: RecordKind.acknowledged, arrivalTime: EPOCH, key, value: Buffer.from(value) };
    writer.write(headers === undefined ? record : { ...record, headers });
  }
  const count = writer.count;
  return { stream: source.stream, partition: 3, baseOffset: 7n, count, frames: writer.take() };
}

const content = fc.record(
  {
    key: fc.string({ unit: 'binary', maxLength: 20 }),
    value: fc.string({ unit: 'binary', maxLength: 60 }),
    headers: fc.dictionary(fc.string(), fc.string(), { maxKeys: 3, noNullPrototype: true }),
  },
  { requiredKeys: ['key', 'value'] },
);

test.each(sources)('no event of $kind is larger than what is reckoned, nor much smaller', (source) => {
  const sizes = payloadSizes(source);
  fc.assert(
    fc.property(fc.array(content, { minLength: 1, maxLength: 8 }), (records) => {
      const batch = batchOf(source, records);
      const cursor = new FrameCursor(batch.frames);
      let reckoned = sizes.base;
      while (cursor.next()) reckoned += sizes.record(cursor);
      const actual = Buffer.byteLength(
        JSON.stringify(batchEventOf({ source, batch }, { region: 'us-east-1' }).event),
      );
      expect(actual).toBeLessThanOrEqual(reckoned);
      expect(sizes.bound(batch.count, batch.frames.length)).toBeGreaterThanOrEqual(reckoned);
      if (source.kind === 'kinesis') expect(reckoned - actual).toBeLessThan(40 + records.length * 40);
    }),
  );
});

test.each(sources)('what fits into one event of $kind', (source) => {
  const value = 'v'.repeat(100_000);
  const batch = batchOf(source, new Array(100).fill({ key: 'k', value }));
  const { count, bytes } = fitting(batch, payloadSizes(source));
  const eventBytes = (records: number) => {
    const part = batchOf(source, new Array(records).fill({ key: 'k', value }));
    return JSON.stringify(batchEventOf({ source, batch: part }, { region: 'us-east-1' }).event).length;
  };
  expect(eventBytes(count)).toBeLessThanOrEqual(bytes);
  expect(bytes).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
  expect(eventBytes(count + 1)).toBeGreaterThan(MAX_PAYLOAD_BYTES);
  const large = batchOf(source, [{ key: 'k', value: 'v'.repeat(7_000_000) }]);
  expect(fitting(large, payloadSizes(source)).count).toBe(0);
  const small = batchOf(source, [{ key: 'k', value: 'v' }]);
  expect(fitting(small, payloadSizes(source)).count).toBe(1);
});
