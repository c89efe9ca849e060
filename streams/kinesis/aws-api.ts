/** The Kinesis API by the AWS SDK. */
import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  IncreaseStreamRetentionPeriodCommand,
  KinesisClient,
  type KinesisClientConfig,
  ListShardsCommand,
  PutRecordsCommand,
  type Shard as SdkShard,
} from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { MillraceError } from '../../common/errors.js';
import type { KinesisAddress } from './address.js';
import type { IteratorPosition, KinesisApi, Shard } from './api.js';
import { shardNumber } from './api.js';
import { kinesisError } from './errors.js';

const CONNECT_MS = 5_000;
const REQUEST_MS = 30_000;
const SOCKETS = 64;

/** Names that the SDK is asked with have the address' prefix; all others here have not. */
export function createAwsApi({
  endpoint,
  region,
  credentials,
  streamPrefix = '',
}: KinesisAddress = {}): KinesisApi {
  const config: KinesisClientConfig = {
    // Whoever calls retries: a second attempt of one request must not pass what was sent in the meantime.
    maxAttempts: 1,
    ...(credentials === undefined ? {} : { credentials }),
    ...(region === undefined ? {} : { region }),
  };
  if (endpoint !== undefined) {
    config.endpoint = endpoint;
    // The SDK speaks HTTP/2 to Kinesis; emulators do not.
    config.requestHandler = new NodeHttpHandler({
      connectionTimeout: CONNECT_MS,
      requestTimeout: REQUEST_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    });
  }
  const client = new KinesisClient(config);
  const nameOf = (stream: string) => streamPrefix + stream;
  const attempt = async <T>(doing: string, call: () => Promise<T>): Promise<T> => {
    try {
      return await call();
    } catch (error) {
      throw kinesisError(doing, error);
    }
  };

  return {
    async describe(stream) {
      try {
        const { StreamDescriptionSummary: found } = await client.send(
          new DescribeStreamSummaryCommand({ StreamName: nameOf(stream) }),
        );
        return {
          status: found?.StreamStatus ?? 'CREATING',
          openShards: found?.OpenShardCount ?? 0,
          retentionHours: found?.RetentionPeriodHours ?? 0,
        };
      } catch (error) {
        const failure = kinesisError(`looking for the stream ${nameOf(stream)}`, error);
        if (failure.code === 'STREAM_MISSING') return null;
        throw failure;
      }
    },
    async create(stream, shards) {
      try {
        await client.send(new CreateStreamCommand({ StreamName: nameOf(stream), ShardCount: shards }));
      } catch (error) {
        const failure = kinesisError(`creating the stream ${nameOf(stream)}`, error);
        if (failure.code !== 'STREAM_IN_USE') throw failure;
      }
    },
    raiseRetention: (stream, hours) =>
      attempt(`raising the retention of ${nameOf(stream)} to ${hours} h`, async () => {
        const input = { StreamName: nameOf(stream), RetentionPeriodHours: hours };
        await client.send(new IncreaseStreamRetentionPeriodCommand(input));
      }),
    shards: (stream) =>
      attempt(`listing the shards of ${nameOf(stream)}`, async () => {
        const found: Shard[] = [];
        let token: string | undefined;
        do {
          const page = await client.send(
            new ListShardsCommand(
              token === undefined ? { StreamName: nameOf(stream) } : { NextToken: token },
            ),
          );
          found.push(...(page.Shards ?? []).map(shardOf));
          token = page.NextToken;
        } while (token !== undefined && token !== '');
        return found.sort((a, b) => a.number - b.number);
      }),
    put: (stream, entries) =>
      attempt(`appending to ${nameOf(stream)}`, async () => {
        const { Records = [] } = await client.send(
          new PutRecordsCommand({
            StreamName: nameOf(stream),
            Records: entries.map(({ partitionKey, hashKey, data }) => ({
              PartitionKey: partitionKey,
              ExplicitHashKey: `${hashKey}`,
              Data: data,
            })),
          }),
        );
        return entries.map((_, at) => {
          const { SequenceNumber, ShardId, ErrorCode, ErrorMessage } = Records[at] ?? {};
          return SequenceNumber !== undefined && ShardId !== undefined && ErrorCode === undefined
            ? { shardId: ShardId, sequence: BigInt(SequenceNumber) }
            : { code: ErrorCode ?? 'InternalFailure', message: ErrorMessage ?? 'no answer for the record' };
        });
      }),
    iterator: (stream, shardId, position) =>
      attempt(`looking for a position in ${nameOf(stream)}, ${shardId}`, async () => {
        const { ShardIterator } = await client.send(
          new GetShardIteratorCommand({ StreamName: nameOf(stream), ShardId: shardId, ...inputOf(position) }),
        );
        if (ShardIterator === undefined) throw new Error('the answer has no iterator');
        return ShardIterator;
      }),
    records: (iterator, limit) =>
      attempt('reading records', async () => {
        const answer = await client.send(new GetRecordsCommand({ ShardIterator: iterator, Limit: limit }));
        return {
          records: (answer.Records ?? []).map((record) => ({
            sequence: BigInt(record.SequenceNumber ?? 0),
            partitionKey: record.PartitionKey ?? '',
            arrival: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
            data: bufferOf(record.Data),
          })),
          next: answer.NextShardIterator ?? null,
          behindMs: answer.MillisBehindLatest ?? 0,
        };
      }),
    close: () => client.destroy(),
  };
}

function inputOf(position: IteratorPosition) {
  switch (position.type) {
    case 'TRIM_HORIZON':
      return { ShardIteratorType: position.type };
    case 'AT_TIMESTAMP':
      return { ShardIteratorType: position.type, Timestamp: new Date(position.time) };
    default:
      return { ShardIteratorType: position.type, StartingSequenceNumber: `${position.sequence}` };
  }
}

function shardOf(shard: SdkShard): Shard {
  const id = shard.ShardId ?? '';
  const number = shardNumber(id);
  if (number === undefined) {
    throw new MillraceError(`not a Kinesis shard: ${JSON.stringify(id)}`, { code: 'STREAM_SHARD' });
  }
  const parents = [shard.ParentShardId, shard.AdjacentParentShardId]
    .map((parent) => (parent === undefined ? undefined : shardNumber(parent)))
    .filter((parent) => parent !== undefined);
  return {
    id,
    number,
    parents,
    firstHash: BigInt(shard.HashKeyRange?.StartingHashKey ?? 0),
    lastHash: BigInt(shard.HashKeyRange?.EndingHashKey ?? 0),
    start: BigInt(shard.SequenceNumberRange?.StartingSequenceNumber ?? 0),
    isClosed: shard.SequenceNumberRange?.EndingSequenceNumber !== undefined,
  };
}

function bufferOf(data: Uint8Array | undefined): Buffer {
  return data === undefined ? Buffer.alloc(0) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
