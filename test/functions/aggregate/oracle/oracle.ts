/** What aggregate and rollup must come to, by SQL over the accepted events. */
import type { AggregateSettings } from '../../../../common/aggregations.js';
import { accept } from './acceptance.js';
import type { Duck } from './duck.js';
import * as figures from './figures.sql.js';
import * as rollups from './rollups.sql.js';
import { takeSessions } from './sessions.js';
import type { Streams } from './streams.js';
import * as windows from './windows.sql.js';

/** Figures of a metric, by their names; durations by value. */
export type Figures = Record<string, unknown>;

export interface Row extends Record<string, unknown> {
  readonly definition: string;
  readonly key: string;
  readonly start: number;
  readonly metrics: Record<string, Figures>;
}

export interface Outcome {
  readonly windows: Row[];
  readonly rollups: Row[];
  readonly late: Record<string, unknown>[];
  readonly tallies: Record<string, unknown>[];
  /** Of devices that number their events. */
  readonly gaps: Record<string, unknown>[];
}

/** An event is in several windows, and a group's windows are in several partitions: this tells them apart. */
const WINDOW = 'definition, key, part, start';
const BUCKET = 'definition, key, period, start';
const FILLED = ['record', 'reading', 'taken', 'session'];
const MADE = [...windows.STEPS, ...rollups.STEPS];

export async function prepare(duck: Duck, settings: AggregateSettings): Promise<void> {
  await duck.run(windows.TABLES);
  await duck.run(rollups.CALENDAR);
  await duck.fill(
    'definition',
    settings.definitions.map(({ name, window, by, deviceTypes, allowedLatenessMs, rollups }, slot) => ({
      name,
      slot,
      groups: by === 'device' ? by : by.join(','),
      shape: window.type,
      ...('sizeMs' in window && {
        size: window.sizeMs,
        every: 'everyMs' in window ? window.everyMs : window.sizeMs,
      }),
      ...('gapMs' in window && { gap: window.gapMs }),
      ...('count' in window && { n: window.count }),
      lateness: allowedLatenessMs,
      types: deviceTypes?.[0] ?? null,
      rollups,
    })),
  );
}

export async function expected(duck: Duck, streams: Streams, settings: AggregateSettings): Promise<Outcome> {
  const { records, readings } = accept(streams);
  const { taken, sessions } = takeSessions(records, settings);
  const { maxAheadMs, maxBehindMs, timeZone, weekStartsOn } = settings;
  for (const table of ['setting', ...FILLED]) await duck.run(`delete from ${table}`);
  await duck.fill('setting', [
    { max_ahead: maxAheadMs, max_behind: maxBehindMs, zone: timeZone, sunday: weekStartsOn === 'sunday' },
  ]);
  await duck.fill('record', records);
  await duck.fill('reading', readings);
  await duck.fill('taken', taken);
  await duck.fill('session', sessions);
  for (const [name, query] of MADE) await duck.run(`create or replace temp table ${name} as ${query}`);
  await duck.run('create or replace temp table contents as select part as source, * from content');
  return {
    windows: await rowsOf(duck, windows.WINDOWS, 'contents', WINDOW),
    rollups: await rowsOf(duck, rollups.ROLLUPS, 'bucketed', BUCKET),
    late: await duck.rows(windows.LATE),
    tallies: await duck.rows(windows.TALLY),
    gaps: await duck.rows(windows.GAPS),
  };
}

async function rowsOf(duck: Duck, query: string, content: string, columns: string): Promise<Row[]> {
  const rows = new Map<string, Row>();
  for (const row of await duck.rows<Omit<Row, 'metrics'>>(query)) {
    rows.set(idOf(row), { ...row, metrics: {} } as Row);
  }
  const numbers = await duck.rows<Figures>(figures.numbers(content, columns));
  const texts = await duck.rows<Figures>(figures.texts(content, columns));
  for (const figure of [...numbers, ...texts]) {
    const {
      definition: _,
      key: __,
      part: ___,
      period: ____,
      start: _____,
      metric,
      duration,
      ...rest
    } = figure;
    const lasting = duration as { value: string; ms: number }[] | null | undefined;
    rows.get(idOf(figure))!.metrics[metric as string] =
      duration === undefined
        ? rest
        : { ...rest, duration: Object.fromEntries((lasting ?? []).map(({ value, ms }) => [value, ms])) };
  }
  return [...rows.values()];
}

/** Of a window or a bucket. */
export function idOf({ definition, key, part, period, start }: Record<string, unknown>): string {
  return [definition, key, period ?? part, Number(start)].join(' | ');
}
