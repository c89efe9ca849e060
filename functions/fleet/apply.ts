/** Counts of a group in one partition, taken over and decided on together with those of the others. */
import type { BatchEvaluation } from '../alert/evaluate.js';
import { Memory, MemoryPlan } from '../alert/language/memory.js';
import type { Position } from '../alert/outcome.js';
import { Remembered } from '../alert/remembered.js';
import type { DeviceState } from '../alert/warm.js';
import type { GroupCounts } from './messages.js';
import { addUp, take } from './sums.js';

/** Fleet-level rules remember nothing themselves: what they are about is remembered of each device. */
const NO_MEMORY = new MemoryPlan([]);

/**
 * @param state of the group (`groupId`)
 * @param decidesAnew whether counts that are no news are decided on as well: the rule's hours may have begun meanwhile
 */
export function applyCounts(
  counts: GroupCounts,
  state: DeviceState,
  at: Position,
  evaluation: BatchEvaluation,
  decidesAnew = false,
): void {
  state.remembered ??= new Remembered(new Memory(NO_MEMORY));
  const { remembered } = state;
  if (!take(remembered.notes, counts) && !decidesAnew) return;
  // Partitions are not at the same time; what is decided is decided on all of them, now.
  const now = Math.max(at.arrivalTime, remembered.latest.eventTime, afterLastEnd(state));
  remembered.latest = { eventTime: now, arrivalTime: now };
  evaluation.outcome.touch(state, at.offset);
  const body = { ...addUp(remembered.notes, counts.rule) };
  const incoming = { deviceType: counts.rule, body, eventTime: now, arrivalTime: now };
  evaluation.event(state, incoming, () => at.offset);
}

/** What holds at the very moment at which an alert ended would be taken for a reading that was told already. */
function afterLastEnd({ entries }: DeviceState): number {
  let after = Number.NEGATIVE_INFINITY;
  for (const entry of entries ?? []) {
    const ended = entry?.machine.ended ?? null;
    if (ended !== null) after = Math.max(after, ended.to + 1);
  }
  return after;
}
