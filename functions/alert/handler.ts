/**
 * `alert`: telemetry -> rules -> firing and resolved alerts on the stream `alerts`, and the state behind them.
 *
 * Alerts are appended while the state that takes them as told is being committed, so the commit says what it owes the
 * stream: had the append not become durable when everything stopped, the next environment tells it again. What was
 * durable and is told again is the same document (`notify` knows it by its id). Rows carry the offset of the record
 * that changed them last, so a record that comes again changes nothing. Ordinary events of devices without an alert
 * write nothing at all.
 */
import { join } from 'node:path';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { messageOf } from '../../common/errors.js';
import { EventDecoder } from '../../schemas/decode.js';
import { loadSchemas } from '../../schemas/registry.js';
import type { OwedAlerts, Told } from '../../stores/alerts.js';
import { type Batch, lastOffset, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import { type CreateFunction, type OutgoingRecord, type Platform, SUCCESS } from '../contract.js';
import { PASSED_HEADER } from '../notify/core.js';
import { BatchEvaluation, type OnRuleError } from './evaluate.js';
import { loadRules, type Rule } from './rules.js';
import { rowOf, SCOPE, WarmPartition } from './warm.js';

export const create: CreateFunction = (platform) => {
  const { settings, stores } = platform;
  const rules = loadRules(join(settings.root, 'rules'));
  const decoder = new EventDecoder(loadSchemas(join(settings.root, 'schemas')), settings);
  const onRuleError = ruleErrors(platform);
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
      if (warm === undefined || warm.crowded || !warm.continues(batch)) {
        warm = new WarmPartition(rules, partition);
        // What was owed for records before these was durable when their batch was finished.
        owed = (await stores.alerts.owed(SCOPE, partition)).filter(
          ({ through }) => through >= batch.baseOffset && !durable.includes(through),
        );
      }
      const evaluation = new BatchEvaluation(rules, warm, onRuleError);
      await evaluateBatch(batch, decoder, warm, evaluation, platform);
      const { told, changed, ended } = evaluation;
      const telling = [...owed.flatMap(({ alerts }) => alerts), ...told];
      const commits = changed.size > 0 || ended.length > 0;
      const from = warm.committed ?? 0n;
      const end = lastOffset(batch) + 1n;
      // Records that come again are behind what was committed.
      const next = end > from ? end : from;
      // The append begins first: the host is at it while this thread commits.
      await Promise.all([
        telling.length > 0 ? platform.append('alerts', telling.map(recordOf)) : undefined,
        commits
          ? stores.alerts.commit({
              partition,
              scope: SCOPE,
              next,
              from,
              memories: [],
              rows: [...changed].map((entry) => rowOf(entry, partition)),
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
  { stores }: Platform,
): Promise<void> {
  const keys: string[] = [];
  const first = new FrameCursor(batch.frames);
  while (first.next()) if (first.kind !== RecordKind.tick) keys.push(first.key());
  const devices = await warm.devices(keys, stores.alerts);

  const cursor = new FrameCursor(batch.frames);
  let index = 0;
  let event = 0;
  const offset = (): bigint => offsetAt(batch, index);
  for (; cursor.next(); index++) {
    const { arrivalTime } = cursor;
    if (cursor.kind === RecordKind.tick) {
      evaluation.tick({ offset: offset(), arrivalTime });
      continue;
    }
    const state = devices[event++]!;
    const decoded = decoder.decode(cursor, state.id);
    // What validation refuses is validate's to report.
    if (!decoded.ok) continue;
    const device = { id: state.id, type: decoded.deviceType };
    evaluation.event(state, device, decoded.body, decoded.eventTime, arrivalTime, offset);
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

/** Says once per rule and environment that it cannot be evaluated, with an example; the rest is only counted. */
function ruleErrors({ log }: Platform): OnRuleError {
  const counts = new Map<Rule, number>();
  return (rule, deviceId, error) => {
    const count = (counts.get(rule) ?? 0) + 1;
    counts.set(rule, count);
    // Powers of ten: a rule that fails for every event is not forgotten, and does not flood the log either.
    if (Number.isInteger(Math.log10(count))) {
      log.warn(
        { rule: rule.name, place: rule.place, deviceId, count, reason: messageOf(error) },
        'a rule cannot be evaluated for an event',
      );
    }
  };
}
