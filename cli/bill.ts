/** `millrace bill`: what a load would cost a month on AWS, from a run's result or from flags alone. */
import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { codeOf, MillraceError, messageOf } from '../common/errors.js';
import { DEFAULT_MAX_SECONDS } from '../simulators/bill/bill.js';
import { type BillOptions, billFromFlags, billOf } from '../simulators/bill/from-result.js';
import { timesFrom } from '../simulators/bill/metrics.js';
import { loadPrices } from '../simulators/bill/prices.js';
import type { Architecture, Choices, FunctionTimes } from '../simulators/bill/profile.js';
import { billPage } from '../simulators/bill/section.js';
import { billText } from '../simulators/bill/table.js';
import type { RunResult } from '../simulators/result.js';
import { billSettings } from './bill-settings.js';
import { ask, refusal } from './deployment-client.js';
import { defaultHttpUrl } from './options.js';
import { projectRoot } from './project-root.js';

interface Flags {
  readonly devices?: number;
  readonly rate?: number;
  readonly payload?: NonNullable<BillOptions['payload']>;
  readonly apiRate?: number;
  readonly maxLatency: number;
  readonly kinesis?: Choices['kinesis'];
  readonly arch?: 'arm64' | 'x86';
  readonly fanOut?: true;
  readonly basicIngest?: true;
  readonly freeTier?: true;
  readonly measured?: string | true;
  readonly time?: Readonly<Record<string, FunctionTimes>>;
  readonly vcpuFactor?: number;
  readonly prices?: string;
  readonly config?: string;
  readonly details?: true;
  readonly json?: true;
  readonly html?: string;
}

export function registerBill(program: Command): void {
  program
    .command('bill')
    .description('what a load would cost a month on AWS, and what other settings would make of it')
    .argument('[result]', 'result of a run (JSON); without it, the load that the flags describe')
    .option('--devices <n>', 'extrapolate to so many devices, linear in events', positive)
    .option('--rate <events/s>', 'events per second of the whole fleet before that, on average', positive)
    .option('--payload <bytes>', 'size of an event: mean, or mean,p95', payloadOf)
    .option('--api-rate <requests/s>', 'requests to the query API', notNegative)
    .option('--max-latency <s>', 'what the cheapest batch settings stay under', positive, DEFAULT_MAX_SECONDS)
    .addOption(new Option('--kinesis <mode>').choices(['provisioned', 'on-demand', 'advantage']))
    .addOption(
      new Option('--arch <architecture>', 'of Lambda; default: serverless.yml').choices(['arm64', 'x86']),
    )
    .option('--fan-out', 'enhanced fan-out for every function on a stream')
    .option('--basic-ingest', 'events published to $aws/rules/…')
    .option('--free-tier', 'take the free tier off')
    .option('--measured [url]', `durations out of a running deployment's /metrics (${defaultHttpUrl()})`)
    .option('--time <function=ms,ms>', 'ms of a function by invocation and by record; repeatable', timeOf)
    .option('--vcpu-factor <x>', 'ms on a whole Lambda vCPU by ms measured', positive)
    .option('--prices <file>', 'another price file')
    .option('--config <file>', 'serverless.yml that is priced')
    .option('--details', 'every line with its arithmetic')
    .option('--json', 'the whole bill as JSON')
    .option('--html <file>', 'write it as a page')
    .action(async (file: string | undefined, flags: Flags) => {
      const settings = await billSettings(
        resolve(flags.config ?? `${projectRoot()}/serverless.yml`),
        process.env,
      );
      const options = await optionsOf(flags);
      const bill =
        file === undefined
          ? billFromFlags(settings, options)
          : billOf(await resultIn(file), settings, options);
      if (flags.html !== undefined) await writeFile(flags.html, billPage(bill));
      process.stdout.write(flags.json ? `${JSON.stringify(bill, null, 2)}\n` : billText(bill, flags.details));
    });
}

async function optionsOf(flags: Flags): Promise<BillOptions> {
  const { devices, rate, payload, apiRate, maxLatency, vcpuFactor, prices, measured, time } = flags;
  const architecture: Architecture = flags.arch === 'arm64' ? 'arm64' : 'x86_64';
  const url = measured === true ? defaultHttpUrl() : measured;
  return {
    ...(devices === undefined ? {} : { devices }),
    ...(rate === undefined ? {} : { rate }),
    ...(payload === undefined ? {} : { payload }),
    ...(apiRate === undefined ? {} : { apiRequestsPerSecond: apiRate }),
    ...(vcpuFactor === undefined ? {} : { assumptions: { vcpuFactor } }),
    ...(prices === undefined ? {} : { prices: loadPrices(prices) }),
    times: { ...(url === undefined ? {} : await measuredAt(url)), ...time },
    maxSeconds: maxLatency,
    choices: {
      ...(flags.kinesis === undefined ? {} : { kinesis: flags.kinesis }),
      ...(flags.arch === undefined ? {} : { architecture }),
      enhancedFanOut: flags.fanOut === true,
      basicIngest: flags.basicIngest === true,
      freeTier: flags.freeTier === true,
    },
  };
}

/** @throws MillraceError as `ask` does, `METRICS_UNUSABLE` */
async function measuredAt(url: string): Promise<Record<string, FunctionTimes>> {
  const response = await ask(url, '/metrics');
  if (!response.ok) throw await refusal(url, response);
  return timesFrom(await response.text());
}

/** @throws MillraceError `RESULT_UNREADABLE` */
async function resultIn(file: string): Promise<RunResult> {
  let problem: unknown;
  try {
    const result: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (isResult(result)) return result;
  } catch (error) {
    problem = error;
  }
  throw new MillraceError(
    `${file} is no result of a run${problem === undefined ? '' : `: ${messageOf(problem)}`}`,
    {
      code: 'RESULT_UNREADABLE',
      hint:
        codeOf(problem) === 'ENOENT'
          ? 'Leave it out to price a load by flags.'
          : 'Give what a simulation has kept.',
      cause: problem,
    },
  );
}

function isResult(value: unknown): value is RunResult {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'format' in value && value.format === 1 && 'drive' in value && 'scenario' in value && 'samples' in value
  );
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Must be a number above 0.');
  return value;
}

function notNegative(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0) || !Number.isFinite(value)) {
    throw new InvalidArgumentError('Must be a number, 0 or above.');
  }
  return value;
}

function payloadOf(text: string): NonNullable<BillOptions['payload']> {
  const [mean, p95, ...more] = text.split(',').map(positive);
  if (mean === undefined || more.length > 0) throw new InvalidArgumentError('Must be one or two sizes.');
  return { mean, p95: Math.max(mean, p95 ?? mean) };
}

function timeOf(
  text: string,
  before: Readonly<Record<string, FunctionTimes>> = {},
): Record<string, FunctionTimes> {
  const [, name, invocation, record] = /^([\w-]+)=([\d.]+),([\d.]+)$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('Must look like validate=1.5,0.006.');
  return {
    ...before,
    [name]: { msPerInvocation: notNegative(invocation!), msPerRecord: notNegative(record!) },
  };
}
