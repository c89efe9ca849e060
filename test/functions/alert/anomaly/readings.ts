/** Readings for tests of detectors. */

import { anomalyFeature } from '../../../../functions/alert/anomaly/feature.js';
import { Random } from '../../../../simulators/random.js';

export const MINUTE = 60_000;
export const DAY = 1440 * MINUTE;
export const START = Date.UTC(2026, 0, 5);

export type Reading = readonly [time: number, value: number];

const device = { id: 'd', type: 't', tags: {} };
export const sampleOf = ([time, value]: Reading) => ({
  event: { x: value },
  eventTime: time,
  arrivalTime: time,
  device,
});

/** By reading what the feature answers right after it. */
export function scoresOf(readings: readonly Reading[], options: Record<string, unknown> = {}) {
  const feature = anomalyFeature('x', options);
  const state = feature.start();
  return readings.map((reading) => {
    feature.observe(state, sampleOf(reading));
    return feature.value(state, reading[0]) as number | undefined;
  });
}

export const series = (
  length: number,
  interval: number,
  value: (time: number, index: number) => number,
): Reading[] =>
  Array.from({ length }, (_, index) => [START + index * interval, value(index * interval, index)] as const);

/** Roughly normal, of deviation 1. */
export function noise(seed: number): () => number {
  const random = Random.of(seed, 0);
  return () => (random.unit() + random.unit() + random.unit() + random.unit() - 2) * Math.sqrt(3);
}
