/** `anomaly('temperature')`: where detectors come from. */
import { anomalyFeature } from '../anomaly/feature.js';
import type { AnyFeature } from './feature.js';

/** Throws `ExpressionProblem`. */
export function anomalyOf(metric: string, options: Record<string, unknown>): AnyFeature {
  return anomalyFeature(metric, options);
}
