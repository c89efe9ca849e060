/**
 * What Millrace takes, the packager takes, and both mean the same by it: a file with every property is packaged
 * (offline), and each event source mapping of the template is compared with the trigger read here.
 */
import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { loadManifest } from '../../runtime/manifest/load.js';
import type { StreamTrigger, Trigger } from '../../runtime/manifest/manifest.js';
import { projectRoot } from '../support/project-root.js';

type Properties = Readonly<Record<string, unknown>>;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-packager-'));
  writeFileSync(join(folder, 'handler.js'), 'exports.handler = async () => {};\n');
  copyFileSync(join(projectRoot, 'test', 'support', 'every-property.yml'), join(folder, 'serverless.yml'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function packaged(): Promise<Record<string, { Type: string; Properties: Properties }>> {
  const osls = join(projectRoot, 'node_modules', 'osls', 'bin', 'serverless.js');
  await promisify(execFile)(process.execPath, [osls, 'package'], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder, SLS_NOTIFICATIONS_MODE: 'off' },
  });
  const path = join(folder, '.serverless', 'cloudformation-template-update-stack.json');
  return JSON.parse(readFileSync(path, 'utf8')).Resources;
}

/** A trigger in CloudFormation's names, without what the template leaves to Lambda's own defaults. */
function propertiesOf(trigger: StreamTrigger): Properties {
  const given: Properties = {
    BatchSize: trigger.batchSize,
    MaximumBatchingWindowInSeconds: trigger.batchWindowMs / 1000,
    ParallelizationFactor: trigger.parallelizationFactor,
    StartingPosition: trigger.startingPosition,
    StartingPositionTimestamp: trigger.startingTimestamp === undefined ? 0 : trigger.startingTimestamp / 1000,
    MaximumRetryAttempts: trigger.maximumRetryAttempts,
    MaximumRecordAgeInSeconds: trigger.maximumRecordAgeMs === -1 ? -1 : trigger.maximumRecordAgeMs / 1000,
    BisectBatchOnFunctionError: trigger.bisectBatchOnFunctionError,
    FunctionResponseTypes: trigger.reportBatchItemFailures ? ['ReportBatchItemFailures'] : [],
    TumblingWindowInSeconds: trigger.tumblingWindowMs / 1000,
    FilterCriteria: {
      Filters: trigger.filterPatterns.map((pattern) => ({ Pattern: JSON.stringify(pattern) })),
    },
    Enabled: trigger.enabled,
  };
  return given;
}

test('a file with every property means the same here and to the packager', async () => {
  const manifest = await loadManifest(join(folder, 'serverless.yml'), {});
  const template = await packaged();
  const triggers: Record<string, Trigger | undefined> = {};
  for (const { name, triggers: own } of manifest.functions) {
    for (const trigger of own) {
      if (trigger.type === 'stream') triggers[`${name}/${trigger.stream}`] = trigger;
    }
  }
  const expected: Readonly<Record<string, string>> = {
    OfStreamsEventSourceMappingKinesisTelemetry: 'ofStreams/telemetry',
    OfStreamsEventSourceMappingKinesisAlerts: 'ofStreams/alerts',
    OfKafkaEventSourceMappingKafkaReadings: 'ofKafka/readings',
    OfKafkaEventSourceMappingMSKFleetPositions: 'ofKafka/positions',
    OfQueuesEventSourceMappingSQSJobs: 'ofQueues/jobs',
  };
  const mappings = Object.entries(template).filter(
    ([, { Type }]) => Type === 'AWS::Lambda::EventSourceMapping',
  );
  expect(mappings.map(([id]) => id).sort()).toEqual(Object.keys(expected).sort());
  for (const [id, { Properties }] of mappings) {
    const trigger = triggers[expected[id]!] as StreamTrigger;
    const own = propertiesOf(trigger);
    for (const [key, value] of Object.entries(own)) {
      if (Properties[key] !== undefined) expect([id, key, value]).toEqual([id, key, Properties[key]]);
    }
    // Where a failure goes is said by a name here; it has to be said at all in both.
    const ofQueue = trigger.source === 'sqs';
    expect([id, !ofQueue && trigger.onFailure !== undefined]).toEqual([
      id,
      Properties.DestinationConfig !== undefined,
    ]);
  }

  const rules = manifest.functions
    .flatMap(({ triggers }) => triggers)
    .flatMap((trigger) => (trigger.type === 'schedule' ? [trigger] : []));
  for (const { name, expression, method, timezone } of rules) {
    const found = Object.entries(template).find(
      ([id, { Properties }]) => id === name || Properties?.Name === name,
    );
    expect(found?.[1]).toMatchObject({
      Type: method === 'scheduler' ? 'AWS::Scheduler::Schedule' : 'AWS::Events::Rule',
      Properties: {
        ScheduleExpression: expression,
        ...(method === 'scheduler' ? { ScheduleExpressionTimezone: timezone } : {}),
      },
    });
  }
  expect(template.OfStreamsLambdaEvConf!.Properties).toMatchObject({
    MaximumRetryAttempts: manifest.functions[0]!.asynchronous.maximumRetryAttempts,
    MaximumEventAgeInSeconds: manifest.functions[0]!.asynchronous.maximumEventAgeMs / 1000,
  });
}, 120_000);

test('the manifest of that file', async () => {
  const { streams, destinations, functions } = await loadManifest(join(folder, 'serverless.yml'), {});
  expect(streams.map(({ name, partitions }) => [name, partitions])).toEqual([
    ['telemetry', 2],
    ['alerts', 4],
    ['failed-readings', 1],
    ['readings', 3],
    ['positions', 1],
    ['jobs', 1],
    ['dead', 1],
  ]);
  expect(Object.fromEntries(destinations.map(({ name, settings }) => [name, settings]))).toEqual({
    failed: { stream: 'dead', payload: true },
    alarms: { webhook: 'http://127.0.0.1:9/alarms', payload: false },
    elsewhere: { file: 'elsewhere.ndjson', payload: false },
    'failed-readings': { stream: 'failed-readings', payload: true },
  });
  expect(functions[0]).toMatchObject({
    reservedConcurrency: 5,
    provisionedConcurrency: 2,
    asynchronous: {
      maximumRetryAttempts: 1,
      maximumEventAgeMs: 600_000,
      onSuccessFunction: 'ofTime',
      onFailure: 'failed',
    },
    environment: { STAGE: 'dev', QUEUE: 'https://sqs.eu-west-1.amazonaws.com/000000000000/failed' },
  });
  expect(functions[2]!.triggers[0]).toMatchObject({
    source: 'sqs',
    batchSize: 30,
    maximumRetryAttempts: 3,
    onFailure: 'failed',
  });
});
