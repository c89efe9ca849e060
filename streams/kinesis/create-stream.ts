/** Makes a stream as serverless.yml declares it, or sees that the one that is there will do. */
import type { Timers } from '../../common/clock.js';
import { MillraceError } from '../../common/errors.js';
import type { DeclaredStream } from '../engine.js';
import type { KinesisApi, StreamDescription } from './api.js';

export interface CreateStreamOptions {
  readonly api: KinesisApi;
  readonly declared: DeclaredStream;
  readonly timers: Timers;
  /** The stream has to be ACTIVE within (ms). */
  readonly withinMs: number;
}

const HOUR_MS = 3_600_000;
/** What Kinesis can be told to keep (hours). */
const MIN_HOURS = 24;
const MAX_HOURS = 8_760;
const LOOK_AGAIN_MS = 200;

/** Rejects with `STREAM_PARTITIONS`, `STREAM_RETENTION`, `STREAM_NOT_ACTIVE`, or whatever Kinesis says. */
export async function createStream(options: CreateStreamOptions): Promise<StreamDescription> {
  const { api, declared } = options;
  const { name, partitions, retentionMs } = declared;
  const hours = Math.max(MIN_HOURS, Math.ceil(retentionMs / HOUR_MS));
  if (hours > MAX_HOURS) {
    throw new MillraceError(`Kinesis keeps records for ${MAX_HOURS} h at the most, not ${hours} h`, {
      code: 'STREAM_RETENTION',
      hint: `Lower the retention of ${name} in serverless.yml.`,
    });
  }
  if ((await api.describe(name)) === null) await api.create(name, partitions);
  let found = await whenActive(options);
  if (found.openShards < partitions) {
    throw new MillraceError(`${name} has ${found.openShards} shards, and ${partitions} are declared`, {
      code: 'STREAM_PARTITIONS',
      hint: 'Split its shards, or declare fewer partitions: never while records of one key are on their way.',
    });
  }
  if (found.retentionHours < hours) {
    await api.raiseRetention(name, hours);
    found = await whenActive(options);
  }
  return found;
}

async function whenActive({
  api,
  declared,
  timers,
  withinMs,
}: CreateStreamOptions): Promise<StreamDescription> {
  const deadline = timers.now() + withinMs;
  for (;;) {
    const found = await api.describe(declared.name);
    // UPDATING takes and hands out records like ACTIVE.
    if (found?.status === 'ACTIVE' || found?.status === 'UPDATING') return found;
    if (timers.now() >= deadline) {
      throw new MillraceError(`${declared.name} is ${found?.status ?? 'not there'} after ${withinMs} ms`, {
        code: 'STREAM_NOT_ACTIVE',
        canRetry: true,
      });
    }
    await new Promise<void>((resolve) => {
      timers.after(LOOK_AGAIN_MS, resolve);
    });
  }
}
