/** Values that rule tests have in several places. */
import type { Reader } from '../../aggregate/definitions/reader.js';
import { parseDuration } from '../duration.js';

/** ms. @param usual undefined: it has to be there */
export function durationOf(reader: Reader, usual: number | undefined, least: number): number {
  if (!reader.given && usual !== undefined) return usual;
  const { value } = reader;
  const ms = typeof value === 'string' || value === 0 ? parseDuration(String(value)) : undefined;
  if (ms !== undefined && ms >= least) return ms;
  reader.refuse(reader.given ? 'must be a duration such as 30s, 5m or 1h30m' : 'is missing');
  return usual ?? 0;
}

/** A list that may be left out. */
export function forEachOf(reader: Reader, use: (item: Reader, index: number) => void): void {
  const { value } = reader;
  if (!reader.given || value === null) return;
  if (!Array.isArray(value)) {
    reader.refuse('must be a list');
    return;
  }
  for (const index of value.keys()) use(reader.at(index), index);
}
