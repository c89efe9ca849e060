/** Puts a simulation together: the scenario, the backend it goes to, who judges it, and where its result is kept. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../common/errors.js';
import { Api } from '../simulators/api.js';
import { billSection } from '../simulators/bill/section.js';
import type { LocalBackend } from '../simulators/chaos/backend.js';
import { createChaos } from '../simulators/chaos/chaos.js';
import { createDriver } from '../simulators/drivers/create.js';
import type { DriveOptions, Target } from '../simulators/drivers/driver.js';
import { driveInProcesses } from '../simulators/drivers/processes.js';
import { lenientJudge } from '../simulators/oracle/judge.js';
import { judgeBackend } from '../simulators/oracle/judging.js';
import { deviceRules, marginOf } from '../simulators/oracle/settings.js';
import type { Plan } from '../simulators/plan/action.js';
import { assertComparable } from '../simulators/report/comparison.js';
import { reportPage } from '../simulators/report/html.js';
import { jsonOutput } from '../simulators/report/json-lines.js';
import type { RunOutput } from '../simulators/report/output.js';
import { readResult, writeFile, writeResult } from '../simulators/report/store.js';
import { terminalOutput } from '../simulators/report/terminal.js';
import type { RunResult } from '../simulators/result.js';
import { type Judging, nobodyJudges } from '../simulators/run/judging.js';
import { type Overrides, withOverrides } from '../simulators/run/overrides.js';
import { childrenOf } from '../simulators/run/processes.js';
import { transportJudging } from '../simulators/run/transport-judging.js';
import { type RunParts, runScenario } from '../simulators/run.js';
import { loadScenario } from '../simulators/scenario/load.js';
import { scenarioFile } from '../simulators/scenario/ready.js';
import type { Scenario } from '../simulators/scenario/scenario.js';
import { type BackendProject, backendProject } from './backend-settings.js';
import { projectRoot } from './project-root.js';
import { billOfRun, withFunctionTimes } from './run-bill.js';
import { version } from './version.js';

/** What runs unless another scenario is named. */
export const DEMO = 'demo';

export interface SimulationOptions {
  /** A file, or the name of a ready one. */
  readonly scenario: string;
  readonly overrides: Overrides;
  readonly target: Target;
  /** Where the query API may be. */
  readonly http: string;
  readonly verdict: 'by what answers' | 'transport' | 'none';
  /** serverless.yml of the backend; null: this installation's. */
  readonly config: string | null;
  /** Where alerts are told when events go over HTTP; null: nobody listens. */
  readonly alertTarget: Target | null;
  /** Started for this run. */
  readonly backend: LocalBackend | null;
  /** The backend runs in this very process. */
  readonly sameProcess: boolean;
  readonly loop: DriveOptions['loop'];
  readonly connections: number | null;
  readonly connectRate: number;
  readonly processes: number;
  readonly settleMs: number;
  readonly command: string;
  /** Result file; null: `.millrace/runs/` below the working directory. False: not kept. */
  readonly out: string | null | false;
  readonly html: string | null;
  readonly compare: string | null;
  readonly signal: AbortSignal;
}

/** Bars for a person, JSON lines for a program. */
export function simulationOutput(json = false): RunOutput {
  return json || !process.stdout.isTTY ? jsonOutput(process.stdout) : terminalOutput(process.stdout);
}

export async function runSimulation(options: SimulationOptions, output: RunOutput): Promise<RunResult> {
  const file = scenarioFile(options.scenario, projectRoot());
  const scenario = withOverrides(loadScenario(file), options.overrides);
  const digest = createHash('sha256').update(readFileSync(file)).digest('hex');
  // Before the run, which would be for nothing.
  const earlier = options.compare === null ? null : readResult(options.compare);
  if (earlier !== null) assertComparable(earlier, { name: scenario.name, digest });

  const { target, backend, connections, processes, signal } = options;
  const api = await answering(options);
  const project = options.verdict === 'none' || api === null ? null : await backendProject(configOf(options));
  const clientIdPrefix = `millrace-simulate-${process.pid}-${Date.now().toString(36)}`;
  const drive: RunParts['createDriver'] = (driveOptions, observer) =>
    processes === 1
      ? createDriver(driveOptions, observer)
      : driveInProcesses({ ...driveOptions, processes, scenario }, observer);
  const result = await runScenario(
    scenario,
    {
      target,
      http: api === null ? null : options.http,
      backendIsLocal: backend !== null || options.sameProcess,
      loop: options.loop,
      connections,
      clientIdPrefix,
      connectRate: options.connectRate,
      settleMs: options.settleMs,
      signal,
      judge: project?.judge ?? lenientJudge,
      digest,
      command: options.command,
      version: version(),
      pids: () => pidsOf(options),
    },
    output,
    {
      createDriver: drive,
      createJudging: (plan) => judgingOf(options, scenario, api, project, plan, `${clientIdPrefix}-oracle`),
      chaos: backend === null || scenario.chaos.length === 0 ? null : createChaos(scenario.chaos, backend),
    },
  );
  const measured = project === null ? result : await withFunctionTimes(result, options.http);
  const bill = project === null ? null : await billOfRun(measured, configOf(options));
  output.finished(measured, kept(measured, options, earlier, bill === null ? null : billSection(bill)));
  return measured;
}

const configOf = ({ config }: SimulationOptions) => config ?? join(projectRoot(), 'serverless.yml');

/** Its query API, when it has one. */
async function answering({ http, verdict }: SimulationOptions): Promise<Api | null> {
  if (verdict !== 'by what answers') return null;
  const api = new Api(http);
  try {
    await api.accounting();
    return api;
  } catch (error) {
    // No query API, or another server's: then transport is all that can be looked at, and the output says so.
    if (error instanceof MillraceError) return null;
    throw error;
  }
}

async function judgingOf(
  options: SimulationOptions,
  scenario: Scenario,
  api: Api | null,
  project: BackendProject | null,
  plan: Plan,
  clientId: string,
): Promise<Judging> {
  const { target, connections, verdict } = options;
  const isHttp = target.transport.startsWith('http');
  if (verdict === 'none') return nobodyJudges('anything: --no-oracle');
  if (api !== null && project !== null) {
    const { seed } = scenario;
    const chaos = options.backend === null ? [] : scenario.chaos;
    const alertTarget = isHttp ? options.alertTarget : target;
    const judging = await judgeBackend(plan, {
      oracle: {
        ...deviceRules(project.settings, marginOf(project.settings, chaos)),
        alwaysPromises: isHttp,
        seed,
      },
      api,
      alerts: alertTarget === null ? null : { target: alertTarget, clientId },
      sharedConnections: connections !== null,
      repeats: chaos.length > 0,
    });
    if (scenario.chaos.length === chaos.length) return judging;
    const leftOut =
      'what the scenario does to the backend: it was not started for this run (--start-backend)';
    return { ...judging, notChecked: [...judging.notChecked, leftOut] };
  }
  const reason =
    verdict === 'transport'
      ? 'anything but transport: --transport-only'
      : `anything but transport: no query API of Millrace answers at ${options.http}`;
  if (isHttp) return nobodyJudges(`${reason}; and over HTTP nobody hands on what was sent`);
  const topics = scenario.fleets.map(({ topic }) => topic);
  return transportJudging(plan, { target, clientId, topics, connections, reason });
}

function pidsOf({ backend, sameProcess }: SimulationOptions): Record<string, number[]> {
  if (sameProcess) return { 'backend and simulator': [process.pid] };
  const pid = backend?.pid ?? null;
  return {
    ...(pid === null ? {} : { backend: [pid] }),
    simulator: [process.pid, ...childrenOf(process.pid, pid)],
  };
}

/** Writes what is to be kept. @returns the files */
function kept(
  result: RunResult,
  options: SimulationOptions,
  earlier: RunResult | null,
  bill: string | null,
): string[] {
  const files: string[] = [];
  if (options.out !== false) {
    const file = options.out ?? join('.millrace', 'runs', `${result.id}.json`);
    writeResult(file, result);
    files.push(file);
  }
  // Who compares wants to see it: on a page beside the result, unless told where.
  const html =
    options.html ?? (earlier !== null && files.length > 0 ? files[0]!.replace(/(\.json)?$/, '.html') : null);
  if (html !== null) {
    writeFile(html, reportPage(result, earlier, bill));
    files.push(html);
  }
  return files;
}
