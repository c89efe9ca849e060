/** The publisher's figures as tables, and held against the aims. Pure. */
import { type Machine, table } from '../report.js';
import type { Rate } from './generators.js';
import type { LoadResult } from './load.js';

export interface Row extends Rate {
  readonly generator: string;
  readonly server: string;
  readonly qos: 0 | 1;
  /** Counted by the server; null: it does not tell. */
  readonly received: number | null;
}

export interface PublisherResult {
  readonly startedAt: string;
  readonly seconds: number;
  readonly commit: string;
  readonly machine: Machine;
  readonly rows: readonly Row[];
  /** Open loop at a fixed rate. */
  readonly schedule: LoadResult;
  readonly idle: LoadResult;
}

const AIM_PER_CORE = 100_000;
const AIM_IDLE_BYTES = 12 * 1024;

const n = (value: number, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

export function textOf(result: PublisherResult): string {
  const { machine, rows, schedule, idle } = result;
  const error = schedule.schedulingErrorMs!;
  const rates = [
    ['generator', 'server', 'QoS', 'messages/s', 'per core (CPU s)', 'sent', 'received'],
    ...rows.map((row) => [
      row.generator,
      row.server,
      String(row.qos),
      n(row.perSecond),
      n(row.perCpuSecond),
      n(row.sent),
      row.received === null ? '' : n(row.received),
    ]),
  ];
  const others = [
    ['', 'measured'],
    ['connections/s', n(idle.connectsPerSecond)],
    ['resident memory per idle connection', `${n(idle.idleBytes!.rss / 1024, 1)} KiB`],
    ['of which JavaScript heap', `${n(idle.idleBytes!.heap / 1024, 1)} KiB`],
    [
      `scheduling error at ${n(schedule.task.rate)}/s, p50 / p99 / max`,
      `${n(error.p50, 2)} / ${n(error.p99, 2)} / ${n(error.max, 1)} ms`,
    ],
    [`sent at ${n(schedule.task.rate)}/s`, `${n(schedule.perSecond)}/s, ${n(schedule.unsent)} unsent`],
  ];
  const own = rows.find(
    ({ generator, server, qos }) => generator === 'Millrace' && server === 'sink' && qos === 0,
  )!;
  const aims = [
    ['aim', 'measured', ''],
    [
      `QoS 0 messages/s per core >= ${n(AIM_PER_CORE)}`,
      n(own.perCpuSecond),
      own.perCpuSecond >= AIM_PER_CORE ? 'met' : 'missed',
    ],
    [
      'memory per idle connection <= 12 KiB',
      `${n(idle.idleBytes!.rss / 1024, 1)} KiB`,
      idle.idleBytes!.rss <= AIM_IDLE_BYTES ? 'met' : 'missed',
    ],
  ];
  const head = `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${result.commit}`;
  return [head, '', table(rates), '', table(others), '', table(aims)].join('\n');
}
