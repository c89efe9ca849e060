import { functionsReport } from '../../runtime/function-report.js';
import type { StreamTrigger } from '../../runtime/manifest/manifest.js';
import { manifestOf, mappingActivity, poolStats, telemetryEnds } from '../support/function-activity.js';

const stream = { type: 'stream', source: 'kinesis', stream: 'telemetry', enabled: true } as StreamTrigger;

test('of a file alone: the configuration, and nothing about what it does', () => {
  const report = functionsReport(manifestOf({ name: 'alert', reservedConcurrency: 3, triggers: [stream] }));
  expect(report).toMatchObject({ service: 'test', running: false });
  expect(report.functions[0]).toMatchObject({
    handler: 'functions/alert/handler.handler',
    maxEnvironments: 3,
    reservedConcurrency: 3,
    triggers: [{ type: 'stream', on: 'kinesis telemetry', enabled: true, lag: null }],
    activity: null,
  });
});

test('of what runs: lag over all partitions, environments, the median cold start', () => {
  const cold = (spawnMs: number) => ({ spawnMs, importMs: 5, firstInvokeMs: 100 });
  const stats = poolStats({
    invocations: 7,
    environments: 2,
    concurrentExecutions: 1,
    coldStarts: 3,
    recentColdStarts: [cold(50), cold(10), cold(20)],
    lastError: 'Error: no',
  });
  const report = functionsReport(manifestOf({ name: 'alert', triggers: [stream] }), {
    activity: {
      mappings: [mappingActivity('alert', [4n, 19n], { iteratorAge: 12.4 }, 'no')],
      pools: new Map([['alert', { stats }]]),
    },
    streams: [telemetryEnds],
  });
  expect(report.functions[0]).toMatchObject({
    triggers: [{ lag: { records: 7, iteratorAgeMs: 12, failing: 'no' } }],
    activity: {
      environments: 2,
      busy: 1,
      invocations: 7,
      coldStarts: 3,
      coldStartP50Ms: 25,
      lastError: 'Error: no',
    },
  });
});

test('a trigger that is switched off has no lag', () => {
  const off = { ...stream, enabled: false };
  const report = functionsReport(manifestOf({ name: 'alert', triggers: [off] }), {
    activity: { mappings: [], pools: new Map() },
    streams: [telemetryEnds],
  });
  expect(report.functions[0]!.triggers).toEqual([
    { type: 'stream', on: 'kinesis telemetry', enabled: false, lag: null },
  ]);
});

test('every kind of trigger is named by what it listens to', () => {
  const triggers = [
    {
      type: 'schedule',
      name: 'r',
      expression: 'rate(1 minute)',
      timezone: 'UTC',
      method: 'eventBus',
      enabled: true,
    },
    { type: 'http', method: 'GET', path: '/devices/{id}' },
    { type: 'http', method: '*', path: '*' },
    { type: 'iot', sql: "SELECT * FROM 'a'", enabled: true },
  ] as const;
  const report = functionsReport(manifestOf({ name: 'all', triggers }));
  expect(report.functions[0]!.triggers.map(({ on }) => on)).toEqual([
    'rate(1 minute)',
    'GET /devices/{id}',
    '*',
    "SELECT * FROM 'a'",
  ]);
});
