/** Scores of a series, reading by reading, by the very feature that rules use. */
import { anomalyFeature } from '../../functions/alert/anomaly/feature.js';
import type { AnomalyOptions } from '../../functions/alert/anomaly/options.js';

export interface Reading {
  readonly time: number;
  readonly number: number;
}

const DEVICE = { id: 'bench', type: 'bench', tags: {} };

/** By reading; 0 while the detector warms up, and for readings that it does not take: none, no time, late. */
export function scoresOf(detector: AnomalyOptions['detector'], readings: Iterable<Reading>): number[] {
  const feature = anomalyFeature('value', { detector });
  const state = feature.start();
  const scores: number[] = [];
  for (const { time, number } of readings) {
    if (!Number.isFinite(time) || !Number.isFinite(number) || time < (state.newest ?? time)) {
      scores.push(0);
      continue;
    }
    feature.observe(state, { event: { value: number }, eventTime: time, arrivalTime: time, device: DEVICE });
    const score = feature.value(state, time);
    scores.push(typeof score === 'number' ? score : 0);
  }
  return scores;
}
