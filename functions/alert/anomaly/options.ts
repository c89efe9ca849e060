/** `anomaly('temperature', {"detector": "seasonal", "season": "1d"})`: the second argument. */
import { suggestion } from '../../../common/problems.js';
import { durationText } from '../../../common/units.js';
import { parseDuration } from '../duration.js';
import { ExpressionProblem } from '../language/expression.js';
import { DAY } from './expectation.js';

export const DETECTORS = ['auto', 'seasonal', 'ewma', 'forest'] as const;
export type DetectorName = (typeof DETECTORS)[number];

export interface AnomalyOptions {
  readonly detector: DetectorName;
  /** Lengths in ms of the seasons that it chooses from, besides none. */
  readonly seasons: readonly number[];
}

const SHORTEST = 60_000;
const LONGEST = 31 * DAY;
const USUAL = [DAY, 7 * DAY];

/** Throws `ExpressionProblem`. */
export function parseAnomalyOptions(options: Readonly<Record<string, unknown>>): AnomalyOptions {
  for (const name of Object.keys(options)) {
    if (name !== 'detector' && name !== 'season') {
      fail(`anomaly has no option "${name}"${suggestion(name, ['detector', 'season'])}`);
    }
  }
  const { detector = 'auto', season = 'auto' } = options;
  const known = DETECTORS.find((name) => name === detector);
  if (known === undefined) {
    const hint = typeof detector === 'string' ? suggestion(detector, [...DETECTORS]) : '';
    fail(`anomaly has no detector ${JSON.stringify(detector)}${hint}: one of ${DETECTORS.join(', ')}`);
  }
  if (options.season !== undefined && known !== 'auto' && known !== 'seasonal') {
    fail(`the detector ${known} knows no season`);
  }
  return { detector: known, seasons: seasonsOf(season) };
}

function seasonsOf(season: unknown): readonly number[] {
  if (season === 'auto') return USUAL;
  if (season === 'none') return [];
  const length = typeof season === 'string' ? parseDuration(season) : undefined;
  if (length === undefined)
    fail(`a season is auto, none, or a duration such as 1d, not ${JSON.stringify(season)}`);
  if (length < SHORTEST || length > LONGEST) {
    fail(`a season lasts from ${durationText(SHORTEST)} to ${durationText(LONGEST)}`);
  }
  return [length];
}

function fail(reason: string): never {
  throw new ExpressionProblem(reason);
}
