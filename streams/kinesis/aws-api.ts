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
import type { IteratorPosition, KinesisApi, Shard } from './api.js';
import { shardNumber } from './api.js';
import { kinesisError } from './errors.js';

export interface AwsOptions {
  /** Of an emulator, or of a private endpoint. Default: the region's own. */
  readonly endpoint?: string;
  /** Default: the SDK's usual places; `us-east-1` where an endpoint is given and no region is. */
  readonly region?: string;
  /** Default: the SDK's usual chain; anything at all where the endpoint is this machine's. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const CONNECT_MS = 5_000;
const REQUEST_MS = 30_000;
const SOCKETS = 64;

/** `KINESIS_ENDPOINT` and the variables that the SDK reads anyway. */
export function awsOptionsFrom(env: NodeJS.ProcessEnv): AwsOptions {
  const { KINESIS_ENDPOINT: endpoint, AWS_REGION, AWS_DEFAULT_REGION } = env;
  const region = AWS_REGION ?? AWS_DEFAULT_REGION;
  const isOpen =
    endpoint !== undefined &&
    isLoopback(endpoint) &&
    env.AWS_ACCESS_KEY_ID === undefined &&
    env.AWS_PROFILE === undefined;
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(region === undefined ? {} : { region }),
    // Emulators take any; the SDK's chain would ask the network for some.
    ...(isOpen ? { credentials: { accessKeyId: 'local', secretAccessKey: 'local' } } : {}),
  };
}

function isLoopback(endpoint: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(new URL(endpoint).hostname);
}

export function createAwsApi({ endpoint, region, credentials }: AwsOptions = {}): KinesisApi {
  const config: KinesisClientConfig = {
    // Whoever calls retries: a second attempt of one request must not pass what was sent in the meantime.
    maxAttempts: 1,
    ...(credentials === undefined ? {} : { credentials }),
    ...(region === undefined ? (endpoint === undefined ? {} : { region: 'us-east-1' }) : { region }),
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
          new DescribeStreamSummaryCommand({ StreamName: stream }),
        );
        return {
          status: found?.StreamStatus ?? 'CREATING',
          openShards: found?.OpenShardCount ?? 0,
          retentionHours: found?.RetentionPeriodHours ?? 0,
        };
      } catch (error) {
        const failure = kinesisError(`looking for the stream ${stream}`, error);
        if (failure.code === 'STREAM_MISSING') return null;
        throw failure;
      }
    },
    async create(stream, shards) {
      try {
        await client.send(new CreateStreamCommand({ StreamName: stream, ShardCount: shards }));
      } catch (error) {
        const failure = kinesisError(`creating the stream ${stream}`, error);
        if (failure.code !== 'STREAM_IN_USE') throw failure;
      }
    },
    raiseRetention: (stream, hours) =>
      attempt(`raising the retention of ${stream} to ${hours} h`, async () => {
        const input = { StreamName: stream, RetentionPeriodHours: hours };
        await client.send(new IncreaseStreamRetentionPeriodCommand(input));
      }),
    shards: (stream) =>
      attempt(`listing the shards of ${stream}`, async () => {
        const found: Shard[] = [];
        let token: string | undefined;
        do {
          const page = await client.send(
            new ListShardsCommand(token === undefined ? { StreamName: stream } : { NextToken: token }),
          );
          found.push(...(page.Shards ?? []).map(shardOf));
          token = page.NextToken;
        } while (token !== undefined && token !== '');
        return found.sort((a, b) => a.number - b.number);
      }),
    put: (stream, entries) =>
      attempt(`appending to ${stream}`, async () => {
        const { Records = [] } = await client.send(
          new PutRecordsCommand({
            StreamName: stream,
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
      attempt(`looking for a position in ${stream}, ${shardId}`, async () => {
        const { ShardIterator } = await client.send(
          new GetShardIteratorCommand({ StreamName: stream, ShardId: shardId, ...inputOf(position) }),
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
