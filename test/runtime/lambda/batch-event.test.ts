/** Events of batches, field by field as AWS sends them. */
import { createHash } from 'node:crypto';
import { batchEventOf } from '../../../runtime/lambda/batch-event.js';
import { positionOf, sequenceNumberOf } from '../../../runtime/lambda/sequence-number.js';
import { md5OfAttributes } from '../../../runtime/lambda/sqs-event.js';
import { RecordKind } from '../../../streams/record.js';
import { tick } from '../../support/batches.js';
import { type InvocationOptions, invocationOf } from '../../support/invocations.js';

const T = 1_700_000_041_234;
const RECORDS = [
  { arrivalTime: T, key: 'dev-1', payload: '{"v":1}' },
  tick(T + 1),
  { arrivalTime: T + 2, key: 'Fühler 2', payload: new Uint8Array([0xff, 0, 0x80]) },
  { arrivalTime: T + 3, key: '', payload: '' },
];

const options = { region: 'us-east-1' };
type Source = 'kinesis' | 'kafka' | 'sqs';
const built = (kind: Source, given: InvocationOptions = {}, records = RECORDS) =>
  batchEventOf(invocationOf(kind, records, given), options);

describe('kinesis', () => {
  test('a record', () => {
    const { event, count } = built('kinesis');
    const { Records } = event as { Records: unknown[] };
    expect(count).toBe(3);
    const sequenceNumber = sequenceNumberOf(2, 40n);
    expect(Object.keys(event as object)).toEqual(['Records']);
    expect(Records[0]).toStrictEqual({
      kinesis: {
        kinesisSchemaVersion: '1.0',
        partitionKey: 'dev-1',
        sequenceNumber,
        data: 'eyJ2IjoxfQ==',
        approximateArrivalTimestamp: 1_700_000_041.234,
      },
      eventSource: 'aws:kinesis',
      eventVersion: '1.0',
      eventID: `shardId-000000000002:${sequenceNumber}`,
      eventName: 'aws:kinesis:record',
      invokeIdentityArn: 'arn:aws:iam::123456789012:role/millrace-lambda-role',
      awsRegion: 'eu-west-1',
      eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry',
    });
  });

  test('any key and any bytes; ticks leave a gap in the numbers', () => {
    const { Records } = built('kinesis').event as {
      Records: { kinesis: { partitionKey: string; data: string; sequenceNumber: string } }[];
    };
    const shown = Records.map(({ kinesis: { partitionKey, data, sequenceNumber } }) => [
      partitionKey,
      data,
      positionOf(sequenceNumber)?.offset,
    ]);
    expect(shown).toEqual([
      ['dev-1', 'eyJ2IjoxfQ==', 40n],
      ['Fühler 2', '/wCA', 42n],
      ['-', '', 43n],
    ]);
  });

  test('offsets with gaps are each record’s own', () => {
    const invocation = invocationOf('kinesis', RECORDS);
    const batch = { ...invocation.batch, offsets: [40n, 41n, 50n, 60n] };
    const { event, identifiers } = batchEventOf({ ...invocation, batch }, options);
    const { Records } = event as { Records: { kinesis: { sequenceNumber: string } }[] };
    expect(Records.map(({ kinesis }) => identifiers.offsetOf(kinesis.sequenceNumber))).toEqual([
      40n,
      50n,
      60n,
    ]);
  });

  test('a tumbling window', () => {
    const window = { state: '{"sum":3}', isTerminatedEarly: true };
    const { Records, ...rest } = built('kinesis', { window }).event as Record<string, unknown>;
    expect(Records).toHaveLength(3);
    expect(rest).toStrictEqual({
      window: { start: '2023-11-14T22:14:00Z', end: '2023-11-14T22:15:00Z' },
      state: { sum: 3 },
      shardId: 'shardId-000000000002',
      eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry',
      isFinalInvokeForWindow: false,
      isWindowTerminatedEarly: true,
    });
  });

  test('enveloped, every record is shown, ticks too', () => {
    const invocation = invocationOf('kinesis', RECORDS);
    const { event, count, identifiers } = batchEventOf(invocation, { ...options, enveloped: true });
    const { Records } = event as { Records: { kinesis: { sequenceNumber: string } }[] };
    expect(count).toBe(4);
    expect(Records.map(({ kinesis }) => kinesis.sequenceNumber)).toEqual(['40', '41', '42', '43']);
    expect(['41', '44', 'x'].map((given) => identifiers.offsetOf(given))).toEqual([41n, null, null]);
  });
});

describe('kafka', () => {
  const value = 'eyJ2IjoxfQ==';

  test('of Amazon MSK', () => {
    const records = [
      { arrivalTime: T, key: 'dev-1', payload: '{"v":1}' },
      { arrivalTime: T, payload: '{"v":1}' },
    ];
    const invocation = invocationOf('kafka', records);
    expect(batchEventOf(invocation, options).event).toStrictEqual({
      eventSource: 'aws:kafka',
      eventSourceArn: 'arn:aws:kafka:eu-west-1:123456789012:cluster/readings/0a1b',
      bootstrapServers: 'b-1.example:9092,b-2.example:9092',
      records: {
        'telemetry-2': [
          {
            topic: 'telemetry',
            partition: 2,
            offset: 40,
            timestamp: T,
            timestampType: 'CREATE_TIME',
            key: 'ZGV2LTE=',
            value,
            headers: [],
          },
          {
            topic: 'telemetry',
            partition: 2,
            offset: 41,
            timestamp: T,
            timestampType: 'CREATE_TIME',
            value,
            headers: [],
          },
        ],
      },
    });
  });

  test('of a self-managed cluster, with headers', () => {
    const invocation = withHeaders('kafka', { trace: 'é', b: '2' }, { arn: '' });
    expect(batchEventOf(invocation, options).event).toMatchObject({
      eventSource: 'SelfManagedKafka',
      records: { 'telemetry-2': [{ headers: [{ trace: [0xc3, 0xa9] }, { b: [50] }] }] },
    });
    expect(batchEventOf(invocation, options).event).not.toHaveProperty('eventSourceArn');
  });

  test.each([
    [{ partition: 'telemetry-2', offset: 42 }, 42n],
    [{ partition: 'telemetry-2', offset: '42' }, 42n],
    [{ partition: 2, offset: 42 }, 42n],
    ['telemetry-2-42', 42n],
    ['telemetry-2:42', 42n],
    [{ partition: 'telemetry-2', offset: 41 }, null],
    [{ partition: 'telemetry-1', offset: 42 }, null],
    [{ partition: 'telemetry-2' }, null],
    ['telemetry-21-42', null],
    ['42', null],
    [42, null],
  ])('identifier %j', (identifier, offset) => {
    expect(built('kafka').identifiers.offsetOf(identifier)).toBe(offset);
  });
});

describe('sqs', () => {
  test('a message', () => {
    const invocation = withHeaders('sqs', { b: '2', a: 'x' });
    const { event } = batchEventOf(invocation, options);
    const body = '{"v":1}';
    expect(event).toStrictEqual({
      Records: [
        {
          messageId: expect.stringMatching(
            /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
          ),
          receiptHandle: expect.stringMatching(/^[\w+/=]+$/),
          body,
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: '1700000041234',
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: '1700000041234',
          },
          messageAttributes: {
            b: { stringValue: '2', stringListValues: [], binaryListValues: [], dataType: 'String' },
            a: { stringValue: 'x', stringListValues: [], binaryListValues: [], dataType: 'String' },
          },
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          md5OfBody: createHash('md5').update(body).digest('hex'),
          eventSource: 'aws:sqs',
          eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:telemetry',
          awsRegion: 'eu-west-1',
        },
      ],
    });
  });

  test('the digest of attributes is the one that SDKs compute', () => {
    const attributes = { timestamp: { dataType: 'Number', stringValue: '1493147359900' } };
    expect(md5OfAttributes(attributes)).toBe('235c5c510d26fb653d073faed50ae77c');
  });

  test('a FIFO queue has groups', () => {
    const { event } = built('sqs', { arn: 'arn:aws:sqs:eu-west-1:123456789012:telemetry.fifo' });
    expect(event).toMatchObject({
      Records: [
        { attributes: { MessageGroupId: 'dev-1', SequenceNumber: '00000000000000000040' } },
        { attributes: { MessageGroupId: 'Fühler 2' } },
        {},
      ],
    });
  });

  test('a message keeps its id', () => {
    const ids = () => (built('sqs').event as { Records: { messageId: string }[] }).Records;
    expect(ids()).toEqual(ids());
    expect(new Set(ids().map(({ messageId }) => messageId)).size).toBe(3);
  });
});

test.each(['kinesis', 'kafka', 'sqs'] as const)('%s: a batch of ticks has nothing to show', (kind) => {
  const { count, identifiers } = built(kind, {}, [tick(T), tick(T)]);
  expect(count).toBe(0);
  expect(identifiers.offsetOf('anything')).toBeNull();
});

function withHeaders(kind: Source, headers: Record<string, string>, given: InvocationOptions = {}) {
  const record = { kind: RecordKind.acknowledged, arrivalTime: T, key: 'dev-1', payload: '{"v":1}', headers };
  return invocationOf(kind, [record], given);
}
