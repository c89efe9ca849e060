/**
 * A run: the plan of a scenario driven against a backend, what was done to the backend meanwhile, figures by the
 * second, and the verdict. What was sent is judged even when the run is ended early.
 */
import { wallNow } from './drivers/clock.js';
import type { DriveObserver, DriveOptions, Driver, DriveSummary, Target } from './drivers/driver.js';
import type { Plan } from './plan/action.js';
import { loadCurve } from './plan/load.js';
import type { Judge } from './plan/payload.js';
import { planOf } from './plan/plan.js';
import type { RunOutput } from './report/output.js';
import type { RunResult } from './result.js';
import { BackendWatch } from './run/backend-watch.js';
import type { Judgement, Judging } from './run/judging.js';
import { figuresOf, histogramOf, percentileOf } from './run/latencies.js';
import { CountingObserver } from './run/observer.js';
import { durationOf } from './run/overrides.js';
import { payloadSizes } from './run/payload-sizes.js';
import { ProcessWatch } from './run/processes.js';
import { Sampler } from './run/sampler.js';
import { countsOf, evaluateThresholds } from './run/thresholds.js';
import type { Scenario } from './scenario/scenario.js';

export { evaluateThresholds } from './run/thresholds.js';

export interface RunOptions {
  readonly target: Target;
  /** Address of the query API; null: it has none. */
  readonly http: string | null;
  readonly loop: DriveOptions['loop'];
  readonly connections: number | null;
  readonly clientIdPrefix: string;
  /** Connects per second. */
  readonly connectRate: number;
  /** How long to wait at the end for acknowledgements, and again for what comes out, ms. */
  readonly settleMs: number;
  readonly signal?: AbortSignal;
  /** What the backend's schemas make of a payload. */
  readonly judge: Judge;
  /** Of the scenario file, for the result. */
  readonly digest: string;
  /** The command that runs it again. */
  readonly command: string;
  readonly version: string;
  /** The backend is one of the processes below: it need not be asked for its figures. */
  readonly backendIsLocal: boolean;
  /** Processes of this machine to watch, by name; asked every second. */
  readonly pids: () => Readonly<Record<string, readonly number[]>>;
}

/** What a run is made of besides its scenario; tests put in their own. */
export interface RunParts {
  createDriver(options: DriveOptions, observer: DriveObserver): Driver;
  /** Begins to listen to the backend; called before anything is sent. */
  createJudging(plan: Plan): Promise<Judging>;
  /** Null: nothing happens to the backend. */
  readonly chaos: {
    start(beginAt: number, speed: number): void;
    stop(): Promise<void>;
    readonly log: RunResult['chaos'];
  } | null;
}

/** Devices begin to connect so long before scenario time 0 as they need, and a little more. */
const LEAD_MS = 500;
/** Of that lead, at the most. */
const MOST_LEAD_MS = 60_000;

export async function runScenario(
  scenario: Scenario,
  options: RunOptions,
  output: RunOutput,
  parts: RunParts,
): Promise<RunResult> {
  const { speed } = scenario;
  const duration = durationOf(scenario);
  const devices = scenario.fleets.reduce((sum, fleet) => sum + fleet.devices, 0);
  const connections = options.connections ?? devices;
  const lead = LEAD_MS + Math.min(MOST_LEAD_MS, (connections / options.connectRate) * 1000);
  // Subscribing comes first and takes its time, so time 0 is set again below; the start of event times stays.
  const plannedBegin = Math.ceil(wallNow() + lead);
  const start = scenario.start ?? startOf(plannedBegin, duration, speed);
  const plan = planOf(scenario, start, options.judge);
  const judging = await parts.createJudging(plan);
  try {
    const beginAt = Math.max(plannedBegin, Math.ceil(wallNow() + lead));
    const phases = realPhases(scenario);
    output.started({
      title: scenario.title,
      description: scenario.description,
      seed: scenario.seed,
      devices,
      planned: reportsPlanned(scenario),
      seconds: duration / speed / 1000,
      speed,
      phases,
      target: targetText(options.target),
      notChecked: judging.notChecked,
    });
    const observer = new CountingObserver(judging.observer, (message) => output.error(message));
    const sampler = new Sampler({
      beginAt,
      phases,
      counts: observer.counts,
      alerts: () => judging.alerts(),
      backend: options.http === null ? null : new BackendWatch(options.http, !options.backendIsLocal),
      processes: new ProcessWatch(options.pids),
      onSample: (sample) => output.sample(sample),
      onProgress: (progress) => output.progress(progress),
    });
    const drive = await driven(scenario, plan, beginAt, options, observer, sampler, parts);
    const seconds = Math.max(0, wallNow() - beginAt) / 1000;
    output.settling();
    const judgement = ofWhatWasLeft(await judging.judge(options.settleMs), options.signal);
    await sampler.stop();
    return resultOf(scenario, plan, options, {
      beginAt,
      seconds: Math.min(seconds, duration / speed / 1000),
      phases,
      drive,
      judgement,
      notChecked: judging.notChecked,
      samples: sampler.samples,
      chaos: parts.chaos?.log ?? [],
    });
  } catch (error) {
    output.failed();
    throw error;
  } finally {
    await judging.close();
  }
}

/** A run that was ended early owes nobody the acknowledgements that were under way. */
function ofWhatWasLeft(judgement: Judgement, signal: AbortSignal | undefined): Judgement {
  if (signal?.aborted !== true) return judgement;
  const findings = judgement.findings.filter(({ where }) => where !== 'acknowledgement');
  return {
    ...judgement,
    findings,
    notChecked: [...judgement.notChecked, 'what was to come: the run was ended early'],
  };
}

/**
 * So that events are never ahead of the clock, and the scenario ends at about the present: at speed 1 it begins now.
 * @param beginAt epoch ms of scenario time 0 on the wall
 */
export function startOf(beginAt: number, duration: number, speed: number): number {
  return Math.floor(beginAt + Math.min(0, duration / speed - duration));
}

async function driven(
  scenario: Scenario,
  plan: Plan,
  beginAt: number,
  options: RunOptions,
  observer: DriveObserver,
  sampler: Sampler,
  { createDriver, chaos }: RunParts,
): Promise<DriveSummary> {
  const { target, loop, connections, clientIdPrefix, connectRate, settleMs, signal } = options;
  const driver = createDriver(
    {
      target,
      plan,
      loop,
      connections,
      clientIdPrefix,
      connectRate,
      slice: { part: 0, of: 1 },
      beginAt,
      settleMs,
      seed: scenario.seed,
      ...(signal === undefined ? {} : { signal }),
    },
    observer,
  );
  sampler.start();
  chaos?.start(beginAt, scenario.speed);
  try {
    return await driver.run();
  } catch (error) {
    await sampler.stop();
    throw error;
  } finally {
    // Before the verdict: the backend has to be up to be looked at.
    await chaos?.stop();
  }
}

interface Outcome {
  readonly beginAt: number;
  readonly seconds: number;
  readonly phases: RunResult['scenario']['phases'];
  readonly drive: DriveSummary;
  readonly judgement: Judgement;
  readonly notChecked: readonly string[];
  readonly samples: RunResult['samples'];
  readonly chaos: RunResult['chaos'];
}

function resultOf(scenario: Scenario, plan: Plan, options: RunOptions, outcome: Outcome): RunResult {
  const { beginAt, seconds, phases, drive, judgement, samples, chaos } = outcome;
  const startedAt = new Date(beginAt).toISOString();
  const histograms = {
    acknowledgement_latency: histogramOf(drive.latency),
    alert_latency: judgement.alertLatency === null ? null : histogramOf(judgement.alertLatency),
    scheduling_error: histogramOf(drive.schedulingError),
  };
  const latencies = Object.fromEntries(
    Object.entries(histograms).map(([metric, histogram]) => {
      const figures = histogram === null ? null : figuresOf(histogram);
      return [metric, figures === null ? null : { figures, at: percentileOf(histogram!) }];
    }),
  );
  const thresholds = evaluateThresholds(scenario.thresholds, {
    ...countsOf(judgement.findings),
    unsent: drive.unsent,
    latencies,
    rates: { throughput: seconds === 0 ? 0 : drive.acknowledged / seconds },
  });
  return {
    format: 1,
    id: `${scenario.name}-${scenario.seed}-${startedAt.slice(0, 19).replaceAll(':', '-')}`,
    version: options.version,
    startedAt,
    seconds,
    scenario: {
      name: scenario.name,
      title: scenario.title,
      description: scenario.description,
      seed: scenario.seed,
      speed: scenario.speed,
      devices: plan.devices.length,
      phases,
      start: plan.start,
      digest: options.digest,
    },
    target: targetText(options.target),
    command: options.command,
    drive,
    latency: {
      acknowledgement: latencies.acknowledgement_latency?.figures ?? null,
      alert: latencies.alert_latency?.figures ?? null,
      schedulingError: latencies.scheduling_error?.figures ?? null,
      alertHistogram: judgement.alertLatency,
    },
    samples,
    chaos,
    ledger: judgement.ledger,
    payloadBytes: payloadSizes(plan),
    verdict: {
      ok: thresholds.every(({ ok }) => ok),
      findings: judgement.findings,
      notChecked: [...outcome.notChecked, ...judgement.notChecked],
      thresholds,
    },
  };
}

function realPhases({ phases, speed }: Scenario): RunResult['scenario']['phases'] {
  let at = 0;
  return phases.map(({ name, duration }) => {
    const from = at;
    at += duration / speed / 1000;
    return { name, from, until: at };
  });
}

/** About: joins, failures and the network take some away. */
export function reportsPlanned({ fleets, phases }: Scenario): number {
  const load = loadCurve(phases);
  const area = load.area(load.duration);
  return Math.round(fleets.reduce((sum, { devices, interval }) => sum + (devices * area) / interval, 0));
}

/** Without user name and password. */
export function targetText({ transport, host, port, path }: Target): string {
  const hasPath = transport !== 'mqtt' && transport !== 'mqtts' && path !== '/';
  return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}${hasPath ? path : ''}`;
}
