import type { StreamTrigger } from '../../../runtime/manifest/manifest.js';
import {
  getAtt,
  manifestProject,
  NOW,
  type Project,
  stream,
  type Tree,
} from '../../support/manifest-project.js';

let project: Project;
beforeAll(() => {
  project = manifestProject();
});
afterAll(() => project.remove());

const trigger = async (settings: Tree, extension?: Tree): Promise<StreamTrigger> => {
  const triggers = await project.triggers({ stream: stream(settings) }, (content) => {
    if (extension !== undefined) {
      content.resources.extensions = { [LOGICAL_ID]: { Properties: extension } };
    }
  });
  return triggers[0] as StreamTrigger;
};
const refused = (settings: Tree, extension?: Tree) =>
  project.refused({ stream: stream(settings) }, (content) => {
    if (extension !== undefined) {
      content.resources.extensions = { [LOGICAL_ID]: { Properties: extension } };
    }
  });
const LOGICAL_ID = 'AlertEventSourceMappingKinesisTelemetry';
const AT = 'functions.alert.events[0].stream';
const SECOND = NOW / 1000;

test('defaults', async () => {
  expect(await trigger({})).toEqual({
    type: 'stream',
    source: 'kinesis',
    stream: 'telemetry',
    arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/telemetry',
    bootstrapServers: [],
    batchSize: 10,
    batchWindowMs: 0,
    startingPosition: 'TRIM_HORIZON',
    parallelizationFactor: 1,
    maximumRetryAttempts: -1,
    maximumRecordAgeMs: -1,
    bisectBatchOnFunctionError: false,
    reportBatchItemFailures: false,
    tumblingWindowMs: 0,
    filterPatterns: [],
    enabled: true,
  });
});

test.each<[Tree, Partial<StreamTrigger>]>([
  [{ batchSize: 1 }, { batchSize: 1 }],
  [
    { batchSize: 10_000, batchWindow: 1 },
    { batchSize: 10_000, batchWindowMs: 1000 },
  ],
  [{ batchSize: '8' }, { batchSize: 8 }],
  [{ batchWindow: 300 }, { batchWindowMs: 300_000 }],
  [{ batchWindow: 0 }, { batchWindowMs: 0 }],
  [{ batchSize: 100 }, { batchSize: 100, batchWindowMs: 0 }],
  [{ startingPosition: 'LATEST' }, { startingPosition: 'LATEST' }],
  [
    { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: SECOND, consumer: true },
    { startingPosition: 'AT_TIMESTAMP', startingTimestamp: NOW },
  ],
  [
    { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: 0, consumer: true },
    { startingTimestamp: 0 },
  ],
  [{ parallelizationFactor: 1 }, { parallelizationFactor: 1 }],
  [{ parallelizationFactor: 10 }, { parallelizationFactor: 10 }],
  [{ maximumRetryAttempts: -1 }, { maximumRetryAttempts: -1 }],
  [{ maximumRetryAttempts: 0 }, { maximumRetryAttempts: 0 }],
  [{ maximumRetryAttempts: 10_000 }, { maximumRetryAttempts: 10_000 }],
  [{ maximumRecordAgeInSeconds: -1 }, { maximumRecordAgeMs: -1 }],
  [{ maximumRecordAgeInSeconds: 60 }, { maximumRecordAgeMs: 60_000 }],
  [{ maximumRecordAgeInSeconds: 604_800 }, { maximumRecordAgeMs: 604_800_000 }],
  [{ bisectBatchOnFunctionError: true }, { bisectBatchOnFunctionError: true }],
  [{ bisectBatchOnFunctionError: 'false' }, { bisectBatchOnFunctionError: false }],
  [{ functionResponseType: 'ReportBatchItemFailures' }, { reportBatchItemFailures: true }],
  [{ tumblingWindowInSeconds: 0 }, { tumblingWindowMs: 0 }],
  [{ tumblingWindowInSeconds: 900 }, { tumblingWindowMs: 900_000 }],
  [{ tumblingWindowInSeconds: 0, parallelizationFactor: 2 }, { parallelizationFactor: 2 }],
  [{ filterPatterns: [{ data: { a: [1] } }] }, { filterPatterns: [{ data: { a: [1] } }] }],
  [
    { destinations: { onFailure: { arn: getAtt('Failed'), type: 'sqs' } } },
    { onFailure: 'failed', maximumRetryAttempts: -1 },
  ],
  [{ enabled: false }, { enabled: false }],
  [{ consumer: 'arn:aws:kinesis:eu-west-1:1:stream/telemetry/consumer/c:1' }, {}],
])('takes %j', async (settings, expected) => {
  expect(await trigger(settings)).toMatchObject(expected);
});

test.each<[Tree, string, string]>([
  [{ batchSize: 0 }, 'batchSize', 'must be a whole number from 1 to 10000'],
  [{ batchSize: 10_001, batchWindow: 1 }, 'batchSize', 'from 1 to 10000'],
  [{ batchSize: 1.5 }, 'batchSize', 'whole number'],
  [{ batchSize: 'many' }, 'batchSize', 'whole number'],
  [{ batchSize: null }, 'batchSize', 'whole number'],
  [{ batchWindow: -1 }, 'batchWindow', 'from 0 to 300'],
  [{ batchWindow: 301 }, 'batchWindow', 'from 0 to 300'],
  [{ batchWindow: '1s' }, 'batchWindow', 'whole number'],
  [{ startingPosition: 'OLDEST' }, 'startingPosition', 'must be one of TRIM_HORIZON, LATEST, AT_TIMESTAMP'],
  [
    { startingPosition: 'AT_TIMESTAMP' },
    'startingPositionTimestamp',
    'is needed with startingPosition AT_TIMESTAMP',
  ],
  [
    { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: 1 },
    'startingPositionTimestamp',
    `leaves it out of the template without \`consumer\`; say it as resources.extensions.${LOGICAL_ID}.Properties.Star`,
  ],
  [
    { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: SECOND + 1, consumer: true },
    'startingPositionTimestamp',
    'must not be in the future',
  ],
  [
    { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: NOW, consumer: true },
    'startingPositionTimestamp',
    'must be Unix time in seconds',
  ],
  [
    { startingPosition: 'AT_TIMESTAMP', startingPositionTimestamp: -1, consumer: true },
    'startingPositionTimestamp',
    'Unix time',
  ],
  [{ startingPositionTimestamp: 1, consumer: true }, 'startingPositionTimestamp', 'AT_TIMESTAMP only'],
  [{ parallelizationFactor: 0 }, 'parallelizationFactor', 'from 1 to 10'],
  [{ parallelizationFactor: 11 }, 'parallelizationFactor', 'from 1 to 10'],
  [{ parallelizationFactor: [] }, 'parallelizationFactor', 'from 1 to 10'],
  [{ maximumRetryAttempts: -2 }, 'maximumRetryAttempts', 'from -1 to 10000'],
  [{ maximumRetryAttempts: 10_001 }, 'maximumRetryAttempts', 'from -1 to 10000'],
  [{ maximumRetryAttempts: 'none' }, 'maximumRetryAttempts', 'whole number'],
  [{ maximumRecordAgeInSeconds: -2 }, 'maximumRecordAgeInSeconds', 'must be -1 or a whole number from 60'],
  [{ maximumRecordAgeInSeconds: 0 }, 'maximumRecordAgeInSeconds', 'from 60 to 604800'],
  [{ maximumRecordAgeInSeconds: 1 }, 'maximumRecordAgeInSeconds', 'from 60 to 604800'],
  [{ maximumRecordAgeInSeconds: 59 }, 'maximumRecordAgeInSeconds', 'from 60 to 604800'],
  [{ maximumRecordAgeInSeconds: 604_801 }, 'maximumRecordAgeInSeconds', 'from 60 to 604800'],
  [{ maximumRecordAgeInSeconds: '1h' }, 'maximumRecordAgeInSeconds', 'from 60 to 604800'],
  [{ bisectBatchOnFunctionError: 'yes' }, 'bisectBatchOnFunctionError', 'must be true or false'],
  [{ functionResponseType: 'All' }, 'functionResponseType', 'must be ReportBatchItemFailures'],
  [{ tumblingWindowInSeconds: -1 }, 'tumblingWindowInSeconds', 'from 0 to 900'],
  [{ tumblingWindowInSeconds: 901 }, 'tumblingWindowInSeconds', 'from 0 to 900'],
  [{ tumblingWindowInSeconds: {} }, 'tumblingWindowInSeconds', 'from 0 to 900'],
  [
    { tumblingWindowInSeconds: 1, parallelizationFactor: 2 },
    'tumblingWindowInSeconds',
    'cannot be had with a parallelizationFactor above 1',
  ],
  [{ filterPatterns: [] }, 'filterPatterns', 'must be a list of 1 to 10 patterns'],
  [{ filterPatterns: { data: {} } }, 'filterPatterns', 'must be a list'],
  [{ filterPatterns: Array(11).fill({ data: { a: [1] } }) }, 'filterPatterns', 'at most 10'],
  [{ filterPatterns: ['data'] }, 'filterPatterns[0]', 'must be a pattern'],
  [{ filterPatterns: [{ data: { a: 1 } }] }, 'filterPatterns[0].data.a', ''],
  [{ enabled: 'perhaps' }, 'enabled', 'must be true or false'],
  [{ consumer: false }, 'consumer', 'must be true or the ARN'],
  [{ batchsize: 5 }, 'batchsize', 'unknown setting; did you mean "batchSize"?'],
  [{ type: 'dynamodb' }, 'type', 'a stream of a DynamoDB table'],
  [{ type: 'kafka' }, 'type', 'must be kinesis'],
  [{ type: undefined }, 'type', 'the packager needs it with a reference'],
  [
    { arn: getAtt('Telemetri') },
    'arn',
    'no Kinesis stream Telemetri under resources; did you mean "Telemetry"?',
  ],
  [{ arn: getAtt('Failed') }, 'arn', 'must be !GetAtt <stream>.Arn'],
  [{ arn: { 'Fn::ImportValue': 'x' } }, 'arn', 'must be !GetAtt <stream>.Arn'],
  [{ arn: 'telemetry' }, 'arn', 'must be !GetAtt'],
  [{ arn: 'arn:aws:kinesis:x:1:stream/other' }, 'arn', 'no Kinesis stream named other under resources'],
  [
    { arn: 'arn:aws:kinesis:x:1:stream/other' },
    'arn',
    'custom.millrace.streams.other.partitions makes one here',
  ],
])('refuses %j', async (settings, path, reason) => {
  const found = await refused(settings);
  expect(found).toEqual([expect.stringContaining(`${AT}.${path}`)]);
  expect(found[0]).toContain(reason);
});

test('refuses a pattern of more than 4,096 characters', async () => {
  const pattern = (length: number) => ({
    data: { a: ['x'.repeat(length - JSON.stringify({ data: { a: [''] } }).length)] },
  });
  expect(await trigger({ filterPatterns: [pattern(4096)] })).toMatchObject({ filterPatterns: [{}] });
  expect(await refused({ filterPatterns: [pattern(4097)] })).toEqual([
    expect.stringContaining(`${AT}.filterPatterns[0]: longer than 4096`),
  ]);
});

describe('the stream', () => {
  test.each<[string, unknown, string]>([
    [
      'a plain ARN',
      'arn:aws:kinesis:eu-west-1:123456789012:stream/telemetry',
      'arn:aws:kinesis:eu-west-1:123456789012',
    ],
    [
      'a string attribute',
      { type: 'kinesis', arn: { 'Fn::GetAtt': 'Telemetry.Arn' } },
      'arn:aws:kinesis:us-east-1:0',
    ],
    [
      'Fn::Sub',
      { type: 'kinesis', arn: { 'Fn::Sub': '$'.concat('{Telemetry.Arn}') } },
      'arn:aws:kinesis:us-east-1:0',
    ],
    [
      'Fn::Join',
      {
        type: 'kinesis',
        arn: {
          'Fn::Join': [
            ':',
            ['arn:aws:kinesis', { Ref: 'AWS::Region' }, { Ref: 'AWS::AccountId' }, 'stream/telemetry'],
          ],
        },
      },
      'arn:aws:kinesis:us-east-1:000000000000:stream/telemetry',
    ],
  ])('by %s', async (_name, event, arn) => {
    expect(await project.triggers({ stream: event })).toEqual([
      expect.objectContaining({ stream: 'telemetry', arn: expect.stringContaining(arn) }),
    ]);
  });

  test('of elsewhere, made here by its partitions', async () => {
    const arn = 'arn:aws:kinesis:eu-west-1:123456789012:stream/other';
    const [trigger] = await project.triggers({ stream: arn }, (content) => {
      content.custom.millrace = { streams: { other: { partitions: 3 } } };
    });
    expect(trigger).toMatchObject({ stream: 'other', arn });
  });

  test('twice for one function', async () => {
    expect(
      await project.refused({ stream: stream() }, ({ functions }) => {
        functions.alert.events = [{ stream: stream() }, { stream: stream({ batchSize: 1 }) }];
      }),
    ).toEqual([
      expect.stringMatching(/^functions\.alert\.events\[1\]: a second event source mapping from telemetry/),
    ]);
  });
});

describe('resources.extensions', () => {
  test('replace what the trigger says', async () => {
    expect(
      await trigger(
        { batchSize: 5, functionResponseType: 'ReportBatchItemFailures', maximumRetryAttempts: 1 },
        {
          BatchSize: 20,
          MaximumBatchingWindowInSeconds: 2,
          ParallelizationFactor: 2,
          StartingPosition: 'AT_TIMESTAMP',
          StartingPositionTimestamp: 5,
          MaximumRecordAgeInSeconds: 60,
          BisectBatchOnFunctionError: true,
          TumblingWindowInSeconds: 0,
          FunctionResponseTypes: [],
          FilterCriteria: { Filters: [{ Pattern: '{"data":{"a":[1]}}' }] },
          DestinationConfig: { OnFailure: { Destination: getAtt('Failed') } },
          Enabled: false,
          Tags: [],
        },
      ),
    ).toMatchObject({
      batchSize: 20,
      batchWindowMs: 2000,
      parallelizationFactor: 2,
      startingTimestamp: 5000,
      maximumRetryAttempts: 1,
      maximumRecordAgeMs: 60_000,
      bisectBatchOnFunctionError: true,
      reportBatchItemFailures: false,
      filterPatterns: [{ data: { a: [1] } }],
      onFailure: 'failed',
      enabled: false,
    });
  });

  test.each<[Tree, string, string]>([
    [{ BatchSize: 0 }, 'BatchSize', 'must be a whole number from 1'],
    [{ Batchsize: 1 }, 'Batchsize', 'unknown property; did you mean "BatchSize"?'],
    [{ Topics: ['x'] }, 'Topics', 'the trigger itself says this'],
    [{ ScalingConfig: {} }, 'ScalingConfig', 'does not exist for a Kinesis stream'],
    [{ FunctionResponseTypes: ['All'] }, 'FunctionResponseTypes[0]', 'must be ReportBatchItemFailures'],
    [{ FunctionResponseTypes: 'All' }, 'FunctionResponseTypes', 'must be a list'],
    [{ FilterCriteria: {} }, 'FilterCriteria.Filters', 'must be a list'],
    [
      { FilterCriteria: { Filters: [{ Pattern: '{' }, { Pattern: '{"data":{"a":[1]}}' }] } },
      'FilterCriteria.Filters[0].Pattern',
      'must be JSON',
    ],
    [
      { DestinationConfig: { OnFailure: { Destination: 'nowhere' } } },
      'DestinationConfig.OnFailure.Destination',
      'must be the ARN of a queue or topic',
    ],
  ])('refuse %j', async (properties, path, reason) => {
    const found = await refused({}, properties);
    expect(found.length).toBeGreaterThan(0);
    if (path !== '') expect(found[0]).toContain(`resources.extensions.${LOGICAL_ID}.Properties.${path}: `);
    expect(found[0]).toContain(reason);
  });

  test('of mappings that there are none of, and of what the function says itself', async () => {
    expect(
      await project.refused({ stream: stream() }, ({ resources }) => {
        resources.extensions = {
          AlertEventSourceMappingKinesisTelemetri: { Properties: { BatchSize: 1 } },
          AlertLambdaFunction: { Properties: { Timeout: 3, Layers: [] } },
          AlertLogGroup: { Properties: { RetentionInDays: 3 } },
        };
      }),
    ).toEqual([
      `resources.extensions.AlertEventSourceMappingKinesisTelemetri: no such event source mapping; did you mean "${LOGICAL_ID}"?`,
      'resources.extensions.AlertLambdaFunction.Properties.Timeout: say it as timeout of the function',
    ]);
  });
});
