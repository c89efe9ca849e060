/** `anomaly('temperature')`: where detectors come from. */
import { ExpressionProblem } from './expression.js';
import type { AnyFeature } from './feature.js';

/** Throws `ExpressionProblem`. */
export function anomalyOf(metric: string, _options: Record<string, unknown>): AnyFeature {
  throw new ExpressionProblem(`there are no detectors for anomalies of ${metric}`);
}
