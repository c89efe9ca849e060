/** The charts of a run, beside those of an earlier one where there is one. */
import type { RunResult, Sample } from '../result.js';
import { type Band, type Mark, type Series, timeChart } from './chart.js';
import { mostLag, processNames } from './comparison.js';
import { bytes, count } from './format.js';
import type { Markup } from './markup.js';
import { type Latencies, percentileChart } from './percentile-chart.js';

interface Frame {
  readonly seconds: number;
  readonly bands: readonly Band[];
  readonly marks: readonly Mark[];
}

/** What all charts over time have below their lines. */
function frameOf({ seconds, samples, drive, scenario, chaos }: RunResult): Frame {
  const last = Math.max(seconds, samples.at(-1)?.second ?? 0, (drive.throughput.at(-1)?.second ?? -1) + 1);
  return {
    seconds: Math.ceil(last),
    bands: scenario.phases,
    marks: chaos.map(({ second, what }) => ({ at: second, what })),
  };
}

export function throughputChart(run: RunResult, earlier: RunResult | null): Markup {
  const points = (of: RunResult, what: 'sent' | 'acknowledged'): Series['points'] =>
    of.drive.throughput.map((one) => [one.second + 1, one[what]]);
  return timeChart({
    ...frameOf(run),
    label: 'Events a second, sent and acknowledged',
    namesMarks: true,
    width: 1110,
    height: 260,
    yText: count,
    series: [
      { name: 'acknowledged', colour: 1, look: 'area', points: points(run, 'acknowledged') },
      { name: 'sent', colour: 2, points: points(run, 'sent') },
      ...(earlier === null
        ? []
        : [
            {
              name: 'acknowledged before',
              colour: 6,
              look: 'dashed' as const,
              points: points(earlier, 'acknowledged'),
            },
          ]),
    ],
  });
}

/** Null: the run has no latencies. */
export function latencyChart(run: RunResult, earlier: RunResult | null): Markup | null {
  const of = (result: RunResult, suffix: string, look?: Latencies['look']): Latencies[] => [
    {
      name: `acknowledgement${suffix}`,
      histogram: result.drive.latency,
      colour: suffix === '' ? 1 : 6,
      look,
    },
    ...(result.latency.alertHistogram === null
      ? []
      : [
          {
            name: `alert${suffix}`,
            histogram: result.latency.alertHistogram,
            colour: suffix === '' ? 3 : 5,
            look,
          },
        ]),
  ];
  return percentileChart([
    ...of(run, ''),
    { name: 'scheduling error', histogram: run.drive.schedulingError, colour: 4 },
    ...(earlier === null ? [] : of(earlier, ' before', 'dashed')),
  ]);
}

/** Null: the backend did not show it. */
export function lagChart(run: RunResult): Markup | null {
  if (mostLag(run) === null) return null;
  const names = [...new Set(run.samples.flatMap(({ lag }) => Object.keys(lag ?? {})))];
  return timeChart({
    ...frameOf(run),
    label: 'Records that each function has not finished',
    yText: count,
    series: names.map((name, index) => ({
      name,
      colour: (index % 6) + 1,
      points: pointsOf(run.samples, ({ lag }) => lag?.[name]),
    })),
  });
}

export function alertChart(run: RunResult): Markup {
  return timeChart({
    ...frameOf(run),
    label: 'Alerts told a second',
    yText: count,
    series: [
      { name: 'alerts', colour: 3, look: 'area', points: pointsOf(run.samples, ({ alerts }) => alerts) },
    ],
  });
}

export function cpuChart(run: RunResult): Markup | null {
  return processChart(
    run,
    'Cores in use',
    (value) => String(Number(value.toFixed(2))),
    ({ cpu }) => cpu,
  );
}

export function memoryChart(run: RunResult): Markup | null {
  return processChart(run, 'Memory', bytes, ({ rss }) => rss);
}

function processChart(
  run: RunResult,
  what: string,
  yText: (value: number) => string,
  pick: (figures: Sample['processes'][string]) => number,
): Markup | null {
  const names = processNames(run);
  if (names.length === 0) return null;
  return timeChart({
    ...frameOf(run),
    label: `${what} of the processes on this machine`,
    yText,
    series: names.map((name, index) => ({
      name,
      colour: (index % 6) + 1,
      points: pointsOf(run.samples, ({ processes }) => {
        const figures = processes[name];
        return figures === undefined ? undefined : pick(figures);
      }),
    })),
  });
}

function pointsOf(
  samples: readonly Sample[],
  pick: (sample: Sample) => number | undefined,
): Series['points'] {
  return samples.flatMap((sample) => {
    const value = pick(sample);
    return value === undefined ? [] : [[sample.second, value] as const];
  });
}
