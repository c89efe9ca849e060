/** Latency by percentile as HdrHistogram draws it: every nine takes as much room as the one before it. Pure. */
import { histogramOf, percentileOf } from '../run/latencies.js';
import { chart, MARGIN, type Series } from './chart.js';
import { latency } from './format.js';
import type { Markup } from './markup.js';
import { logarithmic } from './scale.js';

export interface Latencies {
  readonly name: string;
  /** As results keep it. */
  readonly histogram: string;
  readonly colour: number;
  readonly look?: Series['look'];
}

const WIDTH = 540;
const HEIGHT = 260;
/** Points of a curve between one nine and the next. */
const STEPS = 12;

/** @returns null when there is nothing to draw */
export function percentileChart(all: readonly Latencies[]): Markup | null {
  const series: Series[] = [];
  let nines = 1;
  for (const { histogram: text, ...look } of all) {
    const histogram = histogramOf(text);
    if (histogram.totalCount === 0) continue;
    // Beyond one in `totalCount` there is nothing but the maximum.
    const most = Math.max(1, Math.min(6, Math.log10(histogram.totalCount)));
    nines = Math.max(nines, most);
    const at = percentileOf(histogram);
    const places = Array.from({ length: Math.ceil(most * STEPS) + 1 }, (_, step) =>
      Math.min(most, step / STEPS),
    );
    series.push({ ...look, points: places.map((place) => [place, at(percentileAt(place))]) });
  }
  if (series.length === 0) return null;
  const values = series.flatMap(({ points }) => points.map(([, y]) => Math.max(y, 0.001)));
  const span = WIDTH - MARGIN.left - MARGIN.right;
  const end = Math.ceil(nines);
  return chart({
    label: `Latency by percentile: ${series.map(({ name }) => name).join(', ')}. The table has the figures.`,
    series,
    width: WIDTH,
    height: HEIGHT,
    x: {
      at: (place) => MARGIN.left + (span * place) / end,
      ticks: [0, Math.log10(2), ...Array.from({ length: end }, (_, index) => index + 1)],
    },
    y: logarithmic(Math.min(...values), Math.max(...values), HEIGHT - MARGIN.bottom, MARGIN.top),
    xText: (place) => `${percentText(percentileAt(place))}`,
    yText: latency,
  });
}

/** 0 -> 0, 1 -> 90, 2 -> 99, 3 -> 99.9 */
function percentileAt(place: number): number {
  return 100 * (1 - 10 ** -place);
}

function percentText(percentile: number): string {
  return `${Number(percentile.toFixed(percentile < 99 ? 1 : 4))} %`;
}
