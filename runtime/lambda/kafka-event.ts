/**
 * Kafka events, of Amazon MSK when the source's ARN is one of MSK's, of a self-managed cluster otherwise. A record
 * without a key has none in the event either; headers are lists of bytes, each in an object of its own.
 */
import type { MSKEvent, MSKRecord, SelfManagedKafkaEvent } from 'aws-lambda';
import { type Batch, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import type { BatchInvocation } from '../environments/invocation.js';
import { arnParts } from './arn.js';
import type { BatchEvent } from './batch-event.js';

/** Kafka's record of which the key may be absent: the published types do not know that. */
type KafkaRecord = Omit<MSKRecord, 'key'> & { key?: string };
type KafkaFields = { bootstrapServers: string; records: Record<string, KafkaRecord[]> };
type KafkaEvent =
  | (Omit<MSKEvent, 'records'> & KafkaFields)
  | (Omit<SelfManagedKafkaEvent, 'records'> & KafkaFields);

export function kafkaEvent({ batch, source }: BatchInvocation): BatchEvent {
  const records: KafkaRecord[] = [];
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (cursor.kind !== RecordKind.tick) records.push(recordOf(cursor, batch, offsetAt(batch, index)));
  }
  const group = `${batch.stream}-${batch.partition}`;
  const fields = {
    bootstrapServers: source.bootstrapServers.join(','),
    records: records.length === 0 ? {} : { [group]: records },
  };
  const event: KafkaEvent =
    arnParts(source.arn, '').service === 'kafka'
      ? { eventSource: 'aws:kafka', eventSourceArn: source.arn, ...fields }
      : { eventSource: 'SelfManagedKafka', ...fields };
  // The function may change its event: the numbers are kept apart, made when the first is asked for.
  const offsets = records.map(({ offset }) => offset);
  let known: Set<number> | undefined;
  return {
    event,
    count: records.length,
    identifiers: {
      offsetOf(identifier) {
        const offset = offsetIn(identifier, group);
        known ??= new Set(offsets);
        return offset !== null && known.has(offset) ? BigInt(offset) : null;
      },
    },
  };
}

function recordOf(cursor: FrameCursor, batch: Batch, offset: bigint): KafkaRecord {
  const key = cursor.key();
  return {
    topic: batch.stream,
    partition: batch.partition,
    offset: Number(offset),
    timestamp: cursor.arrivalTime,
    timestampType: 'CREATE_TIME',
    ...(key === '' ? {} : { key: Buffer.from(key).toString('base64') }),
    value: cursor.bytes.toString('base64', cursor.valueStart, cursor.valueEnd),
    headers: Object.entries(cursor.headers() ?? {}).map(([name, value]) => ({
      [name]: [...Buffer.from(value)],
    })),
  };
}

/**
 * `{ partition: "topic-0", offset: 7 }`, as AWS documents it; the plain number of the partition is understood too, and
 * so is one string of the three (`topic-0-7`, or with another separator before the offset), which middleware sends.
 */
function offsetIn(identifier: unknown, group: string): number | null {
  if (typeof identifier === 'string') {
    const separator = identifier.charAt(group.length);
    const isOfGroup = identifier.startsWith(group) && /[-:/@]/.test(separator);
    return isOfGroup ? wholeNumber(identifier.slice(group.length + 1)) : null;
  }
  if (typeof identifier !== 'object' || identifier === null) return null;
  const { partition, offset } = identifier as { partition?: unknown; offset?: unknown };
  const number = group.slice(group.lastIndexOf('-') + 1);
  if (partition !== group && String(partition) !== number) return null;
  return wholeNumber(offset);
}

function wholeNumber(value: unknown): number | null {
  if (typeof value === 'number') return Number.isInteger(value) ? value : null;
  return typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : null;
}
