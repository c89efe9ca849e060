/** The counts of a group by partition of the telemetry, as they are kept with the group, and their sum. */
import type { FleetFigures } from '../alert/language/scope.js';
import type { GroupCounts } from './messages.js';

type Part = readonly [offset: string, total: number, matching: number];

/** Of one rule. */
interface Parts {
  readonly spec: string;
  readonly of: Readonly<Record<string, Part>>;
}

/** Takes counts over; false when they are not newer than those there are. */
export function take(notes: Record<string, unknown>, counts: GroupCounts): boolean {
  const { rule, spec, partition, offset, total, matching } = counts;
  const kept = notes[rule] as Parts | undefined;
  const before = kept?.spec === spec ? kept.of : {};
  const known = before[partition];
  if (known !== undefined && BigInt(known[0]) >= BigInt(offset)) return false;
  notes[rule] = { spec, of: { ...before, [partition]: [offset, total, matching] } } satisfies Parts;
  return true;
}

export function addUp(notes: Readonly<Record<string, unknown>>, rule: string): FleetFigures {
  let total = 0;
  let matching = 0;
  for (const [, partTotal, partMatching] of Object.values((notes[rule] as Parts).of)) {
    total += partTotal;
    matching += partMatching;
  }
  return { matching, total, share: total === 0 ? 0 : matching / total };
}
