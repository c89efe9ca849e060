/** `filterPatterns`: checked here with what compiles them later, so that a wrong one is found at start, with its place. */

import { type PathKeys, type Problems, pathOf } from '../../common/problems.js';
import { filterProblems } from '../mappings/filters/filter.js';
import type { EventSourceKind } from './manifest.js';
import { isObject } from './values.js';

/** The patterns as they stand in the file; worth nothing when a problem was added. */
export function filterPatterns(
  value: unknown,
  source: EventSourceKind,
  at: PathKeys,
  problems: Problems,
): readonly unknown[] {
  if (!Array.isArray(value) || value.length === 0) {
    problems.add(at, 'must be a list of 1 to 10 patterns');
    return [];
  }
  const before = problems.list.length;
  value.forEach((pattern: unknown, index) => {
    if (!isObject(pattern))
      problems.add([...at, index], 'must be a pattern such as { data: { type: [alarm] } }');
  });
  if (problems.list.length > before) return [];
  for (const { path, reason } of filterProblems(value, source)) {
    problems.list.push({ path: pathOf(at) + path.slice('filterPatterns'.length), reason });
  }
  return value;
}
