/**
 * What Lambda does with the load: invocations that follow from batch settings, shards and rate, and how long they take.
 *
 * Durations are an estimate. A measured millisecond of one whole core becomes `vcpuFactor` / (vCPU share of the memory
 * size) of them on Lambda, which gives one vCPU at 1,769 MB and less below; more memory does not make one thread
 * faster. Waiting for DynamoDB is added: it does not depend on memory.
 */
import { type Batches, batchesOf, PAYLOAD_LIMIT } from './batches.js';
import { amount, seconds as span } from './figures.js';
import type { Line, Meter } from './meter.js';
import {
  type Assumptions,
  type BatchSettings,
  type Choices,
  type FunctionSettings,
  type LoadProfile,
  secondsOf,
} from './profile.js';
import { type Rows, rollupRows, rowsOf } from './rows.js';
import type { StreamTraffic } from './streams.js';

export interface FunctionBill {
  readonly name: string;
  readonly trigger: 'stream' | 'schedule' | 'http';
  readonly memoryMB: number;
  readonly invocations: number;
  /** Records by invocation; 1 for what is no stream. */
  readonly records: number;
  readonly seconds: number;
  readonly gbSeconds: number;
  /** Environments that start in a month, and the GB-seconds of that. */
  readonly inits: number;
  readonly initGbSeconds: number;
  /** Executions at a time on average, and the most that the wiring allows. */
  readonly concurrency: number;
  readonly mostConcurrency: number;
  /** DynamoDB units a month. */
  readonly writeUnits: number;
  readonly readUnits: number;
  /** Of a stream function: the stream, its batches at the mean rate, and its settings. */
  readonly batches: (Batches & BatchSettings & { readonly stream: string; readonly lanes: number }) | null;
  /** How `invocations` comes about. */
  readonly arithmetic: string;
}

export interface LambdaContext {
  readonly profile: LoadProfile;
  readonly assumptions: Assumptions;
  readonly choices: Choices;
  readonly traffic: readonly StreamTraffic[];
}

/** Billed by the millisecond, rounded up: half of one on average. */
const ROUNDING_SECONDS = 0.0005;

export function functionBills(context: LambdaContext): FunctionBill[] {
  return context.profile.settings.functions.flatMap((fn) => [
    ...fn.streams.flatMap((trigger) => {
      const traffic = context.traffic.find(({ settings }) => settings.name === trigger.stream);
      return traffic === undefined ? [] : [streamFunction(fn, trigger, traffic, context)];
    }),
    ...(fn.runsPerMonth > 0 ? [scheduledFunction(fn, context)] : []),
    ...(fn.http ? [httpFunction(fn, context)] : []),
  ]);
}

/** ms on Lambda by ms on the measuring machine's core. */
export function slowdown(memoryMB: number, { vcpuFactor, vcpuMemoryMB }: Assumptions): number {
  return vcpuFactor / Math.min(1, memoryMB / vcpuMemoryMB);
}

/** Seconds of waiting for so many rows: at least one call, and so many rows a call and calls at a time. */
export function storeSeconds(rows: number, { storeMs, rowsPerCall, callsAtOnce }: Assumptions): number {
  return rows === 0 ? 0 : (storeMs * (1 + rows / (rowsPerCall * callsAtOnce))) / 1000;
}

/** One function on one stream, with these batch settings. */
export function streamFunction(
  fn: FunctionSettings,
  trigger: FunctionSettings['streams'][number],
  traffic: StreamTraffic,
  { profile, assumptions, choices }: LambdaContext,
): FunctionBill {
  const lanes = traffic.shards * trigger.parallelizationFactor;
  const rows = (records: number): Rows =>
    rowsOf(fn.name, records, { profile, assumptions, devices: profile.devices / lanes });
  const times = profile.times[fn.name] ?? assumptions.times;
  const slow = slowdown(fn.memoryMB, assumptions);
  const duration = (records: number): number => {
    const cpuMs = times.msPerInvocation + (times.msPerRecord + assumptions.envelopeMs) * records;
    return (cpuMs * slow) / 1000 + storeSeconds(rows(records).rows, assumptions) + ROUNDING_SECONDS;
  };
  const wait = choices.enhancedFanOut ? assumptions.pushSeconds : assumptions.pollSeconds;
  const batches = batchesOf({
    rate: traffic.mean / lanes + traffic.ticks / trigger.parallelizationFactor,
    batchSize: trigger.batchSize,
    fitting: Math.floor(PAYLOAD_LIMIT / ((traffic.bytes.mean * 4) / 3 + assumptions.envelopeBytes)),
    window: Math.max(trigger.batchWindowSeconds, wait),
    duration,
  });
  const seconds = secondsOf(profile);
  const invocations = lanes * batches.perSecond * seconds;
  const stored = rows(batches.records);
  return {
    ...common(fn, invocations, batches.seconds, context(profile, assumptions)),
    trigger: 'stream',
    records: batches.records,
    mostConcurrency: lanes,
    writeUnits: batches.records === 0 ? 0 : invocations * stored.writeUnits,
    readUnits: batches.records === 0 ? 0 : invocations * stored.readUnits,
    batches: { ...trigger, ...batches, lanes },
    arithmetic: `${lanes} lanes x ${amount(batches.perSecond)}/s (${amount(batches.records)} records, closed by ${batches.closes}) x ${amount(seconds)} s`,
  };
}

function scheduledFunction(fn: FunctionSettings, { profile, assumptions }: LambdaContext): FunctionBill {
  const interval = secondsOf(profile) / fn.runsPerMonth;
  const rows =
    fn.name === 'rollup'
      ? rollupRows(profile, assumptions, interval)
      : { rows: 1, writeUnits: 1, readUnits: 1 };
  const times = profile.times[fn.name] ?? assumptions.times;
  // A measured run has no records to share its time among, but it takes longer the more devices there are.
  const cpuMs = times.msPerInvocation + (times.msPerRecord || assumptions.times.msPerRecord) * rows.rows;
  const seconds =
    (cpuMs * slowdown(fn.memoryMB, assumptions)) / 1000 +
    storeSeconds(rows.rows, assumptions) +
    ROUNDING_SECONDS;
  return {
    ...common(fn, fn.runsPerMonth, seconds, context(profile, assumptions)),
    trigger: 'schedule',
    records: 1,
    mostConcurrency: 1,
    writeUnits: fn.runsPerMonth * rows.writeUnits,
    readUnits: fn.runsPerMonth * rows.readUnits,
    batches: null,
    arithmetic: `${amount(fn.runsPerMonth)} runs`,
  };
}

function httpFunction(fn: FunctionSettings, { profile, assumptions }: LambdaContext): FunctionBill {
  const invocations = profile.apiRequestsPerSecond * secondsOf(profile);
  const ms = profile.times[fn.name]?.msPerInvocation ?? assumptions.apiMs;
  const seconds =
    (ms * slowdown(fn.memoryMB, assumptions)) / 1000 + storeSeconds(1, assumptions) + ROUNDING_SECONDS;
  return {
    ...common(fn, invocations, seconds, context(profile, assumptions)),
    trigger: 'http',
    records: 1,
    mostConcurrency: Math.ceil(profile.apiRequestsPerSecond * seconds),
    writeUnits: 0,
    readUnits: invocations * assumptions.apiReadUnits,
    batches: null,
    arithmetic: `${amount(profile.apiRequestsPerSecond)} requests/s x ${amount(secondsOf(profile))} s`,
  };
}

const context = (profile: LoadProfile, assumptions: Assumptions) => ({ profile, assumptions });

function common(
  { name, memoryMB }: FunctionSettings,
  invocations: number,
  seconds: number,
  { profile, assumptions }: Pick<LambdaContext, 'profile' | 'assumptions'>,
) {
  const gb = memoryMB / 1024;
  const concurrency = (invocations * seconds) / secondsOf(profile);
  const inits =
    invocations === 0 ? 0 : Math.ceil(concurrency) * (profile.hoursPerMonth / assumptions.environmentHours);
  return {
    name,
    memoryMB,
    invocations,
    seconds,
    gbSeconds: invocations * seconds * gb,
    inits: Math.min(inits, invocations),
    initGbSeconds: Math.min(inits, invocations) * (assumptions.initMs / 1000) * gb,
    concurrency,
  };
}

export function lambdaLines(functions: readonly FunctionBill[], choices: Choices, meter: Meter): Line[] {
  const compute = choices.architecture === 'arm64' ? 'lambda.arm' : 'lambda.x86';
  const total = (of: (fn: FunctionBill) => number) => functions.reduce((all, fn) => all + of(fn), 0);
  const list = (of: (fn: FunctionBill) => string) => functions.map(of).join(' + ');
  const inits = total((fn) => fn.inits);
  return [
    meter.line(
      'lambda.request',
      total((fn) => fn.invocations),
      'invocations',
      list(({ name, invocations }) => `${name} ${amount(invocations)}`),
    ),
    meter.line(
      compute,
      total((fn) => fn.gbSeconds),
      `compute, ${choices.architecture}`,
      list(
        ({ name, invocations, seconds, memoryMB }) =>
          `${name} ${amount(invocations)} x ${span(seconds)} x ${memoryMB} MB`,
      ),
    ),
    meter.line(
      compute,
      total((fn) => fn.initGbSeconds),
      'INIT of environments',
      `${amount(inits)} starts by memory size`,
    ),
  ];
}
