/** A stream's shards as Lambda reads them: GetRecords from the oldest record on, each record as events have it. */
import type { KinesisStreamRecord } from 'aws-lambda';
import { apiOf } from '../../support/kinesis.js';
import type { Random } from '../../support/random.js';

/** By shard, in order of their numbers. */
export async function readShards(
  endpoint: string,
  stream: string,
  random: Random,
): Promise<KinesisStreamRecord[][]> {
  const api = apiOf(endpoint);
  try {
    const shards: KinesisStreamRecord[][] = [];
    for (const { id } of await api.shards(stream)) {
      const found: KinesisStreamRecord[] = [];
      let iterator: string | null = await api.iterator(stream, id, { type: 'TRIM_HORIZON' });
      for (let empty = 0; iterator !== null && empty < 3; ) {
        const answer: Awaited<ReturnType<typeof api.records>> = await api.records(
          iterator,
          random.integer(1_000, 10_000),
        );
        // Nothing at the tip; in front of it, an emulator has something for everyone.
        empty = answer.records.length === 0 ? empty + 1 : 0;
        for (const record of answer.records) found.push(eventRecord(stream, id, record));
        iterator = answer.next;
      }
      shards.push(found);
    }
    return shards;
  } finally {
    api.close();
  }
}

function eventRecord(
  stream: string,
  shardId: string,
  record: { sequence: bigint; partitionKey: string; arrival: number; data: Buffer },
): KinesisStreamRecord {
  const sequenceNumber = record.sequence.toString();
  return {
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber,
      data: record.data.toString('base64'),
      approximateArrivalTimestamp: record.arrival / 1000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${sequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: 'arn:aws:iam::000000000000:role/parity',
    awsRegion: 'us-east-1',
    eventSourceARN: `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
  };
}
