/** Detectors held against series with known faults, as figures and as tables. */
import { DETECTORS, type DetectorName } from '../../functions/alert/anomaly/options.js';
import { type Machine, table } from '../report.js';
import type { Series } from './corpus.js';
import { FAULTS, type FaultKind } from './faults.js';
import { best, type EventFigures, events, nab, type PointFigures, points, type Scored } from './measures.js';
import { type Reading, scoresOf } from './stream.js';

/** What rules are advised to compare with. */
export const THRESHOLD = 0.5;
const KINDS = Object.keys(FAULTS) as FaultKind[];

export interface Judgement {
  readonly detector: DetectorName;
  readonly series: number;
  readonly readings: number;
  readonly cpuSecondsPerMillion: number;
  readonly atThreshold: EventFigures & { readonly nab: number };
  /** At the threshold with the largest F1, which nobody knows beforehand. */
  readonly atBest: EventFigures & { readonly threshold: number };
  readonly bestNab: { readonly threshold: number; readonly score: number };
  readonly points: PointFigures;
  /** At the threshold, of the series with faults of this kind. */
  readonly byKind: Readonly<Record<string, EventFigures>>;
}

export interface WeatherResult {
  readonly readings: number;
  readonly score: number;
  /** Of all readings by score, 1 is the highest. */
  readonly rank: number;
  /** Other readings at or above the threshold. */
  readonly others: number;
}

export interface AnomalyResult {
  readonly startedAt: string;
  readonly seconds: number;
  readonly commit: string;
  readonly machine: Machine;
  readonly tuning: readonly Judgement[];
  readonly heldOutSeeds: readonly number[];
  readonly heldOut: readonly Judgement[];
  readonly weather: Readonly<Record<string, WeatherResult>>;
}

export function judge(series: readonly Series[], detectors: readonly DetectorName[]): Judgement[] {
  return detectors.map((detector) => {
    const usage = process.cpuUsage();
    const scored: Scored[] = series.map((one) => ({
      series: one,
      scores: scoresOf(
        detector,
        one.times.map((time, index) => ({ time, number: one.values[index]! })),
      ),
    }));
    const { user, system } = process.cpuUsage(usage);
    const readings = series.reduce((sum, { values }) => sum + values.length, 0);
    const [threshold] = best(scored, (at) => events(scored, at).f1);
    const [nabThreshold, nabScore] = best(scored, (at) => nab(scored, at));
    const ofKind = (kind: FaultKind) => scored.filter(({ series: { faults } }) => faults[0]?.kind === kind);
    return {
      detector,
      series: series.length,
      readings,
      cpuSecondsPerMillion: (user + system) / readings,
      atThreshold: { ...events(scored, THRESHOLD), nab: nab(scored, THRESHOLD) },
      atBest: { ...events(scored, threshold), threshold },
      bestNab: { threshold: nabThreshold, score: nabScore },
      points: points(scored),
      byKind: Object.fromEntries(KINDS.map((kind) => [kind, events(ofKind(kind), THRESHOLD)])),
    };
  });
}

/** @param readings of wind, one of which is above 1,000 mph */
export function weatherOf(readings: readonly Reading[]): Record<string, WeatherResult> {
  const known = readings.filter(({ number }) => Number.isFinite(number));
  const wrong = known.findIndex(({ number }) => number > 1000);
  const results = DETECTORS.map((detector) => {
    const scores = scoresOf(detector, known);
    const result: WeatherResult = {
      readings: known.length,
      score: scores[wrong]!,
      rank: 1 + scores.filter((score) => score > scores[wrong]!).length,
      others: scores.filter((score, index) => index !== wrong && score >= THRESHOLD).length,
    };
    return [detector, result] as const;
  });
  return Object.fromEntries(results);
}

const share = (value: number): string => value.toFixed(2);

export function textOf({ machine, commit, tuning, heldOut, weather }: AnomalyResult): string {
  const overall = (judgements: readonly Judgement[]) =>
    judgements.map(({ detector, atThreshold, atBest, bestNab, points: each, cpuSecondsPerMillion }) => [
      detector,
      ...[atThreshold.precision, atThreshold.recall, atThreshold.f1].map(share),
      String(atThreshold.delay),
      atThreshold.falsePer10k.toFixed(1),
      `${share(atBest.f1)} (${share(atBest.threshold)})`,
      atThreshold.nab.toFixed(1),
      `${bestNab.score.toFixed(1)} (${share(bestNab.threshold)})`,
      share(each.roc),
      share(each.pr),
      cpuSecondsPerMillion.toFixed(1),
    ]);
  const head =
    `detector,precision,recall,F1,delay,false/10k,best F1 (at),NAB,best NAB (at),ROC,PR,CPU s/M`.split(',');
  const byKind = heldOut.flatMap(({ detector, byKind: kinds }) =>
    Object.entries(kinds).map(([kind, { precision, recall, f1, delay, faults }]) => [
      `${detector}: ${kind}`,
      String(faults),
      ...[precision, recall, f1].map(share),
      String(delay),
    ]),
  );
  const first = heldOut[0]!;
  return [
    `${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, commit ${commit}`,
    '',
    `Held out: ${first.series} series, ${first.readings} readings, ${first.atThreshold.faults} faults; threshold ${THRESHOLD}`,
    table([head, ...overall(heldOut)]),
    '',
    ...(tuning.length === 0 ? [] : ['Tuned on', table([head, ...overall(tuning)]), '']),
    table([['kind of fault', 'faults', 'precision', 'recall', 'F1', 'delay'], ...byKind]),
    '',
    'The wind of 1048 mph among a year of weather',
    table([
      ['detector', 'score', 'rank', 'others above the threshold', 'readings'],
      ...Object.entries(weather).map(([detector, { score, rank, others, readings }]) => [
        detector,
        score.toFixed(3),
        ...[rank, others, readings].map(String),
      ]),
    ]),
  ].join('\n');
}
