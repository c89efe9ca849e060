/**
 * The fixture through Kinesis and Lambda: appended by the Kinesis adapter, read with GetRecords, and handed to the
 * handlers that the functions' packages export, as the events that Lambda makes of records. Batches are cut at random,
 * and some come again, as they do when Lambda has lost an answer.
 *
 * Stores are PostgreSQL's: a sequence number has some 186 bits.
 */
import { randomUUID } from 'node:crypto';
import type { KinesisStreamRecord } from 'aws-lambda';
import pino from 'pino';
import { frameIn } from '../../../adapters/aws/envelope.js';
import { type LambdaHandler, lambdaHandler } from '../../../adapters/aws/lambda.js';
import { create as createAggregate } from '../../../functions/aggregate/handler.js';
import { create as createAlert } from '../../../functions/alert/handler.js';
import type { CreateFunction, MqttMessage, Platform } from '../../../functions/contract.js';
import { create as createFleet } from '../../../functions/fleet/handler.js';
import { create as createNotify } from '../../../functions/notify/handler.js';
import { create as createRollup } from '../../../functions/rollup/handler.js';
import { create as createValidate } from '../../../functions/validate/handler.js';
import { loadManifest } from '../../../runtime/manifest/load.js';
import { openStores, type StoresConfig } from '../../../stores/open.js';
import { openKinesisEngine } from '../../../streams/kinesis/kinesis-engine.js';
import { createMemoryLeases } from '../../../streams/kinesis/lease-store.js';
import { partitionOf } from '../../../streams/partitioner.js';
import { FrameCursor } from '../../../streams/record.js';
import { CREDENTIALS, IMPATIENT, uniqueStream } from '../../support/kinesis.js';
import { type Random, seededRandom } from '../../support/random.js';
import { appendFixture } from './append.js';
import type { Fixture } from './fixture.js';
import { type AlertRecord, type Remains, remainsOf } from './remains.js';
import { readShards } from './shards.js';

export interface HandlersOptions {
  readonly endpoint: string;
  readonly stores: StoresConfig;
  /** serverless.yml of the project. */
  readonly config: string;
  readonly fixture: Fixture;
  readonly seed: number;
}

export interface ThroughHandlers {
  readonly remains: Remains;
  /** By partition: the places in the fixture of the records as they lie in the shard. */
  readonly order: readonly (readonly bigint[])[];
}

const RETENTION_MS = 24 * 3_600_000;
const ALERT_PARTITIONS = 2;
const FLEET_PARTITIONS = 2;
/** Lambda's limits: records in an event, and its bytes. */
const MOST_RECORDS = 10_000;
const MOST_BYTES = 6 << 20;
/** One batch in so many comes again. */
const AGAIN = 10;

export async function throughHandlers({
  endpoint,
  stores: storesConfig,
  config,
  fixture,
  seed,
}: HandlersOptions): Promise<ThroughHandlers> {
  const random = seededRandom(seed);
  const engine = await openKinesisEngine({
    endpoint,
    region: 'us-east-1',
    credentials: CREDENTIALS,
    leases: createMemoryLeases(),
    settings: IMPATIENT,
  });
  const open = (partitions: number) =>
    engine.open({ name: uniqueStream(), partitions, retentionMs: RETENTION_MS });
  const telemetry = await open(fixture.partitions);
  const alerts = await open(ALERT_PARTITIONS);
  const fleet = await open(FLEET_PARTITIONS);
  const targets = new Map([
    ['alerts', alerts],
    ['fleet', fleet],
  ]);
  const stores = openStores(storesConfig);
  const published: MqttMessage[] = [];
  const problems: unknown[] = [];
  const platform: Platform = {
    settings: (await loadManifest(config, {})).settings,
    stores,
    log: pino({ level: 'warn' }, { write: (line: string) => void problems.push(JSON.parse(line)) }),
    append(name, records) {
      const stream = targets.get(name)!;
      return appendFixture(
        stream,
        records.map((record) => ({ partition: partitionOf(record.key, stream.partitions), record })),
      );
    },
    async publish(messages) {
      published.push(...messages);
    },
    appendTick: () => Promise.reject(new Error('ticks are in the fixture')),
    status: () => Promise.reject(new Error('nobody asks for it')),
  };
  const handlerOf = (create: CreateFunction) => lambdaHandler(create, () => platform);
  try {
    await appendFixture(telemetry, fixture.records);
    const shards = await readShards(endpoint, telemetry.name, random);
    expect(shards.map((shard) => shard.length).reduce((a, b) => a + b, 0)).toBe(fixture.records.length);
    for (const create of [createValidate, createAggregate, createAlert]) {
      const handler = handlerOf(create);
      // Shards side by side, each in order.
      await Promise.all(shards.map((records) => feed(handler, records, random)));
      if (create === createAggregate) await rollUp(handlerOf(createRollup), fixture);
    }
    const counts = await readShards(endpoint, fleet.name, random);
    const decide = handlerOf(createFleet);
    await Promise.all(counts.map((records) => feed(decide, records, random)));
    const told = await readShards(endpoint, alerts.name, random);
    const notify = handlerOf(createNotify);
    await Promise.all(told.map((records) => feed(notify, records, random)));
    expect(problems).toEqual([]);
    const numbers = shards.map((records, partition) => numbersOf(records, partition, fixture));
    const remains = await remainsOf({
      stores,
      deviceIds: fixture.deviceIds,
      partitions: fixture.partitions,
      numberOf(partition, offset) {
        const number = numbers[partition]!.get(offset.toString());
        if (number === undefined) throw new Error(`${offset} is no record of partition ${partition}`);
        return number;
      },
      alerts: told.flat().map(openedOf),
      published,
    });
    return { remains, order: numbers.map((ofPartition) => [...ofPartition.values()]) };
  } finally {
    await stores.close();
    await Promise.all([telemetry, alerts, fleet].map((stream) => stream.close()));
    await engine.close();
  }
}

/**
 * Where each record of a shard, by its sequence number, stands in the fixture. Kinesis keeps the order of each device's
 * records and of ticks: the nth of a key is its nth there.
 */
function numbersOf(
  records: readonly KinesisStreamRecord[],
  partition: number,
  fixture: Fixture,
): ReadonlyMap<string, bigint> {
  const places = new Map<string, bigint[]>();
  let number = 0n;
  for (const { partition: at, record } of fixture.records) {
    if (at !== partition) continue;
    const found = places.get(record.key) ?? [];
    if (found.push(number++) === 1) places.set(record.key, found);
  }
  for (const ofKey of places.values()) ofKey.reverse();
  return new Map(
    records.map((record) => [record.kinesis.sequenceNumber, places.get(openedOf(record).key)!.pop()!]),
  );
}

/** A shard's records as events, one after the other. */
async function feed(handler: LambdaHandler, records: readonly KinesisStreamRecord[], random: Random) {
  for (let at = 0; at < records.length; ) {
    // Small ones and full ones alike.
    const wanted = Math.ceil(MOST_RECORDS ** random.next());
    const Records: KinesisStreamRecord[] = [];
    for (let bytes = 0; Records.length < wanted && at + Records.length < records.length; ) {
      const record = records[at + Records.length]!;
      bytes += record.kinesis.data.length + 500;
      if (bytes > MOST_BYTES && Records.length > 0) break;
      Records.push(record);
    }
    const times = random.integer(1, AGAIN) === 1 ? 2 : 1;
    for (let time = 0; time < times; time++)
      expect(await handler({ Records }, context())).toEqual({ batchItemFailures: [] });
    at += Records.length;
  }
}

async function rollUp(handler: LambdaHandler, { records }: Fixture): Promise<void> {
  const time = new Date(records.at(-1)!.record.arrivalTime).toISOString();
  await handler({ source: 'aws.events', time }, context());
}

function context() {
  return { functionName: 'parity', awsRequestId: randomUUID(), getRemainingTimeInMillis: () => 60_000 };
}

/** The record in the envelope. */
function openedOf({ kinesis }: KinesisStreamRecord): AlertRecord {
  const frame = frameIn(Buffer.from(kinesis.data, 'base64'));
  if (frame === undefined) throw new Error('a record of the shard is in no envelope');
  const cursor = new FrameCursor(frame);
  cursor.next();
  const headers = cursor.headers();
  const { arrivalTime } = cursor;
  return {
    key: cursor.key(),
    arrivalTime,
    value: cursor.value(),
    ...(headers === undefined ? {} : { headers }),
  };
}
