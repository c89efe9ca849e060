/**
 * `alert`: telemetry -> rules -> firing, missed and resolved alerts on the stream `alerts`, and the state behind them.
 *
 * Alerts are appended while the state that takes them as told is being committed, so the commit says what it owes the
 * stream: had the append not become durable when everything stopped, the next environment tells it again. What was
 * durable and is told again is the same document (`notify` knows it by its id). A commit says where it goes on from, so
 * that an environment that was left behind cannot write, and records that come again are passed over. Where rules look
 * at the event alone, events of devices without an alert write nothing at all.
 */
import { join } from 'node:path';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { EventDecoder } from '../../schemas/decode.js';
import { deviceTags, tagNames } from '../../schemas/device-tags.js';
import { loadSchemas } from '../../schemas/registry.js';
import type { OwedAlerts, Told } from '../../stores/alerts.js';
import { type Batch, lastOffset, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import { type CreateFunction, type OutgoingRecord, SUCCESS } from '../contract.js';
import { PASSED_HEADER } from '../notify/core.js';
import { firstIndexFrom } from '../resume.js';
import { BatchEvaluation } from './evaluate.js';
import { RulePlan } from './plan.js';
import { memoryRowOf, rowOf } from './rows.js';
import { ruleErrors } from './rule-errors.js';
import { loadRules } from './rules.js';
import { SCOPE, WarmPartition } from './warm.js';

export const create: CreateFunction = (platform) => {
  const { settings, stores, log } = platform;
  const plan = new RulePlan(loadRules(join(settings.root, 'rules'), { tags: tagNames(settings.deviceTags) }));
  const decoder = new EventDecoder(loadSchemas(join(settings.root, 'schemas')), settings);
  const tagsOf = deviceTags(settings.deviceTags);
  const onRuleError = ruleErrors(log);
  const partitions = new Map<number, WarmPartition>();
  /** By partition: what was owed and is durable by now, for the next commit to forget. */
  const settled = new Map<number, bigint[]>();

  return {
    async process(batch) {
      if (batch.count === 0) return SUCCESS;
      const { partition } = batch;
      let warm = partitions.get(partition);
      // Taken out while in use: whatever goes wrong, the next invocation starts from the store.
      partitions.delete(partition);
      const durable = settled.get(partition) ?? [];
      let owed: readonly OwedAlerts[] = [];
      if (warm === undefined || !(await warm.continues(batch))) {
        warm = await WarmPartition.load(partition, plan, stores.alerts);
        // What was owed for records before these was durable when their batch was finished.
        owed = (await stores.alerts.owed(SCOPE, partition)).filter(
          ({ through }) => through >= batch.baseOffset && !durable.includes(through),
        );
      }
      const evaluation = new BatchEvaluation(warm, tagsOf, null, onRuleError);
      await evaluateBatch(batch, decoder, warm, evaluation);
      const { told, changed, ended, touched } = evaluation.outcome;
      const telling = [...owed.flatMap(({ alerts }) => alerts), ...told];
      const commits = changed.size > 0 || ended.length > 0 || touched.size > 0;
      const next = lastOffset(batch) + 1n;
      // The append begins first: the host is at it while this thread commits.
      await Promise.all([
        telling.length > 0 ? platform.append('alerts', telling.map(recordOf)) : undefined,
        commits
          ? stores.alerts.commit({
              partition,
              scope: SCOPE,
              from: warm.committed,
              next,
              rows: [...changed].map((entry) => rowOf(entry, partition)),
              memories: [...touched].map(({ id, remembered }) => memoryRowOf(id, remembered!, partition)),
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
    },
  };
};

export const handler = lambdaHandler(create);

async function evaluateBatch(
  batch: Batch,
  decoder: EventDecoder,
  warm: WarmPartition,
  evaluation: BatchEvaluation,
): Promise<void> {
  const skip = firstIndexFrom(batch, warm.committed);
  if (skip === batch.count) return;
  const keys: string[] = [];
  let lastTick = Number.NEGATIVE_INFINITY;
  const first = new FrameCursor(batch.frames);
  for (let index = 0; first.next(); index++) {
    if (index < skip) continue;
    if (first.kind === RecordKind.tick) lastTick = Math.max(lastTick, first.arrivalTime);
    else keys.push(first.key());
  }
  const devices = await warm.devices(keys);
  if (lastTick !== Number.NEGATIVE_INFINITY) await warm.dueBy(lastTick);

  const cursor = new FrameCursor(batch.frames);
  let index = 0;
  let event = 0;
  const offset = (): bigint => offsetAt(batch, index);
  for (; cursor.next(); index++) {
    if (index < skip) continue;
    const { arrivalTime } = cursor;
    if (cursor.kind === RecordKind.tick) {
      evaluation.tick({ offset: offset(), arrivalTime });
      continue;
    }
    const state = devices[event++]!;
    const decoded = decoder.decode(cursor, state.id);
    // What validation refuses is validate's to report.
    if (!decoded.ok) continue;
    const { deviceType, body, eventTime } = decoded;
    evaluation.event(state, { deviceType, body, eventTime, arrivalTime }, offset);
  }
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
