/** Events and documents, field by field. */
import { streamFailureDocument } from '../../runtime/destinations/documents.js';
import { invocationRecord } from '../../runtime/destinations/invocation-record.js';
import type {
  BatchInvocation,
  EventSource,
  WindowInvocation,
} from '../../runtime/environments/invocation.js';
import { batchEventOf } from '../../runtime/lambda/batch-event.js';
import { httpEvent } from '../../runtime/lambda/http-event.js';
import { scheduledEvent } from '../../runtime/lambda/schedule-event.js';
import { sequenceNumberOf } from '../../runtime/lambda/sequence-number.js';
import type { EventSourceKind } from '../../runtime/manifest/manifest.js';
import type { Batch } from '../../streams/batch.js';
import { FrameWriter, RecordKind } from '../../streams/record.js';
import { fact } from './fact.js';

const property = 'Shapes';
const ARRIVAL = 1_545_084_650_987;
const KINESIS = 'arn:aws:kinesis:us-east-2:123456789012:stream/telemetry';
const MSK = 'arn:aws:kafka:us-east-2:123456789012:cluster/events/00000000-0000-0000-0000-000000000000-1';
const SQS = 'arn:aws:sqs:us-east-2:123456789012:telemetry';
const FUNCTION = 'arn:aws:lambda:us-east-2:123456789012:function:f';
const base64 = (text: string) => Buffer.from(text).toString('base64');

function batch(...values: readonly string[]): Batch {
  const writer = new FrameWriter();
  for (const value of values) {
    writer.write({
      kind: RecordKind.acknowledged,
      arrivalTime: ARRIVAL,
      key: 'device-1',
      value: Buffer.from(value),
      headers: { trace: 'ab' },
    });
  }
  return { stream: 'telemetry', partition: 6, baseOffset: 15n, count: values.length, frames: writer.take() };
}

function source(kind: EventSourceKind, arn: string): EventSource {
  const bootstrapServers = kind === 'kafka' ? ['b-1:9098', 'b-2:9098'] : [];
  return { kind, stream: 'telemetry', arn, bootstrapServers, reportsFailures: true };
}

function event(kind: EventSourceKind, arn: string, more: Partial<BatchInvocation> = {}): unknown {
  const invocation = { source: source(kind, arn), batch: batch('hello'), ...more };
  return JSON.parse(JSON.stringify(batchEventOf(invocation, { region: 'us-east-2' }).event));
}

fact({ id: 'shape-kinesis', property, behaviour: 'The Kinesis event.', source: 'G' }, () => {
  const sequenceNumber = sequenceNumberOf(6, 15n);
  expect(event('kinesis', KINESIS)).toEqual({
    Records: [
      {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: 'device-1',
          sequenceNumber,
          data: base64('hello'),
          approximateArrivalTimestamp: 1545084650.987,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: `shardId-000000000006:${sequenceNumber}`,
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: expect.stringMatching(/^arn:aws:iam::123456789012:role\//),
        awsRegion: 'us-east-2',
        eventSourceARN: KINESIS,
      },
    ],
  });
});

fact(
  {
    id: 'shape-sequence-number',
    property,
    behaviour: 'A sequence number has 56 digits and grows within its shard.',
    source: 'G',
  },
  () => {
    const numbers = [0n, 1n, 255n, 2n ** 40n].map((offset) => sequenceNumberOf(3, offset));
    for (const number of numbers) expect(number).toMatch(/^\d{56}$/);
    expect([...numbers].sort()).toEqual(numbers);
  },
);

const kafkaRecords = {
  'telemetry-6': [
    {
      topic: 'telemetry',
      partition: 6,
      offset: 15,
      timestamp: ARRIVAL,
      timestampType: 'CREATE_TIME',
      key: base64('device-1'),
      value: base64('hello'),
      headers: [{ trace: [97, 98] }],
    },
  ],
};

fact({ id: 'shape-msk', property, behaviour: 'The event of Amazon MSK.', source: 'G' }, () => {
  expect(event('kafka', MSK)).toEqual({
    eventSource: 'aws:kafka',
    eventSourceArn: MSK,
    bootstrapServers: 'b-1:9098,b-2:9098',
    records: kafkaRecords,
  });
});

fact(
  {
    id: 'shape-kafka',
    property,
    behaviour: 'The event of a self-managed Kafka: the same without an ARN.',
    source: 'G',
  },
  () => {
    expect(event('kafka', '')).toEqual({
      eventSource: 'SelfManagedKafka',
      bootstrapServers: 'b-1:9098,b-2:9098',
      records: kafkaRecords,
    });
  },
);

fact(
  {
    id: 'shape-sqs',
    property,
    behaviour: 'The SQS event.',
    source: 'G',
    difference:
      'ApproximateReceiveCount is always 1: a stream stands in for the queue and does not count per message',
  },
  () => {
    expect(event('sqs', SQS)).toEqual({
      Records: [
        {
          messageId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
          receiptHandle: expect.any(String),
          body: 'hello',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: String(ARRIVAL),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: String(ARRIVAL),
          },
          messageAttributes: {
            trace: { stringValue: 'ab', stringListValues: [], binaryListValues: [], dataType: 'String' },
          },
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          md5OfBody: '5d41402abc4b2a76b9719d911017c592',
          eventSource: 'aws:sqs',
          eventSourceARN: SQS,
          awsRegion: 'us-east-2',
        },
      ],
    });
  },
);

fact(
  {
    id: 'shape-window',
    property,
    behaviour:
      'In a tumbling window the Kinesis event has its bounds, the state and what kind of invocation it is.',
    source: 'D',
  },
  () => {
    const window: WindowInvocation = {
      start: Date.parse('2020-07-30T17:00:00Z'),
      end: Date.parse('2020-07-30T17:05:00Z'),
      state: '{"1":"282"}',
      isFinal: false,
      isTerminatedEarly: false,
    };
    expect(event('kinesis', KINESIS, { window })).toMatchObject({
      Records: [{ eventSource: 'aws:kinesis' }],
      window: { start: '2020-07-30T17:00:00Z', end: '2020-07-30T17:05:00Z' },
      state: { 1: '282' },
      shardId: 'shardId-000000000006',
      eventSourceARN: KINESIS,
      isFinalInvokeForWindow: false,
      isWindowTerminatedEarly: false,
    });
  },
);

fact(
  {
    id: 'shape-rule',
    property,
    behaviour: 'The event of a schedule that is an EventBridge rule.',
    source: 'G',
  },
  () => {
    const ruleArn = 'arn:aws:events:us-east-2:123456789012:rule/tick';
    const time = Date.parse('2026-03-01T10:00:00Z');
    expect(scheduledEvent({ time, ruleArn, method: 'eventBus' }, 'us-east-2')).toEqual({
      version: '0',
      id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: '123456789012',
      time: '2026-03-01T10:00:00Z',
      region: 'us-east-2',
      resources: [ruleArn],
      detail: {},
    });
  },
);

fact(
  {
    id: 'shape-scheduler',
    property,
    behaviour: 'EventBridge Scheduler without an input: source aws.scheduler.',
    source: 'D',
  },
  () => {
    const ruleArn = 'arn:aws:scheduler:us-east-2:123456789012:schedule/default/tick';
    expect(scheduledEvent({ time: 0, ruleArn, method: 'scheduler' }, 'us-east-2')).toMatchObject({
      source: 'aws.scheduler',
    });
  },
);

fact(
  { id: 'shape-schedule-input', property, behaviour: 'A schedule’s input replaces its event.', source: 'O' },
  () => {
    const run = { time: 0, ruleArn: '', method: 'eventBus', input: '{"mine":1}' } as const;
    expect(scheduledEvent(run, 'us-east-2')).toEqual({ mine: 1 });
  },
);

const failure = (kind: EventSourceKind, arn: string) => ({
  source: source(kind, arn),
  functionArn: FUNCTION,
  requestId: 'id',
  condition: 'RetryAttemptsExhausted' as const,
  invokeCount: 3,
  functionError: 'Unhandled' as const,
  batch: batch('a', 'b'),
  now: ARRIVAL,
  withPayload: false,
});
const envelope = {
  requestContext: {
    requestId: 'id',
    functionArn: FUNCTION,
    condition: 'RetryAttemptsExhausted',
    approximateInvokeCount: 3,
  },
  responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
  version: '1.0',
  timestamp: '2018-12-17T22:10:50.987Z',
};

fact(
  {
    id: 'shape-kinesis-failure',
    property,
    behaviour: 'The document of a failed Kinesis batch.',
    source: 'D',
  },
  () => {
    expect(streamFailureDocument(failure('kinesis', KINESIS))).toEqual({
      ...envelope,
      KinesisBatchInfo: {
        shardId: 'shardId-000000000006',
        startSequenceNumber: sequenceNumberOf(6, 15n),
        endSequenceNumber: sequenceNumberOf(6, 16n),
        approximateArrivalOfFirstRecord: '2018-12-17T22:10:50.987Z',
        approximateArrivalOfLastRecord: '2018-12-17T22:10:50.987Z',
        batchSize: 2,
        streamArn: KINESIS,
      },
    });
  },
);

fact(
  {
    id: 'shape-failure-payload',
    property,
    behaviour: 'Queues and topics get metadata only, buckets the failed records as well.',
    source: 'L',
    difference: '`payload: true` under `custom.millrace.destinations` asks for the records anywhere',
  },
  () => {
    const document = streamFailureDocument({ ...failure('kinesis', KINESIS), withPayload: true });
    expect(document).toMatchObject({
      payload: { Records: [{ kinesis: { data: base64('a') } }, { kinesis: { data: base64('b') } }] },
    });
    expect(streamFailureDocument(failure('kinesis', KINESIS))).not.toHaveProperty('payload');
  },
);

fact(
  {
    id: 'shape-kafka-failure',
    property,
    behaviour: 'The document of a failed Kafka batch; a Kafka topic gets one per record.',
    source: 'D',
    difference: 'one document per batch for a topic too',
  },
  () => {
    expect(streamFailureDocument(failure('kafka', MSK))).toEqual({
      ...envelope,
      KafkaBatchInfo: {
        batchSize: 2,
        eventSourceArn: MSK,
        bootstrapServers: 'b-1:9098,b-2:9098',
        payloadSize: expect.any(Number),
        recordsInfo: {
          'telemetry-6': {
            firstRecordOffset: '15',
            lastRecordOffset: '16',
            firstRecordTimestamp: '2018-12-17T22:10:50.987Z',
            lastRecordTimestamp: '2018-12-17T22:10:50.987Z',
          },
        },
      },
    });
  },
);

fact(
  {
    id: 'shape-sqs-failure',
    property,
    behaviour: 'A dead-letter queue gets the messages themselves.',
    source: 'D',
    difference: 'they come in a document of the batch, like that of the other sources',
  },
  () => {
    expect(streamFailureDocument(failure('sqs', SQS))).toMatchObject({
      SQSBatchInfo: { batchSize: 2, queueArn: SQS },
      payload: { Records: [{ body: 'a' }, { body: 'b' }] },
    });
  },
);

fact(
  {
    id: 'shape-failure-not-thrown',
    property,
    behaviour: 'Records that the function reported itself: functionError null.',
    source: 'L',
  },
  () => {
    expect(streamFailureDocument({ ...failure('kinesis', KINESIS), functionError: null })).toHaveProperty(
      'responseContext.functionError',
      null,
    );
  },
);

fact(
  {
    id: 'shape-failure-too-old',
    property,
    behaviour: 'RecordAgeExceeded has no responseContext.',
    source: 'L',
  },
  () => {
    const document = streamFailureDocument({
      ...failure('kinesis', KINESIS),
      condition: 'RecordAgeExceeded',
      invokeCount: 1,
    });
    expect(document).not.toHaveProperty('responseContext');
  },
);

fact(
  {
    id: 'shape-failure-too-large',
    property,
    behaviour: 'Kafka: MaximumPayloadSizeExceeded has a responseContext of null.',
    source: 'D',
  },
  () => {
    const document = streamFailureDocument({
      ...failure('kafka', MSK),
      condition: 'MaximumPayloadSizeExceeded',
    });
    expect(document).toHaveProperty('responseContext', null);
  },
);

fact(
  {
    id: 'shape-invocation-record',
    property,
    behaviour: 'The record of an asynchronous invocation.',
    source: 'D',
  },
  () => {
    const record = invocationRecord({
      requestId: 'id',
      functionArn: FUNCTION,
      condition: 'RetriesExhausted',
      invokeCount: 3,
      requestPayload: { ORDER_IDS: [1] },
      response: { payload: { errorMessage: 'no' }, functionError: 'Unhandled' },
      now: ARRIVAL,
    });
    expect(record).toEqual({
      version: '1.0',
      timestamp: '2018-12-17T22:10:50.987Z',
      requestContext: {
        requestId: 'id',
        functionArn: `${FUNCTION}:$LATEST`,
        condition: 'RetriesExhausted',
        approximateInvokeCount: 3,
      },
      requestPayload: { ORDER_IDS: [1] },
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorMessage: 'no' },
    });
  },
);

fact(
  { id: 'shape-http', property, behaviour: 'The event of an HTTP API, payload format 2.0.', source: 'G' },
  () => {
    const request = {
      method: 'POST',
      url: 'http://localhost:8080/devices/d%201?a=1&a=2&b=',
      headers: [
        ['Host', 'localhost:8080'],
        ['Content-Type', 'application/json'],
        ['X-Several', '1'],
        ['X-Several', '2'],
        ['Cookie', 'one=1; two=2'],
        ['User-Agent', 'curl/8'],
      ] as const,
      body: Buffer.from('{"x":1}'),
      routeKey: 'POST /devices/{id}',
      sourceIp: '192.0.2.1',
    };
    const facts = {
      requestId: 'id',
      accountId: '123456789012',
      time: Date.parse('2020-03-12T19:03:58.390Z'),
    };
    expect(JSON.parse(JSON.stringify(httpEvent(request, facts)))).toEqual({
      version: '2.0',
      routeKey: 'POST /devices/{id}',
      rawPath: '/devices/d 1',
      rawQueryString: 'a=1&a=2&b=',
      cookies: ['one=1', 'two=2'],
      headers: expect.objectContaining({
        'content-type': 'application/json',
        'x-several': '1,2',
        'user-agent': 'curl/8',
      }),
      queryStringParameters: { a: '1,2', b: '' },
      pathParameters: { id: 'd 1' },
      requestContext: {
        accountId: '123456789012',
        apiId: expect.any(String),
        domainName: expect.any(String),
        domainPrefix: expect.any(String),
        http: {
          method: 'POST',
          path: '/devices/d 1',
          protocol: 'HTTP/1.1',
          sourceIp: '192.0.2.1',
          userAgent: 'curl/8',
        },
        requestId: 'id',
        routeKey: 'POST /devices/{id}',
        stage: '$default',
        time: '12/Mar/2020:19:03:58 +0000',
        timeEpoch: 1_584_039_838_390,
      },
      body: '{"x":1}',
      isBase64Encoded: false,
    });
  },
);
