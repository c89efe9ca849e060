/**
 * `alert`: telemetry -> rules -> firing, missed and resolved alerts on the stream `alerts`, and the state behind them;
 * and, for rules about groups of devices, how many of each match, for `fleet`.
 */
import { join } from 'node:path';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { EventDecoder } from '../../schemas/decode.js';
import { deviceTags, tagNames } from '../../schemas/device-tags.js';
import { loadSchemas } from '../../schemas/registry.js';
import { type Batch, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import type { CreateFunction } from '../contract.js';
import { countsId, PartitionCounts } from '../fleet/counts.js';
import { COUNTS_STREAM } from '../fleet/messages.js';
import { firstIndexFrom } from '../resume.js';
import { BatchEvaluation } from './evaluate.js';
import { processOf } from './lane.js';
import { RulePlan } from './plan.js';
import { ruleErrors } from './rule-errors.js';
import { loadRules } from './rules.js';
import { DEVICES, type WarmPartition } from './warm.js';

export const create: CreateFunction = (platform) => {
  const { settings, stores, log } = platform;
  const loaded = loadRules(join(settings.root, 'rules'), { tags: tagNames(settings.deviceTags) });
  // Whoever keeps alerts for so long does not wait longer for a device either: it would be repeated for ever.
  const rules = loaded.map((rule) => ({ ...rule, goneMs: settings.retention.alerts }));
  const decoder = new EventDecoder(loadSchemas(join(settings.root, 'schemas')), settings);
  const tagsOf = deviceTags(settings.deviceTags);
  const onRuleError = ruleErrors(log);
  const counted = rules.some(({ fleet }) => fleet !== null) ? new Map<number, PartitionCounts>() : null;

  const process = processOf(
    {
      scope: DEVICES,
      plan: new RulePlan(rules),
      async loaded(partition) {
        if (counted === null) return;
        const counts = new PartitionCounts(rules, partition, onRuleError);
        for (const row of await stores.alerts.memories(DEVICES, [countsId(partition)])) counts.restore(row);
        counted.set(partition, counts);
      },
      async evaluate(batch, warm) {
        const counts = counted?.get(batch.partition) ?? null;
        const evaluation = new BatchEvaluation(warm, tagsOf, counts, onRuleError);
        const { outcome } = evaluation;
        const { last, lastTick } = await evaluateBatch(batch, decoder, warm, evaluation);
        if (counts === null) return { outcome };
        if (lastTick > 0) counts.passed(lastTick);
        const row = counts.row(last);
        return {
          outcome,
          besides: { stream: COUNTS_STREAM, records: counts.take() },
          memories: row === null ? [] : [row],
        };
      },
    },
    platform,
  );
  return { process };
};

export const handler = lambdaHandler(create);

/** Returns the offset of the last record, and the time of the last tick (-Infinity: there is none). */
async function evaluateBatch(
  batch: Batch,
  decoder: EventDecoder,
  warm: WarmPartition,
  evaluation: BatchEvaluation,
): Promise<{ readonly last: bigint; readonly lastTick: number }> {
  const skip = firstIndexFrom(batch, warm.committed);
  const last = offsetAt(batch, batch.count - 1);
  let lastTick = Number.NEGATIVE_INFINITY;
  if (skip === batch.count) return { last, lastTick };
  const keys: string[] = [];
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
  return { last, lastTick };
}
