/**
 * What Kafka costs a process through `streams/kafka/`, against the broker of KAFKA_BROKERS (see `settings.ts`):
 *
 *     node test/services/kafka.mjs start DIR && KAFKA_BROKERS=… node dist/bench/kafka/main.js
 *
 * Events of 150 bytes in four partitions: appended as fast as they are acknowledged (20,000 under way), appended one
 * after the other, consumed from a backlog with every batch committed. Prints one JSON document; the topic stays.
 */
import { lastOffset } from '../../streams/batch.js';
import type { Consumer, StreamEngine } from '../../streams/engine.js';
import { openKafkaEngine } from '../../streams/kafka/kafka-engine.js';
import { kafkaSettings } from '../../streams/kafka/settings.js';
import { type NewRecord, RecordKind } from '../../streams/record.js';
import type { Stream } from '../../streams/stream.js';
import { machine } from '../machine.js';

const RECORDS = 1_000_000;
const UNDER_WAY = 20_000;
const PARTITIONS = 4;
const ALONE = 500;
const READ = { maxRecords: 5_000, maxBytes: 6 << 20 };
const VALUE = Buffer.alloc(150, 'x');

interface Rate {
  readonly perSecond: number;
  readonly cpuSecondsPerMillion: number;
}

async function measured(records: number, work: () => Promise<void>): Promise<Rate> {
  const cpu = process.cpuUsage();
  const began = performance.now();
  await work();
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: Math.round((records / (performance.now() - began)) * 1_000),
    cpuSecondsPerMillion: Number(((user + system) / records).toFixed(2)),
  };
}

function record(index: number): NewRecord {
  return {
    kind: RecordKind.acknowledged,
    arrivalTime: Date.now(),
    key: `device-${index % 1_000}`,
    value: VALUE,
  };
}

function appendAll(stream: Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let acknowledged = 0;
    const next = () => stream.append(sent % PARTITIONS, record(sent++), done);
    const done = (error: Error | null) => {
      if (error !== null) reject(error);
      else if (++acknowledged === RECORDS) resolve();
      else if (sent < RECORDS) next();
    };
    while (sent < UNDER_WAY) next();
  });
}

/** How long one append takes that has no company, ms: median and 99th percentile. */
async function latency(stream: Stream): Promise<{ p50: number; p99: number }> {
  const times: number[] = [];
  for (let index = 0; index < ALONE; index++) {
    const began = performance.now();
    await new Promise<void>((resolve, reject) => {
      stream.append(index % PARTITIONS, record(index), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => Number(times[Math.floor(times.length * share)]!.toFixed(2));
  return { p50: at(0.5), p99: at(0.99) };
}

function consumeAll({ source, checkpoints, share }: Consumer, group: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = new Map<number, bigint>();
    const busy = new Set<number>();
    let seen = 0;
    const readOn = async (partition: number) => {
      if (busy.has(partition) || !next.has(partition)) return;
      busy.add(partition);
      for (let offset = next.get(partition)!; offset < source.ends(partition).end; ) {
        const batch = await source.read(partition, offset, READ);
        offset = lastOffset(batch) + 1n;
        next.set(partition, offset);
        checkpoints.save(group, partition, offset);
        seen += batch.count;
      }
      busy.delete(partition);
      if (seen === RECORDS) resolve();
    };
    const begin = (partition: number) => void readOn(partition).catch(reject);
    source.onAppended(begin);
    share!.start({
      assigned(partitions) {
        for (const partition of partitions) {
          next.set(partition, source.ends(partition).start);
          begin(partition);
        }
      },
      revoked: async () => undefined,
    });
  });
}

async function run(engine: StreamEngine): Promise<object> {
  const name = `bench-${Date.now()}`;
  const stream = await engine.open({ name, partitions: PARTITIONS, retentionMs: 3_600_000 });
  const append = await measured(RECORDS, () => appendAll(stream));
  const consumer = await engine.consumer(stream, name);
  const consume = await measured(RECORDS, () => consumeAll(consumer, name));
  await consumer.close();
  const appendAlone = await latency(stream);
  await stream.close();
  return { machine: machine(), records: RECORDS, append, consume, appendAloneMs: appendAlone };
}

const engine = await openKafkaEngine({ ...kafkaSettings(), sessionTimeoutMs: 10_000 });
process.stdout.write(`${JSON.stringify(await run(engine), null, 1)}\n`);
await engine.close();
