/**
 * The floor under the whole job: the embedded log alone. 150-byte events over four partitions, a closed loop with
 * 4,000 appends in flight, every one called back after its group commit is on disk.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStream } from '../../streams/embedded/embedded-stream.js';
import { RecordKind } from '../../streams/record.js';

const EVENT_BYTES = 150;
const PARTITIONS = 4;
const IN_FLIGHT = 4_000;
const SECONDS = 3;
const MIB = 1 << 20;

export interface LogAppendFigures {
  readonly eventsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
}

/** Takes about three seconds and up to 2 GiB of the temporary directory's disk (`TMPDIR`). */
export async function benchLogAppend(): Promise<LogAppendFigures> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-bench-'));
  try {
    return await measure(directory);
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function measure(directory: string): Promise<LogAppendFigures> {
  const stream = await openEmbeddedStream({
    directory,
    name: 'bench',
    partitions: PARTITIONS,
    settings: { maxBytes: 256 * MIB, hardLimitBytes: 4096 * MIB, segmentBytes: 64 * MIB },
    retentionMs: Number.POSITIVE_INFINITY,
  });
  const value = Buffer.alloc(EVENT_BYTES, 'x');
  let appended = 0;
  let finished = 0;
  let running = true;
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  await new Promise<void>((resolve, reject) => {
    const appendNext = () => {
      stream.append(
        appended++ % PARTITIONS,
        { kind: RecordKind.acknowledged, arrivalTime: 1_700_000_000_000, key: 'device-0001', value },
        done,
      );
    };
    const done = (error: Error | null) => {
      if (error !== null) return reject(error);
      finished++;
      if (running) appendNext();
      else if (finished === appended) resolve();
    };
    for (let i = 0; i < IN_FLIGHT; i++) appendNext();
    setTimeout(() => {
      running = false;
    }, SECONDS * 1_000);
  });
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  await stream.close();
  return {
    eventsPerSecond: Math.round(finished / seconds),
    cpuSecondsPerMillion: Number(((user + system) / finished).toFixed(2)),
  };
}
