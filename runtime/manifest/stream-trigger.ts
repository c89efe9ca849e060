/** `stream:` entries: event source mappings from Kinesis streams. */

import { type PathKeys, suggestion } from '../../common/problems.js';
import { type Arn, readArn } from './arn.js';
import { streamNameToken } from './logical-ids.js';
import type { StreamTrigger } from './manifest.js';
import { type GivenMapping, givenOf, mappingOf } from './mapping-rules.js';
import { logicalIds } from './osls.js';
import type { TriggerContext } from './trigger-context.js';
import { isObject, oneOf, refuseOthers } from './values.js';

const KEYS = [
  'batchSize',
  'batchWindow',
  'bisectBatchOnFunctionError',
  'enabled',
  'filterPatterns',
  'functionResponseType',
  'maximumRecordAgeInSeconds',
  'maximumRetryAttempts',
  'parallelizationFactor',
  'startingPosition',
  'startingPositionTimestamp',
  'tumblingWindowInSeconds',
] as const;
const KNOWN = ['arn', 'type', 'consumer', 'destinations', ...KEYS];
const WANTED =
  '!GetAtt <stream>.Arn of a Kinesis stream under resources (with type: kinesis), or the ARN of one';
/** Kinesis' own default, for streams that this file does not declare. */
const RETENTION_MS = 86_400_000;

/** One trigger, or none when a problem was added. */
export function streamTrigger(value: unknown, at: PathKeys, context: TriggerContext): StreamTrigger[] {
  const { problems, extensions, destinations, streams, now, functionName } = context;
  const before = problems.list.length;
  const plain = typeof value === 'string';
  const entry = isObject(value) ? value : { arn: value };
  refuseOthers(entry, KNOWN, at, problems);
  if (entry.type === 'dynamodb' || /^arn:[\w-]+:dynamodb:/.test(String(entry.arn))) {
    problems.add(
      [...at, entry.type === 'dynamodb' ? 'type' : 'arn'],
      'a stream of a DynamoDB table has changes of that table, and there is no such table here',
    );
    return [];
  }
  if (entry.type !== undefined) oneOf('kinesis')(entry.type, [...at, 'type'], problems);
  else if (isObject(entry.arn))
    problems.add([...at, 'type'], 'must be kinesis: the packager needs it with a reference');
  const arn = sourceOf(entry.arn, plain ? at : [...at, 'arn'], context);

  const given = givenOf(entry, KEYS, at);
  if (entry.destinations !== undefined) {
    const failure = onFailureOf(entry.destinations, [...at, 'destinations'], context);
    if (failure !== undefined) given.set('onFailure', failure);
  }
  const logicalId = logicalIds.getStreamLogicalId(functionName, 'kinesis', streamNameToken(entry.arn));
  extensions.merge(logicalId, 'kinesis', given);
  checkTimestamp(entry, given, logicalId, at, context);
  checkConsumer(entry.consumer, [...at, 'consumer'], context);
  const stream = arn?.resource.slice('stream/'.length);
  const allowed = { buckets: true, fifo: false, ...(stream === undefined ? {} : { source: stream }) };
  const mapping = mappingOf(given, { kind: 'kinesis', at, destinations, allowed, now }, problems);
  if (arn === undefined || stream === undefined || problems.list.length > before) return [];
  streams.standIn(stream, RETENTION_MS);
  return [{ type: 'stream', source: 'kinesis', stream, arn: arn.text, bootstrapServers: [], ...mapping }];
}

function sourceOf(value: unknown, at: PathKeys, { resources, streams, problems }: TriggerContext) {
  const arn: Arn | undefined = readArn(value, at, resources, ['AWS::Kinesis::Stream'], WANTED, problems);
  if (arn === undefined) return undefined;
  const name = /^stream\/(.+)$/.exec(arn.resource)?.[1];
  if (arn.service !== 'kinesis' || name === undefined) {
    problems.add(at, `must be ${WANTED}`);
    return undefined;
  }
  if (!streams.has(name)) {
    problems.add(
      at,
      `no Kinesis stream named ${name} under resources${suggestion(name, streams.names)} ` +
        `(custom.millrace.streams.${name}.partitions makes one here)`,
    );
    return undefined;
  }
  return arn;
}

function onFailureOf(value: unknown, at: PathKeys, { problems }: TriggerContext) {
  if (!isObject(value) || value.onFailure === undefined) {
    problems.add(at, 'must have onFailure');
    return undefined;
  }
  refuseOthers(value, ['onFailure'], at, problems);
  return { value: value.onFailure, at: [...at, 'onFailure'] };
}

/** Enhanced fan-out: another way for AWS to fetch the same records. */
function checkConsumer(value: unknown, at: PathKeys, { problems }: TriggerContext): void {
  if (value === undefined || value === true || isObject(value)) return;
  if (typeof value === 'string' && value.startsWith('arn:')) return;
  problems.add(at, 'must be true or the ARN of a consumer');
}

/**
 * The packager (osls 4.3) writes `startingPositionTimestamp` into the template only for a stream with `consumer`.
 * Without it AWS would be told AT_TIMESTAMP and no time.
 */
function checkTimestamp(
  entry: Record<string, unknown>,
  given: GivenMapping,
  logicalId: string,
  at: PathKeys,
  { problems }: TriggerContext,
): void {
  const path = [...at, 'startingPositionTimestamp'];
  const own = given.get('startingPositionTimestamp');
  if (own === undefined || entry.consumer !== undefined || own.at.join('\0') !== path.join('\0')) return;
  problems.add(
    path,
    'the packager leaves it out of the template without `consumer`; say it as ' +
      `resources.extensions.${logicalId}.Properties.StartingPositionTimestamp`,
  );
}
