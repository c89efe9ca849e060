/**
 * `fleet`: adds up what `alert` has counted of each group in the partitions of the telemetry, and lets fleet-level rules
 * decide on the sums. Stream `fleet` -> stream `alerts`: the counts of a group all come in one partition, whatever
 * partitions its devices are in.
 */
import { join } from 'node:path';
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { tagNames } from '../../schemas/device-tags.js';
import { type Batch, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import { BatchEvaluation } from '../alert/evaluate.js';
import { processOf } from '../alert/lane.js';
import type { Rule } from '../alert/language/rule.js';
import type { Position } from '../alert/outcome.js';
import { RulePlan } from '../alert/plan.js';
import { ruleErrors } from '../alert/rule-errors.js';
import { loadRules } from '../alert/rules.js';
import { GROUPS, type WarmPartition } from '../alert/warm.js';
import type { CreateFunction } from '../contract.js';
import { firstIndexFrom } from '../resume.js';
import { applyCounts } from './apply.js';
import { specOf } from './counts.js';
import { type GroupCounts, parseCounts } from './messages.js';
import { groupId, groupRules, groupTags } from './rules.js';

export const create: CreateFunction = (platform) => {
  const { settings, log } = platform;
  const rules = loadRules(join(settings.root, 'rules'), { tags: tagNames(settings.deviceTags) });
  const counted = new Map(
    rules
      .filter(isAboutFleet)
      .map((rule) => [rule.name, { spec: specOf(rule), hasHours: rule.active !== null }]),
  );
  const onRuleError = ruleErrors(log);
  const plan = new RulePlan(groupRules(rules), true);

  const process = processOf(
    {
      scope: GROUPS,
      plan,
      async evaluate(batch, warm) {
        const evaluation = new BatchEvaluation(warm, groupTags, null, onRuleError);
        await evaluateBatch(batch, counted, warm, evaluation);
        return { outcome: evaluation.outcome };
      },
    },
    platform,
  );
  return { process };
};

export const handler = lambdaHandler(create);

function isAboutFleet({ fleet }: Rule): boolean {
  return fleet !== null;
}

/** Rules about fleets, by name. */
type Counted = ReadonlyMap<string, { readonly spec: string; readonly hasHours: boolean }>;

type Read = { readonly at: Position } & ({ readonly counts: GroupCounts } | { readonly counts: null });

async function evaluateBatch(
  batch: Batch,
  counted: Counted,
  warm: WarmPartition,
  evaluation: BatchEvaluation,
): Promise<void> {
  const records = [...read(batch, counted, firstIndexFrom(batch, warm.committed))];
  const groups = records.flatMap(({ counts }) => (counts === null ? [] : groupId(counts.group)));
  const states = await warm.devices(groups);
  let group = 0;
  for (const { counts, at } of records) {
    if (counts === null) evaluation.tick(at);
    else applyCounts(counts, states[group++]!, at, evaluation, counted.get(counts.rule)!.hasHours);
  }
}

/** Ticks, and counts of the rules there are, from `skip` on. */
function* read(batch: Batch, counted: Counted, skip: number): Generator<Read> {
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (index < skip) continue;
    const { arrivalTime, kind } = cursor;
    const at = { offset: offsetAt(batch, index), arrivalTime };
    if (kind === RecordKind.tick) yield { at, counts: null };
    else {
      const counts = parseCounts(cursor.value());
      if (counted.get(counts.rule)?.spec === counts.spec) yield { at, counts };
    }
  }
}
