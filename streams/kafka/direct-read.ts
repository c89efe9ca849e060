/** One read straight from a partition's leader: for whoever is not a consumer, or lags behind what was fetched ahead. */
import { MillraceError } from '../../common/errors.js';
import type { Batch } from '../batch.js';
import type { ReadLimits } from '../stream.js';
import type { KafkaClient } from './client.js';
import { decodeRecords } from './decode.js';
import { KafkaCode, kafkaError } from './errors.js';
import { END, findOffsets, leaderOf, START } from './offsets.js';
import { cutChunk, emptyBatch } from './partition-buffer.js';
import type { KnownEnds } from './partition-ends.js';
import { fetchRecords } from './wire.js';

/** Frames are a little larger than the records they are made of; more than a megabyte at a time brings nothing. */
const MOST_BYTES = 1 << 20;
const LEAST_BYTES = 64 << 10;
const RETRY_WITHIN_MS = 15_000;

export interface DirectReader {
  readonly client: KafkaClient;
  readonly topic: string;
  readonly ends: KnownEnds;
  /** Names the connection. */
  readonly purpose: string;
}

/** What `StreamSource.read` promises. */
export async function readDirectly(
  reader: DirectReader,
  partition: number,
  offset: bigint,
  limits: ReadLimits,
): Promise<Batch> {
  const { client, topic, ends } = reader;
  if (offset < 0n) throw outOfRange(topic, partition, offset, ends);
  const maxBytes = Math.max(LEAST_BYTES, Math.min(MOST_BYTES, limits.maxBytes));
  const fetchOnce = async (from: bigint): Promise<Batch | undefined> => {
    const node = leaderOf(client, topic, partition);
    const wanted = [{ partition, offset: from, maxBytes }];
    const fetched = await client.request(reader.purpose, node, fetchRecords, topic, wanted, {
      maxWaitMs: 0,
      maxBytes,
    });
    const found = fetched.partitions[0];
    const errorCode = found?.errorCode || fetched.errorCode;
    if (found !== undefined) ends.learn(partition, found.start, found.end);
    if (errorCode === KafkaCode.offsetOutOfRange) return undefined;
    if (found === undefined || errorCode !== KafkaCode.none) {
      throw Object.assign(new Error(`error ${errorCode}`), { apiCode: errorCode });
    }
    const chunk = decodeRecords(found.records ?? NONE, from, found.aborted);
    return cutChunk(topic, partition, chunk, from, limits) ?? emptyBatch(topic, partition, from, limits);
  };
  const fetching = (from: bigint) =>
    client.retrying(`cannot read partition ${partition} of topic ${topic}`, RETRY_WITHIN_MS, async () => {
      try {
        return await fetchOnce(from);
      } catch (error) {
        await client.refresh(topic);
        throw kafkaError(error, `cannot read partition ${partition} of topic ${topic}`);
      }
    });
  const batch = await fetching(offset);
  if (batch !== undefined) return batch;
  await learnEnds(client, topic, [partition], ends);
  const { start, end } = ends.of(partition);
  if (offset >= start) throw outOfRange(topic, partition, offset, ends);
  return (await fetching(start)) ?? emptyBatch(topic, partition, end, limits);
}

/** Asks the leaders where the partitions begin and end. Answers those whose end has advanced. */
export async function learnEnds(
  client: KafkaClient,
  topic: string,
  partitions: readonly number[],
  ends: KnownEnds,
): Promise<number[]> {
  const [starts, found] = await client.retrying(
    `cannot ask for the ends of topic ${topic}`,
    RETRY_WITHIN_MS,
    () =>
      Promise.all([
        findOffsets(client, topic, partitions, START),
        findOffsets(client, topic, partitions, END),
      ]),
  );
  return partitions.filter((partition) =>
    ends.learn(partition, starts!.get(partition)?.offset ?? 0n, found!.get(partition)?.offset ?? 0n),
  );
}

export function outOfRange(topic: string, partition: number, offset: bigint, ends: KnownEnds): MillraceError {
  return new MillraceError(
    `offset ${offset} of ${topic}/${partition} is outside 0..${ends.of(partition).end}`,
    {
      code: 'OFFSET_OUT_OF_RANGE',
      hint: 'Start from one of the partition’s ends.',
    },
  );
}

const NONE = Buffer.alloc(0);
