/**
 * `sqs:` entries: event source mappings from a queue. A local stream of the queue's name stands in, and the queue's
 * redrive policy becomes retries and a destination.
 *
 * A stream has one batch under way per partition: `maximumConcurrency` bounds the partitions it may have here.
 */

import type { PathKeys } from '../../common/problems.js';
import { type Arn, readArn } from './arn.js';
import { queueNameToken } from './logical-ids.js';
import type { StreamTrigger } from './manifest.js';
import { type GivenMapping, givenOf, type Mapping, mappingOf } from './mapping-rules.js';
import { logicalIds } from './osls.js';
import type { Resource } from './resources.js';
import type { TriggerContext } from './trigger-context.js';
import { isObject, numberOf, refuseOthers, whole } from './values.js';

const KEYS = [
  'batchSize',
  'enabled',
  'filterPatterns',
  'functionResponseType',
  'maximumConcurrency',
] as const;
const KNOWN = [...KEYS, 'arn', 'maximumBatchingWindow'];
const WANTED = '!GetAtt <queue>.Arn of a queue under resources, or the ARN of one';
/** SQS' own defaults and bounds. */
const RETENTION_S = 345_600;
const VISIBILITY_TIMEOUT_S = 30;

/** One trigger, or none when a problem was added. */
export function queueTrigger(value: unknown, at: PathKeys, context: TriggerContext): StreamTrigger[] {
  const { resources, problems, extensions, destinations, streams, now, functionName } = context;
  const before = problems.list.length;
  const entry = isObject(value) && !isReference(value) ? value : { arn: value };
  const place = entry === value ? [...at, 'arn'] : at;
  refuseOthers(entry, KNOWN, at, problems);
  const arn = readArn(entry.arn, place, resources, ['AWS::SQS::Queue'], WANTED, problems);
  if (arn !== undefined && (arn.service !== 'sqs' || !/^[\w.-]{1,128}$/.test(arn.resource))) {
    problems.add(place, `must be ${WANTED}`);
  }
  const given = givenOf(entry, KEYS, at);
  if (entry.maximumBatchingWindow !== undefined) {
    given.set('batchWindow', { value: entry.maximumBatchingWindow, at: [...at, 'maximumBatchingWindow'] });
  }
  extensions.merge(logicalIds.getQueueLogicalId(functionName, queueNameToken(entry.arn)), 'sqs', given);
  const allowed = { buckets: false, fifo: false };
  const mapping = mappingOf(given, { kind: 'sqs', at, destinations, allowed, now }, problems);
  if (arn === undefined) return [];
  const { retries, retentionMs } = queueOf(arn, mapping, given, at, context);
  if (problems.list.length > before) return [];
  streams.standIn(arn.resource, retentionMs);
  const source = { source: 'sqs', stream: arn.resource, arn: arn.text, bootstrapServers: [] } as const;
  return [{ type: 'stream', ...source, ...mapping, ...retries }];
}

interface Queue {
  readonly retries: Partial<Pick<Mapping, 'maximumRetryAttempts' | 'onFailure'>>;
  readonly retentionMs: number;
}

/** What the queue itself says about delivery, and its relations to the trigger and the function. */
function queueOf(
  { declared, resource }: Arn,
  mapping: Mapping,
  given: GivenMapping,
  at: PathKeys,
  context: TriggerContext,
): Queue {
  const { problems, streams, timeoutMs } = context;
  const properties = declared?.properties ?? {};
  const read = (key: string, lowest: number, highest: number, fallback: number) =>
    declared === undefined || properties[key] === undefined
      ? fallback
      : (whole(lowest, highest)(properties[key], [...declared.at, key], problems) ?? fallback);
  const fifo = resource.endsWith('.fifo') || String(properties.FifoQueue) === 'true';
  if (fifo && mapping.batchSize > 10) {
    problems.add(given.get('batchSize')?.at ?? [...at, 'batchSize'], 'must be at most 10 with a FIFO queue');
  }
  if (fifo && mapping.batchWindowMs > 0) {
    const place = given.get('batchWindow')?.at ?? [...at, 'maximumBatchingWindow'];
    problems.add(place, 'cannot be had with a FIFO queue');
  }
  const concurrency = given.get('maximumConcurrency');
  const partitions = streams.standInPartitions(resource);
  if (concurrency !== undefined && partitions > Number(concurrency.value)) {
    problems.add(
      ['custom', 'millrace', 'streams', resource, 'partitions'],
      `must not be above maximumConcurrency, ${String(concurrency.value)}: each partition is a batch at a time`,
    );
  }
  const visibilityS = read('VisibilityTimeout', 0, 43_200, VISIBILITY_TIMEOUT_S);
  if (declared !== undefined && visibilityS * 1000 < timeoutMs) {
    problems.add(
      [...declared.at, 'VisibilityTimeout'],
      `must be at least the timeout of function ${context.functionName}, ${timeoutMs / 1000} (seconds)`,
    );
  }
  return {
    retentionMs: read('MessageRetentionPeriod', 60, 1_209_600, RETENTION_S) * 1000,
    retries: declared === undefined ? {} : redrive(declared, fifo, context),
  };
}

/** A message received `maxReceiveCount` times in vain goes to the dead-letter queue: one attempt, the rest retries. */
function redrive(
  { properties, at, name }: Resource,
  fifo: boolean,
  { resources, destinations, problems }: TriggerContext,
): Queue['retries'] {
  if (properties.RedrivePolicy === undefined) return {};
  const place = [...at, 'RedrivePolicy'];
  const policy = policyOf(properties.RedrivePolicy);
  if (policy === undefined) {
    problems.add(place, 'must have maxReceiveCount and deadLetterTargetArn');
    return {};
  }
  const count = whole(1, 1000)(numberOf(policy.maxReceiveCount), [...place, 'maxReceiveCount'], problems);
  const target = [...place, 'deadLetterTargetArn'];
  const arn = readArn(
    policy.deadLetterTargetArn,
    target,
    resources,
    ['AWS::SQS::Queue'],
    '!GetAtt <queue>.Arn of a queue under resources, or the ARN of one',
    problems,
  );
  if (count === undefined || arn === undefined) return {};
  if (arn.service !== 'sqs') {
    problems.add(target, 'must be a queue');
    return {};
  }
  const onFailure = destinations.take(arn, target, { buckets: false, fifo, source: name });
  return onFailure === undefined ? {} : { maximumRetryAttempts: count - 1, onFailure };
}

/** CloudFormation takes the policy as an object or as JSON. */
function policyOf(policy: unknown): Record<string, unknown> | undefined {
  if (isObject(policy)) return policy;
  const json = typeof policy === 'string' ? policy : undefined;
  if (json === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(json);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function isReference(value: Record<string, unknown>): boolean {
  return Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'));
}
