/** What stream tests share: short records, appends that can be awaited, and reading a partition to its end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastOffset, recordsOf } from '../../streams/batch.js';
import { type NewRecord, RecordKind, type StreamRecord } from '../../streams/record.js';
import type { Stream } from '../../streams/stream.js';

export const ARRIVAL = 1_700_000_000_000;

/** An acknowledged event. */
export function event(key: string, value: string, arrivalTime = ARRIVAL): NewRecord {
  return { kind: RecordKind.acknowledged, arrivalTime, key, value: Buffer.from(value) };
}

/** Appends [partition, record] pairs and waits until all are durable. */
export async function appendAll(
  stream: Stream,
  records: readonly (readonly [number, NewRecord])[],
): Promise<void> {
  await Promise.all(
    records.map(
      ([partition, record]) =>
        new Promise<void>((resolve, reject) => {
          stream.append(partition, record, (error) => (error === null ? resolve() : reject(error)));
        }),
    ),
  );
}

/** Every record of the partition, oldest first, gaps stepped over. */
export async function readAll(
  stream: Stream,
  partition: number,
  maxRecords = 1_000,
): Promise<StreamRecord[]> {
  const found: StreamRecord[] = [];
  const { start, end } = stream.ends(partition);
  for (let next = start; next < end; ) {
    const batch = await stream.read(partition, next, { maxRecords, maxBytes: 1 << 20 });
    found.push(...recordsOf(batch));
    const after = lastOffset(batch) + 1n;
    if (after <= next) throw new Error(`the read of offset ${next} did not move on`);
    next = after;
  }
  return found;
}

export function values(records: readonly { readonly value: Uint8Array }[]): string[] {
  return records.map((record) => Buffer.from(record.value).toString());
}

/** A directory that `work` may fill; it is gone afterwards. */
export async function withDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
