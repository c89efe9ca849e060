/** `active:` of routes: read as that of rules is. */
import { stringify, type YAMLMap } from 'yaml';
import type { Reader } from '../../aggregate/definitions/reader.js';
import { readActive } from '../../alert/language/read/active.js';
import { RuleSource } from '../../alert/language/read/source.js';
import type { ActiveHours } from '../../alert/language/rule.js';

export function readHours(reader: Reader): ActiveHours | null {
  if (!reader.given) return null;
  const source = new RuleSource(stringify({ active: reader.value }), '');
  const hours = readActive(source.root as YAMLMap, source);
  // Their lines are those of the copy.
  for (const problem of source.problems) reader.refuse(problem.replace(/^:\d+: /, ''));
  return hours;
}
