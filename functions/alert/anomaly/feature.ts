/** `anomaly('temperature')`: how strange the latest reading of a metric is, from 0 to 1. */
import { MillraceError } from '../../../common/errors.js';
import type { Feature } from '../language/feature.js';
import { numberOf } from '../language/features/value.js';
import { AutoDetector } from './auto.js';
import type { Detector } from './detector.js';
import { EwmaDetector } from './ewma.js';
import { clamp } from './expectation.js';
import { ForestDetector } from './forest.js';
import { type AnomalyOptions, parseAnomalyOptions } from './options.js';
import { pack, unpack } from './pack.js';
import { SeasonalDetector } from './seasonal.js';

/** Changes whenever the same readings would give other scores: what was remembered by then says nothing any more. */
const VERSION = 1;
/** Of the values that detectors are given: their differences stay finite. */
const LARGEST = 1e150;

export interface State {
  readonly detector: Detector;
  /** Event time of the newest reading; null before the first. */
  newest: number | null;
  /** Of the newest reading; null while the detector warms up. */
  score: number | null;
}

/**
 * Readings that are no finite number, and those that come late, change nothing. Unknown (undefined) until the detector
 * has warmed up: 30 readings. What is remembered has a fixed size: see `docs/anomaly.md`.
 * Throws `ExpressionProblem`.
 */
export function anomalyFeature(
  metric: string,
  options: Readonly<Record<string, unknown>> = {},
): Feature<State> {
  const parsed = parseAnomalyOptions(options);
  return {
    id: `anomaly:${VERSION}:${parsed.detector}:${parsed.seasons.join(',')}:${metric}`,
    metrics: [metric],
    start: () => ({ detector: detectorOf(parsed), newest: null, score: null }),
    observe(state, { event, eventTime }) {
      const value = numberOf(event, metric);
      if (value === undefined || !Number.isFinite(value)) return;
      if (state.newest !== null && eventTime < state.newest) return;
      state.newest = eventTime;
      state.score = state.detector.score(eventTime, clamp(value, LARGEST));
    },
    value: ({ score }) => score ?? undefined,
    nextChange: () => Number.POSITIVE_INFINITY,
    encode: ({ detector, newest, score }) => [newest, score, pack(detector.cells)],
    decode(json) {
      const [newest, score, text] = json as [number | null, number | null, string];
      const detector = detectorOf(parsed);
      if (!unpack(text, detector.cells)) {
        throw new MillraceError(
          `what was remembered of ${metric} is not of the detector ${parsed.detector}`,
          {
            code: 'ANOMALY_STATE_UNKNOWN',
            hint: 'It was written by another Millrace, or is damaged.',
          },
        );
      }
      return { detector, newest, score };
    },
  };
}

export function detectorOf({ detector, seasons }: AnomalyOptions): Detector {
  switch (detector) {
    case 'seasonal':
      return new SeasonalDetector(seasons);
    case 'ewma':
      return new EwmaDetector();
    case 'forest':
      return new ForestDetector();
    default:
      return new AutoDetector(seasons);
  }
}
