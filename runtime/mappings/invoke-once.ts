/** One invocation of a lane's function, counted; and in words why it failed. */
import { messageOf } from '../../common/errors.js';
import type { Batch } from '../../streams/batch.js';
import { serializeError } from '../environments/errors.js';
import type { BatchOutcome, WindowInvocation } from '../environments/invocation.js';
import type { LaneContext } from './lane-context.js';
import type { Result } from './progress.js';

/** Never rejects. */
export async function invokeOnce(
  context: LaneContext,
  batch: Batch,
  window: WindowInvocation | undefined,
): Promise<BatchOutcome> {
  const { source, stats, timers, invoke } = context;
  const begun = timers.now();
  const invocation = window === undefined ? { source, batch } : { source, batch, window };
  const outcome = await invoke(invocation).catch(
    (error: unknown): BatchOutcome => ({ kind: 'error', error: serializeError(error) }),
  );
  if (outcome.kind !== 'throttled') {
    stats.invocations++;
    stats.durationMs += timers.now() - begun;
  }
  return outcome;
}

/** Null after a success. */
export function failureOf(outcome: BatchOutcome, result: Result): string | null {
  if (result.kind === 'success') return null;
  if (outcome.kind === 'error' || outcome.kind === 'throttled') return messageOf(outcome.error);
  return result.kind === 'partial'
    ? 'some records of a batch failed'
    : 'the answer has no state, as one with a tumbling window must';
}
