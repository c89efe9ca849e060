/** The aggregate's figures as tables, and held against the aims. Pure. */
import { type Machine, table } from '../report.js';
import type { MemoryResult, TickResult } from './memory.js';
import type { PercentileResult } from './percentiles.js';
import type { RateResult } from './rates.js';

export interface AggregateResult {
  readonly startedAt: string;
  readonly seconds: number;
  readonly commit: string;
  readonly machine: Machine;
  /** Tumbling windows of one definition, by number of devices. */
  readonly rates: readonly RateResult[];
  /** Other definitions, 10 k series. */
  readonly variants: readonly RateResult[];
  readonly memory: readonly MemoryResult[];
  readonly tick: TickResult;
  readonly percentiles: readonly PercentileResult[];
  /** Null with `--quick`. */
  readonly rollup: Readonly<Record<string, number>> | null;
}

const AIM_PER_SECOND = 1_000_000;
const AIM_BYTES = 400;
const AIM_ERROR = 0.01;

const n = (value: number, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
const percent = (share: number) => `${n(share * 100, 2)} %`;

export function textOf(result: AggregateResult): string {
  const { machine, rates, variants, memory, tick, percentiles, rollup } = result;
  const rateRows = (rows: readonly RateResult[]) =>
    rows.map((row) => [
      row.name,
      n(row.devices * 3),
      n(row.perSecond),
      n(row.perCpuSecond),
      n(row.cpuPerMillion, 2),
      n(row.rowsPerEvent, 2),
    ]);
  const head = ['windows', 'series', 'events/s', 'per core (CPU s)', 'CPU s/M', 'rows per event'];
  const memoryRows = memory.map((row) => [
    n(row.series),
    n(row.bytesPerIdleSeries),
    n(row.bytesPerOpenSeries),
    n(row.residentPerOpenSeries),
  ]);
  const percentileRows = percentiles.map((row) => [
    row.distribution,
    n(row.values),
    percent(row.worst),
    percent(row.worstMerged),
  ]);
  const [smallest] = rates;
  const largest = memory.at(-1)!;
  const worst = Math.max(...percentiles.flatMap((row) => [row.worst, row.worstMerged]));
  const verdict = (ok: boolean) => (ok ? 'met' : 'missed');
  const aims = [
    ['aim', 'measured', ''],
    ...rates.map((row) => [
      `events/s per core >= ${n(AIM_PER_SECOND)} at ${n(row.devices * 3)} series`,
      n(row.perCpuSecond),
      verdict(row.perCpuSecond >= AIM_PER_SECOND),
    ]),
    [
      `bytes per idle series <= ${AIM_BYTES} at ${n(largest.series)}`,
      n(largest.bytesPerIdleSeries),
      verdict(largest.bytesPerIdleSeries <= AIM_BYTES),
    ],
    ['relative error of percentiles <= 1 %', percent(worst), verdict(worst <= AIM_ERROR)],
  ];
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${result.commit}`,
    '',
    `Events/s through the aggregate core, three metrics, ${n(smallest!.batch)} events per batch`,
    table([head, ...rateRows(rates), ...rateRows(variants)]),
    '',
    'Memory, bytes per device-metric series',
    table([['series', 'idle', 'with a window open', 'resident, window open'], ...memoryRows]),
    '',
    `A tick that closes ${n(tick.windows)} windows: ${n(tick.closeMs)} ms, rows ${n(tick.rowsMs)} ms`,
    '',
    'Largest relative error of percentiles (p1 to p99.9)',
    table([['values', 'count', 'one sketch', 'a hundred merged'], ...percentileRows]),
    '',
    ...(rollup === null
      ? []
      : [
          table([['rollups', ''], ...Object.entries(rollup).map(([name, value]) => [name, n(value, 2)])]),
          '',
        ]),
    table(aims),
  ].join('\n');
}
