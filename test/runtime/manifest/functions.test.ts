import {
  type Content,
  getAtt,
  manifestProject,
  type Project,
  sound,
  stream,
  type Tree,
} from '../../support/manifest-project.js';

let project: Project;
beforeAll(() => {
  project = manifestProject();
});
afterAll(() => project.remove());

const changed = (settings: Tree, millrace: Tree = {}): Content => {
  const content = sound();
  Object.assign(content.functions.tick, settings);
  content.custom.millrace = millrace;
  return content;
};
const load = async (settings: Tree, millrace: Tree = {}) =>
  (await project.load(changed(settings, millrace))).functions[1]!;
const refused = (settings: Tree, millrace: Tree = {}) => project.problems(changed(settings, millrace));

test('defaults', async () => {
  expect(await load({})).toEqual({
    name: 'tick',
    handlerFile: 'functions/tick/handler',
    handlerExport: 'handler',
    timeoutMs: 6000,
    memoryMB: 1024,
    runtime: 'nodejs20.x',
    arn: 'arn:aws:lambda:us-east-1:000000000000:function:tick',
    provisionedConcurrency: 0,
    asynchronous: { maximumRetryAttempts: 2, maximumEventAgeMs: 21_600_000 },
    environment: { LEVEL: '1' },
    triggers: [expect.objectContaining({ type: 'schedule' })],
    local: { nice: 0, isolation: 'worker', environments: 8, idleMs: 600_000, overlap: false, control: false },
  });
});

test.each<[Tree, Tree]>([
  [{ timeout: 1 }, { timeoutMs: 1000 }],
  [{ timeout: 900 }, { timeoutMs: 900_000 }],
  [{ timeout: '30' }, { timeoutMs: 30_000 }],
  [{ memorySize: 128 }, { memoryMB: 128 }],
  [{ memorySize: 10_240 }, { memoryMB: 10_240 }],
  [{ runtime: 'nodejs22.x' }, { runtime: 'nodejs22.x' }],
  [{ reservedConcurrency: 0 }, { reservedConcurrency: 0 }],
  [{ reservedConcurrency: 900 }, { reservedConcurrency: 900 }],
  [{ provisionedConcurrency: 2, reservedConcurrency: 2 }, { provisionedConcurrency: 2 }],
  [{ maximumRetryAttempts: 0 }, { asynchronous: { maximumRetryAttempts: 0 } }],
  [{ maximumRetryAttempts: 2 }, { asynchronous: { maximumRetryAttempts: 2 } }],
  [{ maximumEventAge: 60 }, { asynchronous: { maximumEventAgeMs: 60_000 } }],
  [{ maximumEventAge: 21_600 }, { asynchronous: { maximumEventAgeMs: 21_600_000 } }],
  [{ destinations: { onSuccess: 'alert' } }, { asynchronous: { onSuccessFunction: 'alert' } }],
  [
    { destinations: { onFailure: { arn: getAtt('Failed'), type: 'sqs' } } },
    { asynchronous: { onFailure: 'failed' } },
  ],
  [
    { destinations: { onFailure: { arn: { Ref: 'Alarms' }, type: 'sns' }, onSuccess: 'arn:aws:sqs:x:1:q' } },
    { asynchronous: { onFailure: 'alarms', onSuccess: 'q' } },
  ],
  [
    { destinations: { onFailure: { arn: getAtt('AlertLambdaFunction'), type: 'function' } } },
    { asynchronous: { onFailureFunction: 'alert' } },
  ],
  [{ destinations: { onFailure: 'arn:aws:s3:::bucket' } }, { asynchronous: { onFailure: 'bucket' } }],
  [{ events: [] }, { triggers: [] }],
  [{ tags: { a: 'b' }, name: 'x', snapStart: false, runtimeManagement: 'auto', disableLogs: true }, {}],
  [
    { environment: { A: true, B: { Ref: 'Failed' }, C: getAtt('Alarms', 'TopicName'), LEVEL: '' } },
    {
      environment: {
        A: 'true',
        B: 'https://sqs.us-east-1.amazonaws.com/000000000000/failed',
        C: 'alarms',
      },
    },
  ],
])('takes %j', async (settings, expected) => {
  expect(await load(settings)).toMatchObject(expected);
});

test.each<[Tree, string, string]>([
  [{ timeout: 0 }, 'timeout', 'from 1 to 900'],
  [{ timeout: 901 }, 'timeout', 'from 1 to 900'],
  [{ timeout: '3s' }, 'timeout', 'whole number'],
  [{ memorySize: 127 }, 'memorySize', 'from 128 to 10240'],
  [{ memorySize: 10_241 }, 'memorySize', 'from 128 to 10240'],
  [{ memorySize: [] }, 'memorySize', 'whole number'],
  [{ runtime: 'python3.13' }, 'runtime', 'only Node.js'],
  [{ reservedConcurrency: -1 }, 'reservedConcurrency', 'from 0'],
  [{ reservedConcurrency: 'x' }, 'reservedConcurrency', 'whole number'],
  [{ reservedConcurrency: 901 }, 'reservedConcurrency', "leaves 99 of the account's 1000"],
  [{ provisionedConcurrency: -1 }, 'provisionedConcurrency', 'from 0'],
  [
    { provisionedConcurrency: 2, reservedConcurrency: 1 },
    'provisionedConcurrency',
    'must not be above reservedConcurrency',
  ],
  [{ maximumRetryAttempts: -1 }, 'maximumRetryAttempts', 'from 0 to 2'],
  [{ maximumRetryAttempts: 3 }, 'maximumRetryAttempts', 'from 0 to 2'],
  [{ maximumRetryAttempts: 'x' }, 'maximumRetryAttempts', 'whole number'],
  [{ maximumEventAge: 59 }, 'maximumEventAge', 'from 60 to 21600'],
  [{ maximumEventAge: 21_601 }, 'maximumEventAge', 'from 60 to 21600'],
  [{ destinations: 'x' }, 'destinations', 'must have onSuccess or onFailure'],
  [{ destinations: { onfailure: 'alert' } }, 'destinations.onfailure', 'did you mean "onFailure"?'],
  [
    { destinations: { onFailure: 'alerd' } },
    'destinations.onFailure',
    'no function alerd; did you mean "alert"?',
  ],
  [
    { destinations: { onFailure: { arn: getAtt('Failed') } } },
    'destinations.onFailure.type',
    'must be one of',
  ],
  [
    { destinations: { onFailure: { arn: getAtt('Failed'), type: 'sns' } } },
    'destinations.onFailure.type',
    'is sns, but the ARN is of sqs',
  ],
  [
    { destinations: { onFailure: { arn: getAtt('Faild'), type: 'sqs' } } },
    'destinations.onFailure.arn',
    'did you mean "Failed"?',
  ],
  [
    { destinations: { onFailure: { arn: getAtt('FailedFifo'), type: 'sqs' } } },
    'destinations.onFailure.arn',
    'AWS takes only standard ones',
  ],
  [
    { destinations: { onSuccess: 'arn:aws:s3:::bucket' } },
    'destinations.onSuccess',
    's3 cannot be a destination',
  ],
  [
    { destinations: { onSuccess: 'arn:aws:events:us-east-1:1:event-bus/x' } },
    'destinations.onSuccess',
    'events cannot be a destination here: only queues, topics',
  ],
  [
    { destinations: { onSuccess: 'arn:aws:lambda:us-east-1:1:function:other' } },
    'destinations.onSuccess',
    'only functions of this file',
  ],
  [{ environment: { A: { 'Fn::ImportValue': 'x' } } }, 'environment.A', 'must be a string'],
  [{ environment: { AWS_REGION: 'x' } }, 'environment.AWS_REGION', 'is set by Lambda itself'],
  [{ environment: { 'a-b': 'x' } }, 'environment.a-b', 'must be letters'],
  [
    { environment: { A: 'x'.repeat(4096 - 'A'.length - 'LEVEL1'.length + 1) } },
    'environment',
    '4097 bytes in all',
  ],
  [{ handler: undefined }, 'handler', 'must be a module and an export'],
  [{ handler: 'functions/none.handler' }, 'handler', 'no module'],
  [{ layers: ['arn:aws:lambda:x'] }, 'layers', 'unpacked by AWS alone'],
  [{ image: 'x' }, 'image', 'container images do not run here'],
  [{ url: true }, 'url', 'use httpApi'],
  [{ onError: 'arn:aws:sns:x' }, 'onError', 'use destinations.onFailure'],
  [{ snapStart: true }, 'snapStart', 'no SnapStart for Node.js'],
  [{ fileSystemConfig: {} }, 'fileSystemConfig', 'no EFS'],
  [{ memorysize: 1 }, 'memorysize', 'did you mean "memorySize"?'],
])('refuses %#: %j', async (settings, path, reason) => {
  const found = await refused(settings);
  expect(found).toEqual([expect.stringContaining(`functions.tick.${path}: `)]);
  expect(found[0]).toContain(reason);
});

test('a limit of the provider is named there', async () => {
  const content = sound();
  content.provider.memorySize = 64;
  content.functions = { tick: content.functions.tick } as Content['functions'];
  expect(await project.problems(content)).toEqual([
    'provider.memorySize: must be a whole number from 128 to 10240',
  ]);
});

test('functions of the account share its concurrency', async () => {
  const content = sound();
  content.functions.alert.reservedConcurrency = 500;
  content.functions.tick.provisionedConcurrency = 8;
  content.functions.query.reservedConcurrency = 393;
  expect(await project.problems(content)).toEqual([
    expect.stringMatching(/^functions\.query\.reservedConcurrency: leaves 99 of the account's 1000 /),
  ]);
  content.custom.millrace = { concurrency: { account: 1001 } };
  expect((await project.load(content)).settings.concurrency.account).toBe(1001);
  content.custom.millrace = { concurrency: { account: 50 } };
  expect(await project.problems(content)).toEqual([
    expect.stringMatching(/^functions\.alert\.reservedConcurrency: leaves -450 of the account's 50 /),
  ]);
});

test('every function may be written as a list entry, and handlers in any of the extensions', async () => {
  for (const extension of ['.mts', '.cts', '.js', '.mjs', '.cjs']) {
    project.file(`functions/other/handler${extension.replace('.', '-')}${extension}`, '');
  }
  const content = sound() as Content & { functions: unknown };
  content.functions = ['mts', 'cts', 'js', 'mjs', 'cjs'].map((extension) => ({
    [extension]: { handler: `functions/other/handler-${extension}.handler` },
  })) as unknown as Content['functions'];
  expect((await project.load(content)).functions.map(({ name }) => name)).toEqual([
    'mts',
    'cts',
    'js',
    'mjs',
    'cjs',
  ]);
});

describe('custom.millrace.functions', () => {
  test.each<[Tree, Tree]>([
    [{ nice: 19 }, { nice: 19 }],
    [{ isolation: 'process' }, { isolation: 'process' }],
    [{ isolation: 'inline' }, { isolation: 'inline' }],
    [{ environments: 1 }, { environments: 1 }],
    [{ environments: 1000 }, { environments: 1000 }],
    [{ idle: '5s' }, { idleMs: 5000 }],
    [{ overlap: true }, { overlap: true }],
  ])('takes %j', async (settings, local) => {
    expect(await load({}, { functions: { tick: settings } })).toMatchObject({ local });
  });

  test.each<[Tree, string, string]>([
    [{ nice: 20 }, 'nice', 'must be <= 19'],
    [{ isolation: 'thread' }, 'isolation', 'must be one of worker, process, inline'],
    [{ environments: 0 }, 'environments', 'must be >= 1'],
    [{ environments: 1001 }, 'environments', 'must be <= 1000'],
    [{ idle: '5 s' }, 'idle', 'must be a duration such as'],
    [{ overlap: 'no' }, 'overlap', 'must be of type boolean'],
    [{ idles: '5s' }, 'idles', 'did you mean "idle"?'],
  ])('refuses %j', async (settings, path, reason) => {
    const found = await refused({}, { functions: { tick: settings } });
    expect(found).toEqual([expect.stringContaining(`custom.millrace.functions.tick.${path}: `)]);
    expect(found[0]).toContain(reason);
  });

  test('more provisioned concurrency than environments', async () => {
    expect(
      await refused({ provisionedConcurrency: 3 }, { functions: { tick: { environments: 2 } } }),
    ).toEqual(['custom.millrace.functions.tick.environments: is 2, below provisionedConcurrency 3']);
  });
});

test('a project of elsewhere: no telemetry, names left to AWS, another region', async () => {
  const manifest = await project.load({
    service: 'elsewhere',
    provider: { name: 'aws', region: 'eu-west-1' },
    functions: {
      alert: {
        handler: 'functions/alert/handler.handler',
        events: [{ stream: stream({ arn: getAtt('Clicks') }) }],
      },
    },
    resources: {
      Resources: {
        Clicks: {
          Type: 'AWS::Kinesis::Stream',
          Properties: { StreamModeDetails: { StreamMode: 'ON_DEMAND' } },
        },
        Other: { Type: 'AWS::S3::Bucket' },
      },
    },
  });
  expect(manifest).toMatchObject({
    region: 'eu-west-1',
    streams: [{ name: 'Clicks', partitions: 4, retentionMs: 86_400_000 }],
    functions: [
      {
        runtime: 'nodejs24.x',
        arn: 'arn:aws:lambda:eu-west-1:000000000000:function:alert',
        triggers: [{ stream: 'Clicks', arn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/Clicks' }],
      },
    ],
    settings: { streams: { Clicks: { segmentBytes: 64 * 1024 * 1024 } } },
  });
});
