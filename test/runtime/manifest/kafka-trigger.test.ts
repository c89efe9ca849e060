import type { StreamTrigger } from '../../../runtime/manifest/manifest.js';
import {
  type Content,
  getAtt,
  manifestProject,
  NOW,
  type Project,
  type Tree,
} from '../../support/manifest-project.js';

let project: Project;
beforeAll(() => {
  project = manifestProject();
});
afterAll(() => project.remove());

const SECRET = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:kafka';
const CLUSTER = 'arn:aws:kafka:eu-west-1:123456789012:cluster/fleet/0000-1';
const kafka = (settings: Tree = {}): Tree => ({
  accessConfigurations: { saslPlainAuth: [SECRET] },
  bootstrapServers: ['kafka-1:9092', 'kafka-2:9092'],
  topic: 'readings',
  ...settings,
});
const msk = (settings: Tree = {}): Tree => ({ arn: CLUSTER, topic: 'readings', ...settings });
const extend =
  (id: string, properties: Tree | undefined) =>
  ({ resources }: Content) => {
    if (properties !== undefined) resources.extensions = { [id]: { Properties: properties } };
  };
const KAFKA_ID = 'AlertEventSourceMappingKafkaReadings';
const MSK_ID = 'AlertEventSourceMappingMSKFleetReadings';

const ofKafka = async (settings: Tree, extension?: Tree) =>
  (await project.triggers({ kafka: kafka(settings) }, extend(KAFKA_ID, extension)))[0] as StreamTrigger;
const ofMsk = async (settings: Tree, extension?: Tree) =>
  (await project.triggers({ msk: msk(settings) }, extend(MSK_ID, extension)))[0] as StreamTrigger;

const DEFAULTS = {
  type: 'stream',
  source: 'kafka',
  stream: 'readings',
  batchSize: 100,
  batchWindowMs: 500,
  startingPosition: 'TRIM_HORIZON',
  parallelizationFactor: 1,
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: false,
  tumblingWindowMs: 0,
  filterPatterns: [],
  enabled: true,
};

test('defaults', async () => {
  expect(await ofKafka({})).toEqual({
    ...DEFAULTS,
    arn: '',
    bootstrapServers: ['kafka-1:9092', 'kafka-2:9092'],
  });
  expect(await ofMsk({})).toEqual({
    ...DEFAULTS,
    arn: CLUSTER,
    bootstrapServers: [
      'b-1.fleet.kafka.eu-west-1.amazonaws.com:9098',
      'b-2.fleet.kafka.eu-west-1.amazonaws.com:9098',
    ],
  });
});

describe.each([
  ['kafka', ofKafka],
  ['msk', ofMsk],
])('%s', (_kind, trigger) => {
  test.each<[Tree, Tree | undefined, Partial<StreamTrigger>]>([
    [{ batchSize: 1 }, undefined, { batchSize: 1 }],
    [{ batchSize: 10_000 }, undefined, { batchSize: 10_000, batchWindowMs: 500 }],
    [{ maximumBatchingWindow: 300 }, undefined, { batchWindowMs: 300_000 }],
    // The packager leaves the 0 out; only an extension says it to AWS.
    [{ maximumBatchingWindow: 0 }, undefined, { batchWindowMs: 500 }],
    [{}, { MaximumBatchingWindowInSeconds: 0 }, { batchWindowMs: 0 }],
    [{ startingPosition: 'LATEST' }, undefined, { startingPosition: 'LATEST' }],
    [
      { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: NOW / 1000 },
      undefined,
      { startingPosition: 'AT_TIMESTAMP', startingTimestamp: NOW },
    ],
    [
      { filterPatterns: [{ value: { a: [1] }, key: ['b'] }] },
      undefined,
      { filterPatterns: [{ value: { a: [1] }, key: ['b'] }] },
    ],
    [{ enabled: false }, undefined, { enabled: false }],
    [{ consumerGroupId: 'g', provisionedPollerConfig: { minimumPollers: 2 } }, undefined, {}],
    [{}, { MaximumRetryAttempts: 0 }, { maximumRetryAttempts: 0 }],
    [{}, { MaximumRetryAttempts: 10_000 }, { maximumRetryAttempts: 10_000 }],
    [{}, { BisectBatchOnFunctionError: true }, { bisectBatchOnFunctionError: true }],
    [{}, { MaximumRecordAgeInSeconds: 60 }, { maximumRecordAgeMs: 60_000 }],
    [{}, { FunctionResponseTypes: ['ReportBatchItemFailures'] }, { reportBatchItemFailures: true }],
    [
      {},
      { FilterCriteria: { Filters: [{ Pattern: '{"key":["b"]}' }] } },
      { filterPatterns: [{ key: ['b'] }] },
    ],
    [
      {},
      { DestinationConfig: { OnFailure: { Destination: 'kafka://failed-readings' } } },
      { onFailure: 'failed-readings', maximumRetryAttempts: 10 },
    ],
    [
      {},
      { DestinationConfig: { OnFailure: { Destination: getAtt('Failed') } }, MaximumRetryAttempts: -1 },
      { onFailure: 'failed', maximumRetryAttempts: 10 },
    ],
    [
      {},
      { DestinationConfig: { OnFailure: { Destination: getAtt('Failed') } }, MaximumRetryAttempts: 11 },
      { onFailure: 'failed', maximumRetryAttempts: 11 },
    ],
  ])('takes %j with %j', async (settings, extension, expected) => {
    expect(await trigger(settings, extension)).toMatchObject(expected);
  });
});

test.each<[Tree, Tree | undefined, string, string]>([
  [{ batchSize: 0 }, undefined, 'batchSize', 'from 1 to 10000'],
  [{ batchSize: 10_001 }, undefined, 'batchSize', 'from 1 to 10000'],
  [{ batchSize: 'x' }, undefined, 'batchSize', 'whole number'],
  [{ maximumBatchingWindow: -1 }, undefined, 'maximumBatchingWindow', 'from 0 to 300'],
  [{ maximumBatchingWindow: 301 }, undefined, 'maximumBatchingWindow', 'from 0 to 300'],
  [{ startingPosition: 'FIRST' }, undefined, 'startingPosition', 'must be one of'],
  [{ startingPosition: 'AT_TIMESTAMP' }, undefined, 'startingPositionTimestamp', 'is needed with'],
  [
    { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: NOW / 1000 + 1 },
    undefined,
    'startingPositionTimestamp',
    'must not be in the future',
  ],
  [{ topic: undefined }, undefined, 'topic', 'must be a topic of 1 to 128'],
  [{ topic: 'a b' }, undefined, 'topic', 'must be a topic of 1 to 128'],
  [{ accessConfigurations: {} }, undefined, 'accessConfigurations', 'must have one of'],
  [{ accessConfigurations: undefined }, undefined, 'accessConfigurations', 'must have one of'],
  [
    { accessConfigurations: { saslPlainAut: [SECRET] } },
    undefined,
    'accessConfigurations.saslPlainAut',
    'did you mean "saslPlainAuth"?',
  ],
  [{ accessConfigurations: { saslPlainAuth: [] } }, undefined, 'accessConfigurations.saslPlainAuth', 'list'],
  [
    { accessConfigurations: { vpcSubnet: ['subnet-1'] } },
    undefined,
    'accessConfigurations.vpcSecurityGroup',
    'go together',
  ],
  [{ bootstrapServers: [] }, undefined, 'bootstrapServers', 'must be a list of servers'],
  [{ bootstrapServers: undefined }, undefined, 'bootstrapServers', 'must be a list of servers'],
  [{ consumerGroupId: 'x'.repeat(201) }, undefined, 'consumerGroupId', 'must be 1 to 200'],
  [
    { provisionedPollerConfig: { minimumPollers: 0 } },
    undefined,
    'provisionedPollerConfig.minimumPollers',
    '200',
  ],
  [
    { provisionedPollerConfig: { minimumPollers: 201 } },
    undefined,
    'provisionedPollerConfig.minimumPollers',
    'from 1 to 200',
  ],
  [
    { provisionedPollerConfig: { maximumPollers: 2001 } },
    undefined,
    'provisionedPollerConfig.maximumPollers',
    'from 1 to 2000',
  ],
  [
    { provisionedPollerConfig: { minimumPollers: 3, maximumPollers: 2 } },
    undefined,
    'provisionedPollerConfig.minimumPollers',
    'must not be above',
  ],
  [{ filterPatterns: [{ value: { a: 1 } }] }, undefined, 'filterPatterns[0].value.a', ''],
  [{ enabled: 1 }, undefined, 'enabled', 'must be true or false'],
  [{ maximumRetryAttempts: 3 }, undefined, 'maximumRetryAttempts', 'unknown setting'],
  [
    { onFailureDestination: 'kafka://readings' },
    undefined,
    'onFailureDestination',
    'is the topic that the failed',
  ],
  [
    { onFailureDestination: 'kafka://a b' },
    undefined,
    'onFailureDestination',
    'must be kafka:// and a topic',
  ],
  [
    { onFailureDestination: 'failed' },
    undefined,
    'onFailureDestination',
    'must be the ARN of a queue or topic',
  ],
  [{}, { ParallelizationFactor: 2 }, 'ParallelizationFactor', 'does not exist for Kafka'],
  [{}, { TumblingWindowInSeconds: 2 }, 'TumblingWindowInSeconds', 'does not exist for Kafka'],
  [{}, { MaximumRetryAttempts: 10_001 }, 'MaximumRetryAttempts', 'from -1 to 10000'],
  [{}, { MaximumRecordAgeInSeconds: 59 }, 'MaximumRecordAgeInSeconds', 'from 60 to 604800'],
  [{}, { BisectBatchOnFunctionError: 'x' }, 'BisectBatchOnFunctionError', 'must be true or false'],
])('refuses %j with %j', async (settings, extension, path, reason) => {
  const found = await project.refused({ kafka: kafka(settings) }, extend(KAFKA_ID, extension));
  const at =
    extension === undefined
      ? 'functions.alert.events[0].kafka'
      : `resources.extensions.${KAFKA_ID}.Properties`;
  expect(found).toEqual([expect.stringContaining(`${at}.${path}`)]);
  expect(found[0]).toContain(reason);
});

test.each<[string, unknown, string]>([
  ['no mapping', { kafka: 'readings' }, 'kafka: must be a mapping with bootstrapServers and topic'],
  ['no mapping', { msk: 'readings' }, 'msk: must be a mapping with arn and topic'],
  ['no cluster', { msk: { topic: 'readings' } }, 'msk.arn: must be the ARN of a cluster'],
  [
    'another ARN',
    { msk: msk({ arn: 'arn:aws:sqs:x:1:q' }) },
    'msk.arn: must be the ARN of a cluster, this one is of sqs',
  ],
  ['servers', { msk: msk({ bootstrapServers: ['a'] }) }, 'msk.bootstrapServers: unknown setting'],
  ['a secret', { msk: msk({ saslScram512: 'x' }) }, 'msk.saslScram512: must be the ARN of a secret'],
])('refuses %s', async (_name, event, reason) => {
  expect(await project.refused(event)).toEqual(
    [`functions.alert.events[0].${reason}`].map((text) => expect.stringContaining(text)),
  );
});

test('a function of more than 14 minutes', async () => {
  expect(
    await project.refused({ kafka: kafka() }, ({ functions }) => {
      functions.alert.timeout = 841;
    }),
  ).toEqual(['functions.alert.timeout: must be at most 840 (14 minutes) with a Kafka trigger']);
});

describe('the local stream', () => {
  const streams = async (settings: Tree, millrace: Tree = {}) => {
    const { functions: _, ...rest } = await project.load(
      (() => {
        const content = {
          service: 'test',
          provider: { name: 'aws', runtime: 'nodejs20.x' },
          functions: {
            alert: { handler: 'functions/alert/handler.handler', events: [{ kafka: kafka(settings) }] },
          },
          resources: {
            Resources: {
              T: { Type: 'AWS::Kinesis::Stream', Properties: { Name: 'telemetry', ShardCount: 4 } },
            },
          },
          custom: { millrace },
        };
        return content;
      })(),
    );
    return rest.streams;
  };
  const telemetry = { name: 'telemetry', partitions: 4, retentionMs: 86_400_000 };

  test('is made for the topic, with one partition', async () => {
    expect(await streams({})).toEqual([
      telemetry,
      { name: 'readings', partitions: 1, retentionMs: 604_800_000 },
    ]);
  });

  test('has the partitions of custom.millrace.streams', async () => {
    expect(await streams({}, { streams: { readings: { partitions: 6 } } })).toContainEqual(
      expect.objectContaining({ name: 'readings', partitions: 6 }),
    );
  });

  test('is the Kinesis stream of that name when there is one', async () => {
    expect(await streams({ topic: 'telemetry' })).toEqual([telemetry]);
  });

  test('of a topic that failed records go to', async () => {
    const { streams, destinations } = await project.load({
      service: 'test',
      provider: { name: 'aws' },
      functions: {
        alert: {
          handler: 'functions/alert/handler.handler',
          events: [{ kafka: kafka({ onFailureDestination: 'kafka://failed-readings' }) }],
        },
      },
    });
    expect(streams.map(({ name }) => name)).toEqual(['failed-readings', 'readings']);
    expect(destinations).toEqual([
      {
        name: 'failed-readings',
        arn: 'kafka://failed-readings',
        settings: { stream: 'failed-readings', payload: true },
      },
    ]);
  });
});
