/**
 * Giving records up: they are reported to the destination, and only when that has the report may the checkpoint pass
 * them. A destination that cannot be reached holds its lane, and nothing else. Without one they are logged and counted.
 */
import { randomUUID } from 'node:crypto';
import { type Batch, lastOffset } from '../../streams/batch.js';
import { type StreamFailure, streamFailureDocument } from '../destinations/documents.js';
import type { LaneContext } from './lane-context.js';
import { backoff } from './progress.js';
import { isWorthLogging } from './repeated.js';
import type { Waiting } from './waiting.js';

export interface GivenUp
  extends Pick<StreamFailure, 'condition' | 'batch' | 'invokeCount' | 'functionError'> {
  /** Of the last invocation, when it is known. */
  readonly requestId: string | undefined;
}

/** Resolves to false when the lane is to stop before the destination has the report. */
export async function giveUp(context: LaneContext, waiting: Waiting, given: GivenUp): Promise<boolean> {
  const { functionName, functionArn, partition, log, stats, destination, source, time } = context;
  const { batch, condition, requestId, ...rest } = given;
  const about = { functionName, partition, ...rangeOf(batch), condition };
  log.error({ ...about, destination: destination?.name ?? null }, 'records were given up');
  if (destination !== undefined) {
    const document = streamFailureDocument({
      ...rest,
      source,
      functionArn,
      requestId: requestId ?? randomUUID(),
      condition,
      batch,
      now: time(),
      withPayload: destination.wantsPayload,
    });
    for (let failures = 1; ; failures++) {
      try {
        await destination.send(document);
        break;
      } catch (error) {
        if (isWorthLogging(failures)) {
          log.error(
            { ...about, destination: destination.name, err: error },
            'cannot reach the destination of records given up; trying again',
          );
        }
        if (!(await waiting.sleep(backoff(failures)))) return false;
      }
    }
    stats.destinationDeliveries++;
  }
  stats.discarded += batch.count;
  return true;
}

function rangeOf(batch: Batch) {
  return { from: batch.baseOffset, to: lastOffset(batch), count: batch.count };
}
