/** Durations of notifications.yml. */
import type { Reader } from '../../aggregate/definitions/reader.js';

/** ms, with a unit: a bare 10 is seconds to one and milliseconds to another. */
export function durationOf(reader: Reader, fallback?: number, above?: number): number | undefined {
  if (typeof reader.value === 'number' && reader.value !== 0)
    return reader.refuse('needs a unit, such as 10s');
  return reader.duration(fallback, above);
}
