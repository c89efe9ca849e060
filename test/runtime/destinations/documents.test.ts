import { type StreamFailure, streamFailureDocument } from '../../../runtime/destinations/documents.js';
import { invocationRecord } from '../../../runtime/destinations/invocation-record.js';
import type { EventSource } from '../../../runtime/environments/invocation.js';
import { sequenceNumberOf } from '../../../runtime/lambda/sequence-number.js';
import { messageIdOf } from '../../../runtime/lambda/sqs-event.js';
import type { Batch } from '../../../streams/batch.js';
import { FrameWriter, RecordKind } from '../../../streams/record.js';

const ARRIVAL = Date.parse('2026-03-01T10:00:00.000Z');
const NOW = Date.parse('2026-03-01T10:00:09.021Z');

function batchOf(...records: readonly [kind: RecordKind, value: string][]): Batch {
  const writer = new FrameWriter();
  for (const [index, [kind, value]] of records.entries()) {
    writer.write({ kind, arrivalTime: ARRIVAL + index * 1_000, key: 'd1', value: Buffer.from(value) });
  }
  return { stream: 'telemetry', partition: 2, baseOffset: 40n, count: records.length, frames: writer.take() };
}

const batch = batchOf(
  [RecordKind.acknowledged, 'a'],
  [RecordKind.received, 'b'],
  [RecordKind.acknowledged, 'c'],
);

function failure(kind: EventSource['kind'], more: Partial<StreamFailure> = {}): StreamFailure {
  const arns = {
    kinesis: 'arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry',
    kafka: '',
    sqs: 'arn:aws:sqs:eu-west-1:123456789012:telemetry',
  };
  return {
    source: {
      kind,
      stream: 'telemetry',
      arn: arns[kind],
      bootstrapServers: kind === 'kafka' ? ['a:9092', 'b:9092'] : [],
      reportsFailures: true,
    },
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:alert',
    requestId: 'c0ffee00-0000-4000-8000-000000000000',
    condition: 'RetryAttemptsExhausted',
    invokeCount: 4,
    functionError: 'Unhandled',
    batch,
    now: NOW,
    withPayload: false,
    ...more,
  };
}

const requestContext = {
  requestId: 'c0ffee00-0000-4000-8000-000000000000',
  functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:alert',
  condition: 'RetryAttemptsExhausted',
  approximateInvokeCount: 4,
};
const responseContext = { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' };

test('Kinesis: the document, in AWS order of fields', () => {
  const document = streamFailureDocument(failure('kinesis'));
  expect(document).toEqual({
    requestContext,
    responseContext,
    version: '1.0',
    timestamp: '2026-03-01T10:00:09.021Z',
    KinesisBatchInfo: {
      shardId: 'shardId-000000000002',
      startSequenceNumber: sequenceNumberOf(2, 40n),
      endSequenceNumber: sequenceNumberOf(2, 42n),
      approximateArrivalOfFirstRecord: '2026-03-01T10:00:00.000Z',
      approximateArrivalOfLastRecord: '2026-03-01T10:00:02.000Z',
      batchSize: 3,
      streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry',
    },
  });
  expect(Object.keys(document)).toEqual([
    'requestContext',
    'responseContext',
    'version',
    'timestamp',
    'KinesisBatchInfo',
  ]);
});

test('records that the function named itself: no function error', () => {
  expect(streamFailureDocument(failure('kinesis', { functionError: null }))).toMatchObject({
    responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: null },
  });
});

test('records too old: no response, which Kinesis leaves out and Kafka shows as null', () => {
  const tooOld = { condition: 'RecordAgeExceeded', invokeCount: 1, functionError: null } as const;
  expect(streamFailureDocument(failure('kinesis', tooOld))).not.toHaveProperty('responseContext');
  expect(streamFailureDocument(failure('kafka', tooOld))).toHaveProperty('responseContext', null);
});

test('the payload, when asked for, is the event with the same sequence numbers', () => {
  const document = streamFailureDocument(failure('kinesis', { withPayload: true })) as {
    payload: { Records: { kinesis: { data: string; sequenceNumber: string } }[] };
    KinesisBatchInfo: { startSequenceNumber: string };
  };
  const { Records } = document.payload;
  expect(Records.map(({ kinesis }) => Buffer.from(kinesis.data, 'base64').toString())).toEqual([
    'a',
    'b',
    'c',
  ]);
  expect(Records[0]!.kinesis.sequenceNumber).toBe(document.KinesisBatchInfo.startSequenceNumber);
});

test('Kafka: the document', () => {
  const document = streamFailureDocument(failure('kafka', { withPayload: true })) as { payload: unknown };
  expect(document).toMatchObject({
    requestContext,
    responseContext,
    version: '1.0',
    timestamp: '2026-03-01T10:00:09.021Z',
    KafkaBatchInfo: {
      batchSize: 3,
      bootstrapServers: 'a:9092,b:9092',
      payloadSize: JSON.stringify(document.payload).length,
      recordsInfo: {
        'telemetry-2': {
          firstRecordOffset: '40',
          lastRecordOffset: '42',
          firstRecordTimestamp: '2026-03-01T10:00:00.000Z',
          lastRecordTimestamp: '2026-03-01T10:00:02.000Z',
        },
      },
    },
  });
  expect(document).not.toHaveProperty('KafkaBatchInfo.eventSourceArn');
});

test('SQS: ids of the messages as the events show them, and the messages, as a dead-letter queue has them', () => {
  expect(streamFailureDocument(failure('sqs'))).toMatchObject({
    payload: { Records: [{ body: 'a' }, { body: 'b' }, { body: 'c' }] },
    requestContext,
    SQSBatchInfo: {
      batchSize: 3,
      firstMessageId: messageIdOf(batch, 40n),
      lastMessageId: messageIdOf(batch, 42n),
    },
  });
});

test('ticks are no records of the document, unless there is nothing else', () => {
  const mixed = batchOf([RecordKind.tick, ''], [RecordKind.acknowledged, 'x'], [RecordKind.tick, '']);
  expect(streamFailureDocument(failure('kinesis', { batch: mixed }))).toMatchObject({
    KinesisBatchInfo: {
      batchSize: 1,
      startSequenceNumber: sequenceNumberOf(2, 41n),
      endSequenceNumber: sequenceNumberOf(2, 41n),
    },
  });
  const ticks = batchOf([RecordKind.tick, ''], [RecordKind.tick, '']);
  expect(streamFailureDocument(failure('kinesis', { batch: ticks }))).toMatchObject({
    KinesisBatchInfo: { batchSize: 2 },
  });
});

describe('asynchronous invocations', () => {
  const outcome = {
    requestId: 'id',
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:alert',
    requestPayload: { a: 1 },
    now: NOW,
  };

  test('given up', () => {
    const record = invocationRecord({
      ...outcome,
      condition: 'RetriesExhausted',
      invokeCount: 3,
      response: {
        payload: { errorType: 'Error', errorMessage: 'no', trace: [] },
        functionError: 'Unhandled',
      },
    });
    expect(record).toEqual({
      version: '1.0',
      timestamp: '2026-03-01T10:00:09.021Z',
      requestContext: {
        requestId: 'id',
        functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:alert:$LATEST',
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { a: 1 },
      responseContext,
      responsePayload: { errorType: 'Error', errorMessage: 'no', trace: [] },
    });
  });

  test('success has no function error', () => {
    const record = invocationRecord({
      ...outcome,
      condition: 'Success',
      invokeCount: 1,
      response: { payload: 5 },
    });
    expect(record).toMatchObject({ responsePayload: 5, responseContext: { statusCode: 200 } });
    expect(record).not.toHaveProperty('responseContext.functionError');
  });

  test('never invoked: no response', () => {
    const record = invocationRecord({ ...outcome, condition: 'EventAgeExceeded', invokeCount: 0 });
    expect(record).not.toHaveProperty('responseContext');
    expect(record).not.toHaveProperty('responsePayload');
  });
});
