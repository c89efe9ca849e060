/** The shape of a benchmark's result, the aims it is held against, and both as text. Pure. */
import type { Phase } from './measure.js';
import { RATES } from './plan.js';

export interface Floor {
  readonly eventsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly kernel: string;
  /** Where the data directory lay. */
  readonly dataFolder: string;
}

export interface Pair {
  readonly whole: Phase;
  readonly broker: Phase;
}

export interface BenchResult {
  readonly what: 'full' | 'quick' | 'soak';
  readonly startedAt: string;
  readonly seconds: number;
  readonly commit: string;
  readonly machine: Machine;
  readonly closed?: Pair;
  /** By events per second. */
  readonly open?: Readonly<Record<string, Pair>>;
  readonly overload?: Phase;
  readonly floors?: { readonly parseValidate: Floor; readonly logAppend: Floor };
  readonly soak?: Phase;
  readonly aims: readonly Aim[];
}

export interface Aim {
  readonly what: string;
  readonly aim: string;
  readonly reached: string;
  readonly ok: boolean;
}

const MIB = 1 << 20;
/** Memory under overload may be so much above the closed loop's, which has as much in flight. */
const OVERLOAD_MEMORY = 1.25;

const n = (value: number, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const atLeast = (what: string, reached: number, aim: number, digits = 0): Aim => ({
  what,
  aim: `>= ${n(aim, digits)}`,
  reached: n(reached, digits),
  ok: reached >= aim,
});
const atMost = (what: string, reached: number, aim: number, digits = 0): Aim => ({
  what,
  aim: `<= ${n(aim, digits)}`,
  reached: n(reached, digits),
  ok: reached <= aim,
});

export function cpuPerMillion(phase: Phase): number {
  return phase.driver.server?.cpuSecondsPerMillion ?? 0;
}

/** Growth of resident memory from the first tenth of the measured interval to the last, 0.1 for 10 %. */
export function rssGrowth(phase: Phase): number {
  const samples = phase.driver.server?.rss ?? [];
  const tenth = Math.max(1, Math.floor(samples.length / 10));
  const mean = (part: typeof samples) => part.reduce((sum, one) => sum + one.bytes, 0) / part.length;
  const first = mean(samples.slice(0, tenth));
  return mean(samples.slice(-tenth)) / first - 1;
}

/** What must hold in every phase: nothing lost, nothing missing. */
function correctness(name: string, phase: Phase): Aim[] {
  const { driver, books } = phase;
  const found: Aim[] = [];
  if (books !== null) {
    found.push(atMost(`${name}: acknowledged events lost`, Math.max(0, books.acknowledgedLost), 0));
    found.push(atMost(`${name}: malformed events not in quarantine`, Math.abs(books.quarantineMissing), 0));
    if (!books.balanced || !books.caughtUp) {
      found.push({ what: `${name}: books balance, all work done`, aim: 'yes', reached: 'no', ok: false });
    }
  }
  if (driver.alerts !== null) {
    const { missing, unexpected, duplicate } = driver.alerts;
    found.push(atMost(`${name}: alerts missing`, missing, 0));
    if (unexpected > 0) found.push(atMost(`${name}: alerts unexpected`, unexpected, 0));
    if (duplicate > 0) found.push(atMost(`${name}: alerts twice`, duplicate, 0));
  }
  if (driver.unacknowledged > 0) {
    found.push(atMost(`${name}: events never acknowledged`, driver.unacknowledged, 0));
  }
  return found;
}

export function aimsOf(result: Omit<BenchResult, 'aims'>): Aim[] {
  const aims: Aim[] = [];
  const { closed, open, overload, soak } = result;
  if (closed !== undefined) {
    const { whole, broker } = closed;
    const rate = whole.driver.measured.eventsPerSecond;
    const share = (rate * 100) / broker.driver.measured.eventsPerSecond;
    aims.push(atLeast('closed loop: events/s', rate, 75_000));
    aims.push(atLeast('closed loop: % of the broker alone', share, 50));
    aims.push(atMost('closed loop: CPU seconds per million', cpuPerMillion(whole), 16, 1));
    aims.push(...correctness('closed loop', whole));
  }
  for (const rate of RATES) {
    const pair = open?.[rate];
    if (pair === undefined) continue;
    const { whole, broker } = pair;
    const name = `${n(rate)}/s`;
    aims.push(
      atMost(`${name}: CPU, times the broker alone`, cpuPerMillion(whole) / cpuPerMillion(broker), 2.2, 2),
    );
    const alert = whole.driver.alerts?.latencyMs.p99 ?? Number.NaN;
    if (rate < 20_000) aims.push(atMost(`${name}: alert latency p99, ms`, alert, 8, 1));
    else {
      const most = 5 * broker.driver.ackLatencyMs.p99;
      aims.push(atMost(`${name}: alert latency p99, ms (5 x the broker's PUBACK p99)`, alert, most, 1));
    }
    aims.push(...correctness(name, whole));
  }
  if (overload !== undefined) {
    const max = overload.driver.alerts?.latencyFromSendMs.max ?? Number.NaN;
    aims.push(...correctness('overload', overload));
    aims.push(atMost('overload: longest alert latency from the send, ms', max, 1_000));
    const peak = (overload.driver.server?.peakRssBytes ?? 0) / MIB;
    const allowed = ((closed?.whole.driver.server?.peakRssBytes ?? 0) / MIB) * OVERLOAD_MEMORY;
    aims.push(atMost("overload: peak MiB (1.25 x the closed loop's)", peak, allowed));
  }
  if (soak !== undefined) {
    aims.push(atMost('soak: growth of memory, %', rssGrowth(soak) * 100, 10, 1));
    aims.push(...correctness('soak', soak));
  }
  return aims;
}

/** Rows of cells as columns; the first row is the header, the first column is left-aligned. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  const [header, ...body] = rows;
  return [line(header!), widths.map((width) => '-'.repeat(width)).join('  '), ...body.map(line)].join('\n');
}

function phaseRow(name: string, phase: Phase): string[] {
  const { driver } = phase;
  const alerts = driver.alerts?.latencyMs;
  return [
    name,
    n(driver.measured.eventsPerSecond),
    n(cpuPerMillion(phase), 1),
    n(phase.cpuSecondsPerMillionOverall, 1),
    n(driver.driverCpuSecondsPerMillion, 1),
    `${n(driver.sendLagMs.p50, 1)} / ${n(driver.sendLagMs.p99, 1)}`,
    `${n(driver.ackLatencyMs.p50, 1)} / ${n(driver.ackLatencyMs.p99, 1)}`,
    alerts === undefined ? '-' : `${n(alerts.p50, 1)} / ${n(alerts.p99, 1)} / ${n(alerts.max, 1)}`,
    n((driver.server?.peakRssBytes ?? 0) / MIB),
    phase.books === null ? '-' : n(phase.books.catchUpSeconds, 1),
    driver.config.mode === 'open' ? n(driver.unsent) : '-',
  ];
}

export function textOf(result: BenchResult): string {
  const { machine, closed, open, overload, floors, soak } = result;
  const phases: string[][] = [
    [
      'phase',
      'events/s',
      'CPU s/M',
      'overall',
      'driver',
      'send lag p50/p99',
      'PUBACK p50/p99',
      'alert p50/p99/max',
      'peak MiB',
      'catch-up s',
      'unsent',
    ],
  ];
  const pair = (name: string, { whole, broker }: Pair) => {
    phases.push(phaseRow(`${name}, whole job`, whole), phaseRow(`${name}, broker alone`, broker));
  };
  if (closed !== undefined) pair('closed loop', closed);
  for (const rate of RATES) if (open?.[rate] !== undefined) pair(`${n(rate)}/s`, open[rate]);
  if (overload !== undefined) phases.push(phaseRow('overload, whole job', overload));
  if (soak !== undefined) phases.push(phaseRow('soak, whole job', soak));
  const parts = [
    `${result.what} run of ${n(result.seconds)} s at ${result.commit} on ${machine.cores} x ${machine.cpu}, ` +
      `node ${machine.node}, data in ${machine.dataFolder}; latencies in ms from the time an event was due`,
    table(phases),
  ];
  if (floors !== undefined) {
    const row = (name: string, floor: Floor) => [
      name,
      n(floor.eventsPerSecond),
      n(floor.cpuSecondsPerMillion, 2),
    ];
    parts.push(
      table([
        ['floor', 'events/s', 'CPU s/M'],
        row('JSON.parse + compiled validator', floors.parseValidate),
        row('log append', floors.logAppend),
      ]),
    );
  }
  parts.push(
    table([
      ['aim', 'aimed at', 'reached', ''],
      ...result.aims.map(({ what, aim, reached, ok }) => [what, aim, reached, ok ? 'ok' : 'SHORT']),
    ]),
  );
  return `${parts.join('\n\n')}\n`;
}
