/** The oracle against the product itself: a fleet in which much goes wrong, and a kill -9 in the middle of it. */
import { join } from 'node:path';
import { Api } from '../../simulators/api.js';
import { wallNow } from '../../simulators/drivers/clock.js';
import { createDriver } from '../../simulators/drivers/create.js';
import type { DriveObserver, Target } from '../../simulators/drivers/driver.js';
import { schemaJudge } from '../../simulators/oracle/judge.js';
import { judgeBackend } from '../../simulators/oracle/judging.js';
import { deviceRules, marginOf, rulesOf, USUAL_BACKEND } from '../../simulators/oracle/settings.js';
import { planOf } from '../../simulators/plan/plan.js';
import type { Judgement, Judging } from '../../simulators/run/judging.js';
import type { Fleet, Scenario } from '../../simulators/scenario/scenario.js';
import { freePorts } from '../support/free-ports.js';
import { startProduct } from '../support/product.js';
import { projectRoot } from '../support/project-root.js';
import { calmNetwork, testFleet, testScenario } from '../support/scenario.js';

const DURATION = 10_000;
const often = { share: 0.6, from: 0, until: DURATION, every: 3_000 };

const fleet: Partial<Fleet> = {
  devices: 12,
  interval: 200,
  failures: [{ kind: 'spike', metric: 'temperature', by: [70, 90], ...often, lasts: [300, 1_500] }],
  network: {
    ...calmNetwork,
    latency: [0, 200],
    duplicates: { share: 0.05, after: [10, 500] },
    reordering: { share: 0.05, by: [100, 900] },
    offline: [{ ...often, share: 0.3, lasts: [300, 1_000], backlog: true }],
  },
  payload: {
    malformed: 0.03,
    wrongType: 0.02,
    missingField: 0.02,
    oldSchema: { share: 0, rename: {} },
    withoutSeq: false,
  },
};

function scenarioOf(qos: 0 | 1 | 2): Scenario {
  const phases = [{ name: 'steady', kind: 'steady' as const, duration: DURATION, from: 1, to: 1 }];
  return testScenario({}, { phases, fleets: [testFleet({ ...fleet, qos })] });
}

interface Setting {
  readonly mqttPort: number;
  readonly httpUrl: string;
  /** It goes over HTTP instead of MQTT. */
  readonly overHttp?: boolean;
  readonly outageMs: number;
  readonly settleMs?: number;
  during?(beginAt: number): Promise<void>;
  /** Faults planted between the driver and the oracle. */
  observer?(judging: Judging): Partial<DriveObserver>;
}

async function run(
  scenario: Scenario,
  setting: Setting,
): Promise<{ judging: Judging; judgement: Judgement }> {
  const plan = planOf(scenario, Math.ceil(wallNow() + 1_000), schemaJudge(join(projectRoot, 'schemas')));
  const target: Target = {
    transport: 'mqtt',
    host: '127.0.0.1',
    port: setting.mqttPort,
    path: '',
    insecure: false,
    protocolVersion: 4,
    keepaliveSeconds: 30,
  };
  const backend = { ...USUAL_BACKEND, rules: rulesOf(join(projectRoot, 'rules')) };
  const judging = await judgeBackend(plan, {
    oracle: {
      ...deviceRules(backend, marginOf(backend) + setting.outageMs),
      alwaysPromises: setting.overHttp === true,
    },
    api: new Api(setting.httpUrl),
    alerts: { target, clientId: `oracle-${process.pid}` },
    sharedConnections: false,
    repeats: setting.outageMs > 0,
  });
  try {
    const driver = createDriver(
      {
        target:
          setting.overHttp === true
            ? { ...target, transport: 'http', port: portOf(setting.httpUrl) }
            : target,
        plan,
        loop: { kind: 'open' },
        connections: null,
        clientIdPrefix: `drive-${process.pid}-`,
        connectRate: 1_000,
        slice: { part: 0, of: 1 },
        beginAt: plan.start,
      },
      {
        sent: () => undefined,
        acknowledged: () => undefined,
        unsent: () => undefined,
        connected: () => undefined,
        disconnected: () => undefined,
        error: () => undefined,
        ...(setting.observer?.(judging) ?? judging.observer),
      },
    );
    await Promise.all([driver.run(), setting.during?.(plan.start)]);
    return { judging, judgement: await judging.judge(setting.settleMs ?? 25_000) };
  } finally {
    await judging.close();
  }
}

const plannedStart = ({ seq, number }: { seq: number | null; number: number }) => seq! - number;
const portOf = (url: string) => Number(new URL(url).port);

test('the product does what the oracle foretells', async () => {
  const product = await startProduct();
  const { judging, judgement } = await run(scenarioOf(1), {
    mqttPort: portOf(product.mqttUrl),
    httpUrl: product.httpUrl,
    outageMs: 0,
  });
  expect(judgement.findings).toEqual([]);
  expect([...judging.notChecked, ...judgement.notChecked]).toEqual([]);
  const rows = new Map(judgement.ledger.map((row) => [row.what, row]));
  for (const what of [
    'stored',
    'validated',
    'quarantined',
    'in windows',
    'sent again',
    'alerts fired',
    'alerts resolved',
  ]) {
    const { expected, maybe, actual } = rows.get(what)!;
    // Devices whose connection drops with something under way send that again.
    expect(maybe).toBeLessThan(expected / 20);
    expect(actual).toBeGreaterThanOrEqual(expected);
    expect(expected).toBeGreaterThan(0);
  }
  expect(judgement.alertLatency).not.toBeNull();
}, 90_000);

test('over HTTP it does so, too: what is no JSON is refused and not stored', async () => {
  const product = await startProduct();
  const { judgement } = await run(scenarioOf(1), {
    mqttPort: portOf(product.mqttUrl),
    httpUrl: product.httpUrl,
    overHttp: true,
    outageMs: 0,
  });
  expect(judgement.findings).toEqual([]);
  expect(judgement.ledger.find(({ what }) => what === 'stored')!.actual).toBeGreaterThan(400);
}, 90_000);

test('an event that the backend does not get is missing in every place', async () => {
  const product = await startProduct();
  // As if the broker had acknowledged one more: the oracle is told of a report that nobody sent.
  let planted = false;
  const { judgement } = await run(scenarioOf(1), {
    mqttPort: portOf(product.mqttUrl),
    httpUrl: product.httpUrl,
    outageMs: 0,
    settleMs: 13_000,
    observer: ({ observer }) => ({
      ...observer,
      sent(device, publish, due, sentAt) {
        observer.sent!(device, publish, due, sentAt);
        if (planted || publish.report.verdict !== 'valid') return;
        planted = true;
        // No device has this number, and it is not so far from theirs that they would be forgotten for it.
        const report = { ...publish.report, number: -1, seq: plannedStart(publish.report) - 1 };
        const ghost = { ...publish, report };
        observer.sent!(device, ghost, due, sentAt);
        observer.acknowledged!(device, ghost, sentAt);
      },
    }),
  });
  const kinds = judgement.findings.map(({ kind, where }) => `${kind} ${where}`).sort();
  expect(kinds).toEqual(['lost books', 'lost rollup', 'lost window']);
  const window = judgement.findings.find(({ where }) => where === 'window')!;
  expect(window.count).toBe(3);
  expect(window.examples[0]!.what).toMatch(
    /^window of temperature of room-\d+ from .*: holds \d+ events instead of \d+$/,
  );
}, 90_000);

test('kill -9 in the middle: everything that was promised is there', async () => {
  const [mqttPort, httpPort] = (await freePorts(2)) as [number, number];
  const env = { MILLRACE_MQTT_PORT: String(mqttPort), MILLRACE_HTTP_PORT: String(httpPort) };
  let product = await startProduct({ env });
  const { judgement } = await run(scenarioOf(1), {
    mqttPort,
    httpUrl: product.httpUrl,
    outageMs: 10_000,
    async during(beginAt) {
      await new Promise((resolve) => setTimeout(resolve, beginAt + DURATION / 2 - wallNow()));
      await product.kill9();
      product = await startProduct({ env, dataDir: product.dataDir });
    },
  });
  expect(judgement.findings).toEqual([]);
  const stored = judgement.ledger.find(({ what }) => what === 'stored')!;
  expect(stored.actual).toBeGreaterThan(500);
}, 90_000);
