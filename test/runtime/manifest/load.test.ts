import { join } from 'node:path';
import { tumblingPerDevice } from '../../../common/aggregations.js';
import { loadManifest } from '../../../runtime/manifest/load.js';
import type { StreamTrigger } from '../../../runtime/manifest/manifest.js';
import { manifestProject, type Project, sound, stream, type Tree } from '../../support/manifest-project.js';

let project: Project;
let root: string;
beforeAll(() => {
  project = manifestProject();
  root = project.root;
});
afterAll(() => project.remove());

const load: Project['load'] = (content, env) => project.load(content, env);
const problems: Project['problems'] = (content) => project.problems(content);

test('fills in the defaults', async () => {
  const manifest = await load(sound());
  expect(manifest).toMatchObject({ service: 'test', root, file: join(root, 'serverless.yml') });
  expect(manifest.streams).toEqual([{ name: 'telemetry', partitions: 4, retentionMs: 86_400_000 }]);
  expect(manifest.functions[0]).toMatchObject({
    name: 'alert',
    handlerFile: 'functions/alert/handler',
    handlerExport: 'handler',
    timeoutMs: 20_000,
    memoryMB: 1024,
    environment: { LEVEL: '1' },
    local: { nice: 0 },
    triggers: [
      {
        type: 'stream',
        stream: 'telemetry',
        batchSize: 10,
        batchWindowMs: 0,
        startingPosition: 'TRIM_HORIZON',
        maximumRetryAttempts: -1,
        maximumRecordAgeMs: -1,
        bisectBatchOnFunctionError: false,
        reportBatchItemFailures: false,
        enabled: true,
      },
    ],
  });
  expect(manifest.functions[2]!.triggers).toEqual([{ type: 'http', method: 'GET', path: '/devices/{id}' }]);
  expect(manifest.settings).toMatchObject({
    root,
    events: { maxFutureMs: 86_400_000, oldest: 946_684_800_000 },
    aggregate: tumblingPerDevice(10_000, 60_000),
    deviceTags: { byDevice: {}, fromEvent: [] },
    streams: { telemetry: { segmentBytes: 64 * 1024 * 1024 } },
    functions: { query: { nice: 0 } },
  });
});

test('local settings replace what AWS has no word for', async () => {
  const content = sound();
  content.functions.alert.events = [{ stream: { ...stream(), batchSize: 100, batchWindow: 1 } }];
  content.custom.millrace = {
    functions: { alert: { batchWindowMs: 0 }, tick: { nice: 10, schedule: 'rate(1 second)' } },
    retention: { rollups: { week: '1w' } },
    deviceTags: { byDevice: { 'reefer-{site}-*': { kind: 'cold' } } },
    streams: { telemetry: { maxBytes: 1e9, hardLimitBytes: '2GiB' } },
  };
  const { functions, settings } = await load(content);
  expect((functions[0]!.triggers[0] as StreamTrigger).batchWindowMs).toBe(0);
  expect(functions[1]).toMatchObject({
    local: { nice: 10 },
    triggers: [{ type: 'schedule', expression: 'rate(1 second)', enabled: true }],
  });
  expect(settings.retention.rollups).toMatchObject({ day: 3650 * 86_400_000, week: 604_800_000 });
  expect(settings.deviceTags).toEqual({
    byDevice: { 'reefer-{site}-*': { kind: 'cold' } },
    fromEvent: [],
  });
  expect(settings.streams.telemetry).toMatchObject({ maxBytes: 1e9, hardLimitBytes: 2 ** 31 });
});

test('CloudFormation tags and variables mean what they mean to the packager', async () => {
  const manifest = await load(
    `
service: \${env:NAME, 'fallback'}
provider: { name: aws, runtime: nodejs20.x }
functions:
  alert:
    handler: functions/alert/handler.handler
    timeout: \${self:custom.seconds}
    events:
      - stream: { type: kinesis, arn: !GetAtt Telemetry.Arn }
custom: { seconds: 12 }
resources:
  Resources:
    Telemetry: { Type: 'AWS::Kinesis::Stream', Properties: { Name: '\${sls:stage}-in', ShardCount: 1 } }
`,
    { NAME: 'given' },
  );
  expect(manifest.service).toBe('given');
  expect(manifest.functions[0]).toMatchObject({ timeoutMs: 12_000, triggers: [{ stream: 'dev-in' }] });
});

describe('refuses, naming place and reason', () => {
  test.each<[string, unknown, string]>([
    ['unknown trigger', { mqtt: 'x' }, 'mqtt: function alert: unknown trigger mqtt'],
    [
      'misspelt trigger',
      { strem: {} },
      'strem: function alert: unknown trigger strem; did you mean "stream"?',
    ],
    [
      'AWS-only trigger',
      { sns: 'arn' },
      'sns: function alert: the trigger sns runs on AWS only: there are no topics',
    ],
    [
      'AWS-only trigger',
      { websocket: '$connect' },
      'the trigger websocket runs on AWS only: there is no WebSocket',
    ],
    ['no trigger', {}, ': must name one trigger, such as stream, kafka, msk, sqs, schedule, iot, httpApi'],
    ['two triggers in one', { schedule: 'rate(1 minute)', httpApi: '*' }, ': must name one trigger'],
    ['method', { httpApi: 'FETCH /x' }, 'unknown method FETCH'],
    ['route', { httpApi: 'GET x' }, '"x" is not a path'],
    [
      'authorizer',
      { httpApi: { method: 'get', path: '/x', authorizer: 'jwt' } },
      'is decided by API Gateway',
    ],
  ])('%s', async (_name, event, reason) => {
    const content = sound();
    content.functions.alert.events = [event];
    const found = await problems(content);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^functions\.alert\.events\[0\]/);
    expect(found[0]).toContain(reason);
  });

  test.each<[string, Tree, string]>([
    ['unknown section', { gatway: {} }, 'custom.millrace.gatway: unknown setting; did you mean "gateway"?'],
    [
      'deep key',
      { retention: { rollups: { '5m': '1d' } } },
      'custom.millrace.retention.rollups.5m: unknown setting',
    ],
    ['stream', { streams: { telemetri: {} } }, 'no such stream; did you mean "telemetry"?'],
    ['function', { functions: { alerts: {} } }, 'no such function; did you mean "alert"?'],
    ['nice', { functions: { alert: { nice: -1 } } }, 'must be >= 0'],
    ['duration', { events: { maxFuture: '10 sec' } }, 'events.maxFuture: must be a duration such as'],
    ['size', { gateway: { maxPayloadBytes: '1 GB' } }, 'gateway.maxPayloadBytes: must be a size such as'],
    ['date', { events: { oldest: 'yesterday' } }, 'events.oldest: must be a date such as'],
    ['limits', { streams: { telemetry: { maxBytes: '16GiB' } } }, 'hardLimitBytes: must be above maxBytes'],
    ['windows', { aggregate: { window: '7s' } }, 'aggregate: windows are defined in aggregations/*.yml now'],
    ['tag', { deviceTags: { fromEvent: ['type'] } }, 'fromEvent[0]: "type" cannot be a tag'],
    ['tags', { deviceTags: { byDevice: { '{a}-*': { a: 'x' } } } }, 'byDevice["{a}-*"].a: is in the pattern'],
    ['no tags', { deviceTags: { byDevice: { 'a-*': {} } } }, 'byDevice["a-*"]: gives no tag'],
    ['tag pattern', { deviceTags: { byDevice: { 'a-{b': {} } } }, 'a brace has no other one'],
    ['retention', { retention: { windows: '70s' } }, 'retention.windows: must be above window plus'],
    [
      'topic',
      { gateway: { telemetryTopics: ['devices/+/t'] } },
      'telemetryTopics[0]: must be a topic with one level',
    ],
    [
      'presence topic',
      { gateway: { presenceTopic: 'presence/#' } },
      'presenceTopic: must be a topic with one level',
    ],
    [
      'presence on a telemetry topic',
      { gateway: { presenceTopic: 'devices/{deviceId}/telemetry' } },
      'presenceTopic: must not be a telemetry topic as well',
    ],
    ['filter', { gateway: { relayTopics: ['a/#/b'] } }, 'relayTopics[0]: must be an MQTT topic filter'],
    [
      'schedule',
      { functions: { tick: { schedule: 'rate(1 seconds)' } } },
      'functions.tick.schedule: schedule',
    ],
    [
      'no schedule',
      { functions: { alert: { schedule: 'rate(1 second)' } } },
      'function alert has no schedule',
    ],
    ['no stream', { functions: { tick: { batchWindowMs: 5 } } }, 'function tick has no stream trigger'],
  ])('custom.millrace: %s', async (_name, millrace, reason) => {
    const content = sound();
    content.custom.millrace = millrace;
    const found = await problems(content);
    expect(found).toEqual([expect.stringContaining(reason)]);
    expect(found[0]).toMatch(/^custom\.millrace\./);
  });

  test('all problems at once', async () => {
    const content = sound();
    content.functions.alert.handler = 'functions/missing/handler.handler';
    content.functions.alert.layers = [];
    content.functions.tick.timeout = 901;
    content.functions.query.memorysize = 256;
    content.provider.runtime = 'python3.13';
    Object.assign(content.resources.Resources.Telemetry as Tree, {
      Properties: { Name: 'telemetry', ShardCount: 0 },
    });
    content.custom.millrace = { events: { oldst: 0 } };
    const found = await problems({ ...content, resorces: {} });
    expect(found).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^resorces: .*did you mean "resources"/),
        expect.stringMatching(/^functions.alert.handler: no module /),
        expect.stringMatching(/^functions.alert.layers: .*are unpacked by AWS alone/),
        expect.stringMatching(/^functions.alert.runtime: python3.13 does not run locally/),
        expect.stringMatching(/^functions.tick.timeout: must be a whole number from 1 to 900/),
        expect.stringMatching(/^functions.query.memorysize: .*did you mean "memorySize"/),
        expect.stringMatching(/^resources.Resources.Telemetry.Properties.ShardCount: /),
        expect.stringMatching(/^custom.millrace.events.oldst: .*did you mean "oldest"/),
      ]),
    );
  });

  test('variables that only a deployment can resolve', async () => {
    const content = sound();
    content.functions.alert.timeout = '${' + 'ssm:/timeout}';
    expect(await problems(content)).toContainEqual(
      expect.stringMatching(/^functions\.alert\.timeout: uses a variable that only AWS/),
    );
  });

  test('variables that refer to nothing', async () => {
    const content = sound();
    content.service = '${' + 'env:NOT_THERE}';
    expect(await problems(content)).toEqual([
      expect.stringMatching(/^service: Cannot resolve variable at "service"/),
    ]);
  });

  test('a route that two functions want', async () => {
    const content = sound();
    content.functions.alert.events = [{ httpApi: { method: 'get', path: '/devices/{device}' } }];
    expect(await problems(content)).toEqual([expect.stringContaining('already taken by alert')]);
  });

  test('a file that is not there, not YAML, or no mapping', async () => {
    await expect(loadManifest(join(root, 'none.yml'), {})).rejects.toMatchObject({
      code: 'MANIFEST_INVALID',
    });
    expect(await problems('a: [')).toEqual([expect.stringContaining('Cannot parse')]);
    expect(await problems('- a')).toEqual([expect.stringContaining('Plain object expected')]);
  });
});
