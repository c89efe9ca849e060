/** The orchestration with a driver, a judge and chaos that are made up: what a run is made of, and in which order. */
import { wallNow } from '../../simulators/drivers/clock.js';
import type { DriveObserver, DriveOptions, DriveSummary } from '../../simulators/drivers/driver.js';
import { LatencyRecorder } from '../../simulators/drivers/latency.js';
import { lenientJudge } from '../../simulators/oracle/judge.js';
import type { Plan, Publish } from '../../simulators/plan/action.js';
import type { RunOutput } from '../../simulators/report/output.js';
import type { Judgement } from '../../simulators/run/judging.js';
import {
  type RunOptions,
  type RunParts,
  reportsPlanned,
  runScenario,
  startOf,
  targetText,
} from '../../simulators/run.js';
import { testScenario } from '../support/scenario.js';

const target = {
  transport: 'mqtt',
  host: '127.0.0.1',
  port: 1883,
  path: '',
  username: 'u',
  password: 'secret',
  insecure: false,
  protocolVersion: 4,
  keepaliveSeconds: 60,
} as const;
const options: RunOptions = {
  target,
  http: null,
  loop: { kind: 'open' },
  connections: null,
  clientIdPrefix: 't',
  connectRate: 1000,
  settleMs: 100,
  judge: lenientJudge,
  digest: 'd',
  command: 'millrace simulate',
  version: '1.2.3',
  backendIsLocal: false,
  pids: () => ({ simulator: [process.pid] }),
};
const scenario = testScenario(
  {},
  { phases: [{ name: 'all', kind: 'steady', duration: 5_000, from: 1, to: 1 }] },
);
const nothing: Judgement = { findings: [], notChecked: [], ledger: [], alertLatency: null };
const silent: RunOutput = {
  started: () => undefined,
  progress: () => undefined,
  sample: () => undefined,
  error: () => undefined,
  settling: () => undefined,
  failed: () => undefined,
  finished: () => undefined,
};

/** Publishes everything at once. */
function fastDriver({ plan }: DriveOptions, observer: DriveObserver) {
  return {
    async run(): Promise<DriveSummary> {
      const latency = new LatencyRecorder();
      let sent = 0;
      for (const device of plan.devices) {
        observer.connected(device.index, 1);
        for (const action of device.actions()) {
          if (action.kind !== 'publish') continue;
          sent++;
          observer.sent(device.index, action, wallNow(), wallNow());
          observer.acknowledged(device.index, action, wallNow());
          latency.record(2);
        }
      }
      observer.error('odd');
      observer.error('odd');
      observer.disconnected(0, null);
      const text = latency.encoded();
      const throughput = [{ second: 0, sent, acknowledged: sent }];
      const counts = { planned: sent, sent, acknowledged: sent, unsent: 0, connects: 3, failedConnects: 0 };
      return { ...counts, latency: text, schedulingError: text, throughput };
    },
  };
}

function parts(log: string[], judgement: Judgement = nothing, overrides: Partial<RunParts> = {}): RunParts {
  const seen: Publish[] = [];
  return {
    createDriver: fastDriver,
    createJudging: async () => {
      log.push('listens');
      return {
        observer: { sent: (_device, publish) => seen.push(publish) },
        notChecked: ['the moon'],
        alerts: () => 2,
        judge: async () => {
          log.push(`judges ${seen.length}`);
          return judgement;
        },
        close: async () => {
          log.push('closes');
        },
      };
    },
    chaos: {
      start: () => log.push('chaos'),
      stop: async () => {
        log.push('order');
      },
      log: [{ second: 1, what: 'killed' }],
    },
    ...overrides,
  };
}

test('listens, drives, undoes the chaos, judges, closes; and the result says what happened', async () => {
  const log: string[] = [];
  const errors: string[] = [];
  const result = await runScenario(
    scenario,
    options,
    { ...silent, error: (text) => errors.push(text) },
    parts(log),
  );
  expect(log).toEqual(['listens', 'chaos', 'order', 'judges 15', 'closes']);
  expect(errors).toEqual(['odd']);
  expect(result).toMatchObject({
    format: 1,
    version: '1.2.3',
    target: 'mqtt://127.0.0.1:1883',
    drive: { sent: 15 },
    scenario: { name: 'test', devices: 3, phases: [{ name: 'all', from: 0, until: 5 }], digest: 'd' },
    latency: { acknowledgement: { count: 15 }, alert: null },
    chaos: [{ second: 1, what: 'killed' }],
    verdict: { ok: true, findings: [], notChecked: ['the moon'] },
  });
  expect(result.id).toMatch(/^test-7-\d{4}-/);
  expect(JSON.stringify(result)).not.toContain('secret');
});

test('a finding that no threshold allows makes the verdict bad', async () => {
  const lost = { kind: 'lost' as const, where: 'window' as const, count: 2, examples: [] };
  const judgement = { ...nothing, findings: [lost] };
  expect((await runScenario(scenario, options, silent, parts([], judgement))).verdict).toMatchObject({
    ok: false,
    findings: [lost],
  });
  const lax = { ...scenario, thresholds: [{ metric: 'loss', expression: '2' }] };
  expect((await runScenario(lax, options, silent, parts([], judgement))).verdict.ok).toBe(true);
});

test('a driver that fails leaves nothing behind', async () => {
  const log: string[] = [];
  const failing = parts(log, nothing, {
    createDriver: () => ({ run: () => Promise.reject(new Error('no broker')) }),
  });
  await expect(runScenario(scenario, options, silent, failing)).rejects.toThrow('no broker');
  expect(log).toEqual(['listens', 'chaos', 'order', 'closes']);
});

test('event times are never ahead of the clock, and end at the present', async () => {
  const now = 1_790_000_000_000;
  expect(startOf(now, 60_000, 1)).toBe(now);
  // A day in a minute: it begins a day ago, and is over when the minute is.
  expect(startOf(now, 86_400_000, 1440) + 86_400_000).toBe(now + 60_000);
  expect(startOf(now, 60_000, 0.5)).toBe(now);
  let plan: Plan | undefined;
  const fixed = { ...scenario, start: 1_700_000_000_000 };
  await runScenario(fixed, options, silent, {
    ...parts([]),
    createDriver: (drive, observer) => {
      plan = drive.plan;
      return fastDriver(drive, observer);
    },
  });
  expect(plan?.start).toBe(1_700_000_000_000);
});

test('how many reports to expect, and how a target is written', () => {
  expect(reportsPlanned(testScenario())).toBe(180);
  expect(targetText({ ...target, transport: 'ws', path: '/mqtt', host: '::1', port: 80 })).toBe(
    'ws://[::1]:80/mqtt',
  );
});
