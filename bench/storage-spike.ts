/**
 * The measurement behind docs/adr/0002: the same job, durable group commits one after the other, through segments of
 * our own, lmdb and libsql. A commit is four blocks (one per partition) of ten 150-byte events.
 *
 * lmdb is no dependency of Millrace: `npm install --no-save lmdb && npm run build && node dist/bench/storage-spike.js`
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { messageOf } from '../common/errors.js';
import { HEADER_BYTES, writeHeader } from '../streams/embedded/block.js';
import { systemFiles } from '../streams/embedded/files.js';
import { FrameWriter, RecordKind } from '../streams/record.js';

const PARTITIONS = 4;
const EVENTS_PER_BLOCK = 10;
const SECONDS = 3;

interface Engine {
  readonly name: string;
  /** Stores one block per partition; they are durable when the promise resolves. */
  commit(blocks: readonly Buffer[], sequence: number): Promise<void>;
  close(): Promise<void>;
}

async function ownSegments(directory: string): Promise<Engine> {
  const file = await systemFiles.openSegment(join(directory, '1.log'));
  let position = 0;
  return {
    name: 'own segments',
    commit: (blocks, sequence) =>
      new Promise((resolve, reject) => {
        const start = position;
        blocks.forEach((block, partition) => {
          writeHeader(block, {
            partition,
            framesLength: block.length - HEADER_BYTES,
            count: EVENTS_PER_BLOCK,
            position,
            segment: 1,
            baseOffset: sequence * EVENTS_PER_BLOCK,
            acknowledged: sequence * EVENTS_PER_BLOCK,
            received: 0,
            tick: 0,
            lastArrival: 0,
          });
          position += block.length;
        });
        file.write(blocks, start, (error) => (error === null ? resolve() : reject(error)));
      }),
    close: () => file.close(),
  };
}

interface Lmdb {
  put(key: [number, number], value: Buffer): Promise<boolean>;
  batch(work: () => void): Promise<boolean>;
  close(): Promise<void>;
}

async function lmdb(directory: string): Promise<Engine> {
  const specifier = 'lmdb';
  const { open } = (await import(specifier)) as { open(options: object): Lmdb };
  // Without overlapping syncs a commit's promise means that it is on disk.
  const database = open({ path: join(directory, 'lmdb'), encoding: 'binary', overlappingSync: false });
  return {
    name: 'lmdb',
    commit: async (blocks, sequence) => {
      const puts: Promise<boolean>[] = [];
      await database.batch(() => {
        blocks.forEach((block, partition) => {
          puts.push(database.put([partition, sequence * EVENTS_PER_BLOCK], block));
        });
      });
      await Promise.all(puts);
    },
    close: () => database.close(),
  };
}

async function libsql(directory: string): Promise<Engine> {
  const database = new Database(join(directory, 'libsql.db'));
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE block (partition INT, base INT, frames BLOB, PRIMARY KEY (partition, base))');
  const insert = database.prepare('INSERT INTO block VALUES (?, ?, ?)');
  return {
    name: 'libsql',
    commit: async (blocks, sequence) => {
      database.exec('BEGIN IMMEDIATE');
      blocks.forEach((block, partition) => {
        insert.run(partition, sequence * EVENTS_PER_BLOCK, block);
      });
      database.exec('COMMIT');
      // It has blocked the event loop up to here; let others have it, as the other engines do.
      await new Promise((resolve) => setImmediate(resolve));
    },
    close: async () => {
      database.close();
    },
  };
}

function blocks(writers: readonly FrameWriter[]): Buffer[] {
  const value = Buffer.alloc(150, 'x');
  return writers.map((writer) => {
    for (let i = 0; i < EVENTS_PER_BLOCK; i++) {
      writer.write({ kind: RecordKind.acknowledged, arrivalTime: i, key: 'device-1', value });
    }
    return writer.take();
  });
}

async function measure(engine: Engine): Promise<object> {
  const writers = Array.from({ length: PARTITIONS }, () => new FrameWriter(2048, HEADER_BYTES));
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  const loop = performance.eventLoopUtilization();
  while (performance.now() - start < SECONDS * 1_000) {
    const before = performance.now();
    await engine.commit(blocks(writers), latencies.length);
    latencies.push(performance.now() - before);
  }
  const seconds = (performance.now() - start) / 1_000;
  const { utilization } = performance.eventLoopUtilization(loop);
  const { user, system } = process.cpuUsage(cpu);
  await engine.close();
  const events = latencies.length * PARTITIONS * EVENTS_PER_BLOCK;
  latencies.sort((a, b) => a - b);
  return {
    engine: engine.name,
    'commits/s': Math.round(latencies.length / seconds),
    'events/s': Math.round(events / seconds),
    'CPU s per million': Number(((user + system) / events).toFixed(2)),
    'event loop busy': `${Math.round(utilization * 100)} %`,
    'p50 ms': Number(latencies[Math.floor(latencies.length / 2)]!.toFixed(3)),
    'p99 ms': Number(latencies[Math.floor(latencies.length * 0.99)]!.toFixed(3)),
  };
}

const results: object[] = [];
for (const open of [ownSegments, lmdb, libsql]) {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-spike-'));
  try {
    results.push(await measure(await open(directory)));
  } catch (error) {
    console.error(`${open.name}: ${messageOf(error)}`);
  } finally {
    await rm(directory, { recursive: true });
  }
}
console.table(results);
