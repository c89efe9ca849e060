/**
 * A batch of one partition, from the state before it to what it told and left: what `alert` does for devices and `fleet`
 * for groups of them.
 *
 * Alerts are appended while the state that takes them as told is being committed, so the commit says what it owes the
 * stream: had the append not become durable when everything stopped, the next environment tells it again. What was
 * durable and is told again is the same document (`notify` knows it by its id). A commit says where it goes on from, so
 * that an environment that was left behind cannot write, and records that come again are passed over. Where rules look
 * at the event alone, events of devices without an alert write nothing at all.
 */
import type { DeviceMemory, OwedAlerts, Told } from '../../stores/alerts.js';
import { type Batch, lastOffset } from '../../streams/batch.js';
import { RecordKind } from '../../streams/record.js';
import { type OutgoingRecord, type Platform, type Process, SUCCESS } from '../contract.js';
import { PASSED_HEADER } from '../notify/core.js';
import type { Outcome } from './outcome.js';
import type { RulePlan } from './plan.js';
import { memoryRowOf, rowOf } from './rows.js';
import { WarmPartition } from './warm.js';

export interface Lane {
  /** `DEVICES` or `GROUPS` (see `warm.ts`). */
  readonly scope: string;
  readonly plan: RulePlan;
  /** Called when a partition is loaded from the stores, before its first batch. */
  loaded?(partition: number): Promise<void>;
  /** Applies the records that the state does not contain yet. */
  evaluate(batch: Batch, warm: WarmPartition): Promise<Evaluated>;
}

export interface Evaluated {
  readonly outcome: Outcome;
  /** For another stream. Not owed: who loads the partition anew tells them again. */
  readonly besides?: { readonly stream: string; readonly records: readonly OutgoingRecord[] };
  /** To be kept besides what is remembered of devices. */
  readonly memories?: readonly DeviceMemory[];
}

export function processOf(lane: Lane, platform: Platform): Process {
  const { alerts } = platform.stores;
  const { scope, plan } = lane;
  const partitions = new Map<number, WarmPartition>();
  /** By partition: what was owed and is durable by now, for the next commit to forget. */
  const settled = new Map<number, bigint[]>();

  return async (batch) => {
    if (batch.count === 0) return SUCCESS;
    const { partition } = batch;
    let warm = partitions.get(partition);
    // Taken out while in use: whatever goes wrong, the next invocation starts from the store.
    partitions.delete(partition);
    const durable = settled.get(partition) ?? [];
    let owed: readonly OwedAlerts[] = [];
    if (warm === undefined || !(await warm.continues(batch))) {
      warm = await WarmPartition.load(partition, plan, alerts, scope);
      await lane.loaded?.(partition);
      // What was owed for records before these was durable when their batch was finished.
      owed = (await alerts.owed(scope, partition)).filter(
        ({ through }) => through >= batch.baseOffset && !durable.includes(through),
      );
    }
    const { outcome, besides, memories = [] } = await lane.evaluate(batch, warm);
    const { told, changed, ended, touched } = outcome;
    const telling = [...owed.flatMap((before) => before.alerts), ...told];
    const commits = changed.size > 0 || ended.length > 0 || touched.size > 0 || memories.length > 0;
    const next = lastOffset(batch) + 1n;
    // The append begins first: the host is at it while this thread commits.
    await Promise.all([
      telling.length > 0 ? platform.append('alerts', telling.map(recordOf)) : undefined,
      besides !== undefined && besides.records.length > 0
        ? platform.append(besides.stream, besides.records)
        : undefined,
      commits
        ? alerts.commit({
            partition,
            scope,
            from: warm.committed,
            next,
            rows: [...changed].map((entry) => rowOf(entry, partition)),
            memories: [
              ...[...touched].map(({ id, remembered }) => memoryRowOf(id, remembered!, partition)),
              ...memories,
            ],
            ended,
            ...(told.length > 0 ? { owed: { through: lastOffset(batch), alerts: told } } : {}),
            settled: durable,
          })
        : undefined,
    ]);
    const durableNow = owed.map(({ through }) => through);
    if (told.length > 0) durableNow.push(lastOffset(batch));
    settled.set(partition, commits ? durableNow : [...durable, ...durableNow]);
    if (commits) warm.committed = next;
    warm.finished(batch);
    partitions.set(partition, warm);
    return SUCCESS;
  };
}

/** An alert as a record for the stream `alerts`; its arrival time is that of the record that caused it. */
function recordOf({ alert, passed }: Told): OutgoingRecord {
  return {
    kind: RecordKind.acknowledged,
    arrivalTime: alert.changedAt,
    key: alert.deviceId,
    value: Buffer.from(JSON.stringify(alert)),
    ...(passed ? { headers: { [PASSED_HEADER]: '1' } } : {}),
  };
}
