/**
 * The fields around a record's data, as the event of each source shows them: what patterns may select by besides the
 * data. They are made when a pattern asks for one, which few do.
 */
import { arnParts } from '../../lambda/arn.js';
import { shardIdOf } from '../../lambda/kinesis-event.js';
import { sequenceNumberOf } from '../../lambda/sequence-number.js';
import { messageIdOf } from '../../lambda/sqs-event.js';
import type { EventSourceKind } from '../../manifest/manifest.js';
import type { FilterSubject } from './filter.js';

/** What all records of an event source mapping have in common. */
export interface FilterOrigin {
  /** Empty when there is none (Kafka outside AWS). */
  readonly arn: string;
  readonly bootstrapServers: readonly string[];
}

type Field = (record: FilterSubject, origin: FilterOrigin) => unknown;
type Fields = Readonly<Record<string, Field>>;

const sequenceNumber: Field = ({ partition, offset }) => sequenceNumberOf(partition, offset);
const arn: Field = (_, origin) => (origin.arn === '' ? undefined : origin.arn);
const region: Field = (_, origin) => arnParts(origin.arn, '').region;

const fields: Readonly<Record<EventSourceKind, Fields>> = {
  kinesis: {
    kinesisSchemaVersion: () => '1.0',
    partitionKey: ({ key }) => key || '-',
    sequenceNumber,
    approximateArrivalTimestamp: ({ arrivalTime }) => arrivalTime / 1000,
    eventSource: () => 'aws:kinesis',
    eventVersion: () => '1.0',
    eventID: (record, origin) => `${shardIdOf(record.partition)}:${String(sequenceNumber(record, origin))}`,
    eventName: () => 'aws:kinesis:record',
    awsRegion: region,
    eventSourceARN: arn,
  },
  kafka: {
    topic: ({ stream }) => stream,
    partition: ({ partition }) => partition,
    offset: ({ offset }) => Number(offset),
    timestamp: ({ arrivalTime }) => arrivalTime,
    timestampType: () => 'CREATE_TIME',
    headers: ({ headers = {} }) =>
      Object.entries(headers).map(([name, value]) => ({ [name]: [...Buffer.from(value)] })),
    eventSource: (_, { arn }) => (arnParts(arn, '').service === 'kafka' ? 'aws:kafka' : 'SelfManagedKafka'),
    eventSourceArn: arn,
    bootstrapServers: (_, { bootstrapServers }) => bootstrapServers.join(','),
  },
  sqs: {
    messageId: (record) => messageIdOf(record, record.offset),
    attributes: ({ arrivalTime }) => ({ SentTimestamp: String(Math.round(arrivalTime)) }),
    messageAttributes: ({ headers = {} }) =>
      Object.fromEntries(
        Object.entries(headers).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
      ),
    eventSource: () => 'aws:sqs',
    awsRegion: region,
    eventSourceARN: arn,
  },
};

/** JSON of a field of the event; undefined when it has none of that name. */
export function metadataOf(
  source: EventSourceKind,
  name: string,
  record: FilterSubject,
  origin: FilterOrigin,
): unknown {
  return Object.hasOwn(fields[source], name) ? fields[source][name]!(record, origin) : undefined;
}
