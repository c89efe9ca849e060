import type { StreamTrigger } from '../../../runtime/manifest/manifest.js';
import {
  getAtt,
  manifestProject,
  type Project,
  queue,
  sound,
  type Tree,
} from '../../support/manifest-project.js';

let project: Project;
beforeAll(() => {
  project = manifestProject();
});
afterAll(() => project.remove());

const AT = 'functions.alert.events[0].sqs';
const sqs = (settings: Tree = {}) => ({ sqs: { arn: getAtt('Jobs'), ...settings } });
const withQueue = (properties: Tree) => (content: ReturnType<typeof sound>) => {
  content.resources.Resources.Jobs = queue({ QueueName: 'jobs', ...properties });
};
const trigger = async (settings: Tree, properties: Tree = {}) =>
  (await project.triggers(sqs(settings), withQueue(properties)))[0] as StreamTrigger;

test('defaults', async () => {
  expect(await trigger({})).toEqual({
    type: 'stream',
    source: 'sqs',
    stream: 'jobs',
    arn: 'arn:aws:sqs:us-east-1:000000000000:jobs',
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

test.each<[Tree, Tree, Partial<StreamTrigger>]>([
  [{ batchSize: 1 }, {}, { batchSize: 1 }],
  [{ batchSize: 10_000, maximumBatchingWindow: 1 }, {}, { batchSize: 10_000, batchWindowMs: 1000 }],
  [{ maximumBatchingWindow: 300 }, {}, { batchWindowMs: 300_000 }],
  [{ functionResponseType: 'ReportBatchItemFailures' }, {}, { reportBatchItemFailures: true }],
  [{ filterPatterns: [{ body: { a: [1] } }] }, {}, { filterPatterns: [{ body: { a: [1] } }] }],
  [{ maximumConcurrency: 2 }, {}, { parallelizationFactor: 1 }],
  [{ maximumConcurrency: 1000 }, {}, {}],
  [{ enabled: false }, {}, { enabled: false }],
  [{ batchSize: 10 }, { QueueName: 'jobs.fifo', FifoQueue: true }, { stream: 'jobs.fifo', batchSize: 10 }],
  [
    {},
    { RedrivePolicy: { maxReceiveCount: 3, deadLetterTargetArn: getAtt('Failed') } },
    { maximumRetryAttempts: 2, onFailure: 'failed' },
  ],
  [
    {},
    { RedrivePolicy: '{"maxReceiveCount":"1","deadLetterTargetArn":"arn:aws:sqs:eu-west-1:1:dead"}' },
    { maximumRetryAttempts: 0, onFailure: 'dead' },
  ],
  [
    {},
    {
      QueueName: 'jobs.fifo',
      RedrivePolicy: { maxReceiveCount: 1000, deadLetterTargetArn: getAtt('FailedFifo') },
    },
    { maximumRetryAttempts: 999, onFailure: 'failed.fifo' },
  ],
])('takes %j of a queue with %j', async (settings, properties, expected) => {
  expect(await trigger(settings, properties)).toMatchObject(expected);
});

test.each<[Tree, Tree, string, string]>([
  [{ batchSize: 0 }, {}, `${AT}.batchSize`, 'from 1 to 10000'],
  [{ batchSize: 10_001, maximumBatchingWindow: 1 }, {}, `${AT}.batchSize`, 'from 1 to 10000'],
  [{ batchSize: 'x' }, {}, `${AT}.batchSize`, 'whole number'],
  [{ batchSize: 11 }, {}, `${AT}.maximumBatchingWindow`, 'must be at least 1 (second)'],
  [{ maximumBatchingWindow: -1 }, {}, `${AT}.maximumBatchingWindow`, 'from 0 to 300'],
  [{ maximumBatchingWindow: 301 }, {}, `${AT}.maximumBatchingWindow`, 'from 0 to 300'],
  [{ functionResponseType: 'All' }, {}, `${AT}.functionResponseType`, 'must be ReportBatchItemFailures'],
  [{ filterPatterns: [{ body: { a: 1 } }] }, {}, `${AT}.filterPatterns[0].body.a`, ''],
  [{ maximumConcurrency: 1 }, {}, `${AT}.maximumConcurrency`, 'from 2 to 1000'],
  [{ maximumConcurrency: 1001 }, {}, `${AT}.maximumConcurrency`, 'from 2 to 1000'],
  [{ enabled: 'no' }, {}, `${AT}.enabled`, 'must be true or false'],
  [{ maximumRetryAttempts: 1 }, {}, `${AT}.maximumRetryAttempts`, 'unknown setting'],
  [{ arn: getAtt('Jods') }, {}, `${AT}.arn`, 'no SQS queue Jods under resources; did you mean "Jobs"?'],
  [{ arn: { Ref: 'Jobs' } }, {}, `${AT}.arn`, 'must be !GetAtt <queue>.Arn'],
  [{ arn: getAtt('Alarms', 'TopicArn') }, {}, `${AT}.arn`, 'must be !GetAtt <queue>.Arn'],
  [
    { maximumBatchingWindow: 1 },
    { FifoQueue: true },
    `${AT}.maximumBatchingWindow`,
    'cannot be had with a FIFO',
  ],
  [
    {},
    { VisibilityTimeout: 19 },
    'resources.Resources.Jobs.Properties.VisibilityTimeout',
    'must be at least the timeout of function alert, 20 (seconds)',
  ],
  [
    {},
    { MessageRetentionPeriod: 59 },
    'resources.Resources.Jobs.Properties.MessageRetentionPeriod',
    'from 60',
  ],
  [
    {},
    { RedrivePolicy: 'x' },
    'resources.Resources.Jobs.Properties.RedrivePolicy',
    'must have maxReceiveCount',
  ],
  [
    {},
    { RedrivePolicy: { maxReceiveCount: 0, deadLetterTargetArn: getAtt('Failed') } },
    'resources.Resources.Jobs.Properties.RedrivePolicy.maxReceiveCount',
    'from 1 to 1000',
  ],
  [
    {},
    { RedrivePolicy: { maxReceiveCount: 1, deadLetterTargetArn: getAtt('Failde') } },
    'resources.Resources.Jobs.Properties.RedrivePolicy.deadLetterTargetArn',
    'no SQS queue Failde under resources; did you mean "Failed"?',
  ],
  [
    {},
    { RedrivePolicy: { maxReceiveCount: 1, deadLetterTargetArn: { Ref: 'Alarms' } } },
    'resources.Resources.Jobs.Properties.RedrivePolicy.deadLetterTargetArn',
    'must be a queue',
  ],
  [
    {},
    { RedrivePolicy: { maxReceiveCount: 1, deadLetterTargetArn: getAtt('FailedFifo') } },
    'resources.Resources.Jobs.Properties.RedrivePolicy.deadLetterTargetArn',
    'AWS takes only standard ones',
  ],
  [
    {},
    { FifoQueue: true, RedrivePolicy: { maxReceiveCount: 1, deadLetterTargetArn: getAtt('Failed') } },
    'resources.Resources.Jobs.Properties.RedrivePolicy.deadLetterTargetArn',
    'is no FIFO queue',
  ],
])('refuses %j of a queue with %j', async (settings, properties, path, reason) => {
  const found = await project.refused(sqs(settings), withQueue(properties));
  expect(found).toEqual([expect.stringContaining(path)]);
  expect(found[0]).toContain(reason);
});

test('a FIFO queue takes no large batches and no window', async () => {
  const settings = { batchSize: 11, maximumBatchingWindow: 1 };
  expect(await project.refused(sqs(settings), withQueue({ QueueName: 'jobs.fifo' }))).toEqual([
    `${AT}.batchSize: must be at most 10 with a FIFO queue`,
    `${AT}.maximumBatchingWindow: cannot be had with a FIFO queue`,
  ]);
});

test('the local stream has the retention of the queue, and one partition', async () => {
  const content = sound();
  content.functions.alert.events = [sqs()];
  withQueue({ MessageRetentionPeriod: 1_209_600 })(content);
  expect((await project.load(content)).streams).toContainEqual({
    name: 'jobs',
    partitions: 1,
    retentionMs: 1_209_600_000,
  });
});

test('no more partitions than batches may be under way', async () => {
  const change = (partitions: number) => (content: ReturnType<typeof sound>) => {
    withQueue({})(content);
    content.custom.millrace = { streams: { jobs: { partitions } } };
  };
  expect(await project.triggers(sqs({ maximumConcurrency: 2 }), change(2))).toMatchObject([
    { stream: 'jobs' },
  ]);
  expect(await project.refused(sqs({ maximumConcurrency: 2 }), change(3))).toEqual([
    expect.stringContaining(
      'custom.millrace.streams.jobs.partitions: must not be above maximumConcurrency, 2',
    ),
  ]);
});

test.each([
  ['arn:aws:sqs:eu-west-1:123456789012:elsewhere'],
  [{ arn: 'arn:aws:sqs:eu-west-1:123456789012:elsewhere' }],
])('a queue of elsewhere: %j', async (event) => {
  expect(await project.triggers({ sqs: event })).toMatchObject([
    { source: 'sqs', stream: 'elsewhere', arn: 'arn:aws:sqs:eu-west-1:123456789012:elsewhere' },
  ]);
});

test('resources.extensions', async () => {
  const id = 'AlertEventSourceMappingSQSJobs';
  const extend = (properties: Tree) => (content: ReturnType<typeof sound>) => {
    withQueue({})(content);
    content.resources.extensions = { [id]: { Properties: properties } };
  };
  expect(
    await project.triggers(sqs(), extend({ BatchSize: 5, ScalingConfig: { MaximumConcurrency: 2 } })),
  ).toMatchObject([{ batchSize: 5 }]);
  expect(await project.refused(sqs(), extend({ ScalingConfig: { MaximumConcurrency: 1 } }))).toEqual([
    `resources.extensions.${id}.Properties.ScalingConfig.MaximumConcurrency: must be a whole number from 2 to 1000`,
  ]);
  expect(await project.refused(sqs(), extend({ MaximumRetryAttempts: 1 }))).toEqual([
    `resources.extensions.${id}.Properties.MaximumRetryAttempts: does not exist for a queue`,
  ]);
});
