/** Holds what the stores have against the oracle: exactly, sketches within their bound, deviations to rounding. */
import type { AggregateSettings } from '../../../../common/aggregations.js';
import { figuresOf, stateFiguresOf } from '../../../../functions/aggregate/figures/read.js';
import type { Measured } from '../../../../stores/aggregation.js';
import { PERCENTILES } from './definitions.js';
import type { Engine } from './engine.js';
import { type Figures, idOf, type Outcome, type Row } from './oracle.js';

/** Of DDSketch, and of the standard deviation. */
const BOUND = 0.01;
const ROUNDING = 1e-9;

type Wanted = (definition: string, metric: string) => readonly string[] | undefined;

export async function expectAgreement(
  engine: Engine,
  oracle: Outcome,
  settings: AggregateSettings,
): Promise<void> {
  const wantedOf: Wanted = (name, metric) => {
    const { metrics } = settings.definitions.find((one) => one.name === name)!;
    return metrics[metric] ?? metrics['*'];
  };
  const windows = (await engine.windows()).map(({ partition: part, offset: _, ...row }) => ({
    part,
    ...row,
  }));
  expectRows(windows, oracle.windows, wantedOf);
  expectRows(await engine.rollups(), oracle.rollups, wantedOf);

  const late = (await engine.stores.aggregation.late({}, { limit: 100_000, cursor: null })).items
    .map(({ partition: part, offset, windowStart, definitions }) => ({
      part,
      off: Number(offset),
      windowStart,
      definitions,
    }))
    .sort((a, b) => a.part - b.part || a.off - b.off);
  expect(late).toEqual(oracle.late);
  const tallies = (await engine.stores.aggregation.tallies()).map(({ partition: part, ...tally }) => ({
    part,
    ...tally,
    nextOffset: Number(tally.nextOffset),
  }));
  expect(tallies.sort((a, b) => a.part - b.part)).toEqual(oracle.tallies);

  const reports = new Map((await engine.reports()).map(({ device, sequences }) => [device, sequences]));
  for (const { device, ...gaps } of oracle.gaps) expect(reports.get(device as string)).toMatchObject(gaps);
}

export function expectRows(
  found: readonly (Measured & { readonly definition: string })[],
  oracle: readonly Row[],
  wantedOf: Wanted,
): void {
  const near: string[] = [];
  const byId = new Map(found.map((row) => [idOf(row as never), row]));
  const exact = oracle.map((row) => {
    const other = byId.get(idOf(row));
    const metrics: Record<string, Figures> = {};
    for (const [metric, figures] of Object.entries(row.metrics)) {
      const wanted = wantedOf(row.definition, metric);
      // Strings are kept where something is asked of them alone.
      if (wanted === undefined || !isKept(figures, wanted)) continue;
      const numbers = other?.metrics[metric];
      if (numbers !== undefined) {
        const place = `${idOf(row)} ${metric}`;
        const percentiles = figuresOf(
          numbers,
          Object.keys(PERCENTILES).filter((name) => wanted.includes(name)),
        );
        const deviation = figuresOf(
          numbers,
          ['stddev'].filter((name) => wanted.includes(name)),
        );
        near.push(...differences(place, percentiles, figures, BOUND));
        near.push(...differences(place, deviation, figures, ROUNDING));
      }
      metrics[metric] = exactly(figures, wanted);
    }
    return { ...row, metrics };
  });
  const shown = found.map(({ metrics, states, ...row }) => {
    const all: Record<string, Figures> = {};
    for (const [metric, figures] of Object.entries(metrics)) {
      const wanted = wantedOf(row.definition, metric)!;
      const { firstTime, lastTime } = figures;
      const times = { firstTime, lastTime, resets: figures.ordered?.resets };
      all[metric] = exactly({ ...times, ...figuresOf(figures, NUMBERS) }, wanted);
    }
    for (const [metric, figures] of Object.entries(states ?? {})) {
      const wanted = wantedOf(row.definition, metric)!;
      all[metric] = exactly(stateFiguresOf(figures, TEXTS), wanted);
    }
    return { ...row, metrics: all };
  });
  expect(inOrder(shown)).toEqual(inOrder(exact));
  expect(near).toEqual([]);
}

const BASIC = ['count', 'sum', 'min', 'max', 'first', 'last', 'mean', 'firstTime', 'lastTime'];
const NUMBERS = [...BASIC.slice(0, 7), 'distinct', 'delta', 'rate', 'timeWeightedMean'];
const TEXTS = ['count', 'first', 'last', 'distinct', 'duration'];

/** What can be compared exactly, of what is asked for or always there. */
function exactly(figures: Figures, wanted: readonly string[]): Figures {
  const isOrdered = wanted.includes('delta');
  return Object.fromEntries(
    Object.entries(figures).filter(
      ([name]) =>
        BASIC.includes(name) ||
        (name === 'resets' && isOrdered) ||
        (NUMBERS.includes(name) && wanted.includes(name)) ||
        (name === 'duration' && wanted.includes(name)),
    ),
  );
}

function isKept(figures: Figures, wanted: readonly string[]): boolean {
  return 'sum' in figures || wanted.includes('duration') || wanted.includes('distinct');
}

/** Of figures that are not further from the exact ones than `bound` (relative) there are none. */
export function differences(
  place: string,
  found: Record<string, number | null>,
  oracle: Figures,
  bound: number,
): string[] {
  return Object.entries(found).flatMap(([name, value]) => {
    const exact = oracle[name] as number | null;
    // Doubles have a rounding of their own.
    if (value === exact || Math.abs(value! - exact!) <= bound * (1 + 1e-10) * Math.abs(exact!)) return [];
    return [`${place} ${name}: ${value} instead of ${exact}`];
  });
}

function inOrder<R extends object>(rows: readonly R[]): Record<string, R> {
  const entries = rows.map((row) => [idOf(row as never), row] as const);
  expect(new Set(entries.map(([id]) => id)).size).toBe(entries.length);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
