/** What tests of the embedded log share: small streams, a silent log that remembers, and files that can be made to fail. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type EmbeddedStream, openEmbeddedStream } from '../../streams/embedded/embedded-stream.js';
import { type LogFiles, systemFiles } from '../../streams/embedded/files.js';
import type { EmbeddedStreamOptions, StreamLog } from '../../streams/embedded/options.js';
import type { Timers } from '../../streams/embedded/timers.js';

export const ROOMY = { maxBytes: 1 << 30, hardLimitBytes: 2 ** 31, segmentBytes: 64 << 20 };

export interface RememberingLog extends StreamLog {
  readonly warnings: string[];
  readonly errors: string[];
}

export function rememberingLog(): RememberingLog {
  const warnings: string[] = [];
  const errors: string[] = [];
  return {
    warnings,
    errors,
    warn: (_, message) => warnings.push(message),
    error: (_, message) => errors.push(message),
  };
}

export function openStream(
  directory: string,
  options: Partial<EmbeddedStreamOptions> = {},
): Promise<EmbeddedStream> {
  return openEmbeddedStream({
    directory,
    name: 'telemetry',
    partitions: 2,
    settings: ROOMY,
    retentionMs: Number.POSITIVE_INFINITY,
    lingerMs: 0,
    log: rememberingLog(),
    ...options,
  });
}

/** Paths of the stream's segments, oldest first. */
export async function segmentsOf(directory: string): Promise<string[]> {
  const folder = join(directory, 'streams', 'telemetry');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  return names.sort().map((name) => join(folder, name));
}

export interface FaultyFiles extends LogFiles {
  /** Bytes that may still be written; what goes beyond fails like a full disk, after a partial write. */
  room: number;
  /** The errno of the next writes, once there is no room. */
  errno: string;
  /** Whether truncating fails too. */
  truncateFails: boolean;
}

/** The system's files behind a disk of a certain size. */
export function faultyFiles(room = Number.POSITIVE_INFINITY): FaultyFiles {
  const failure = (errno: string) => Object.assign(new Error(`${errno}: injected`), { code: errno });
  const files: FaultyFiles = {
    ...systemFiles,
    room,
    errno: 'ENOSPC',
    truncateFails: false,
    async openSegment(path) {
      const file = await systemFiles.openSegment(path);
      return {
        write(buffers, position, done) {
          if (files.room === 0) {
            setImmediate(() => done(failure(files.errno), 0));
            return;
          }
          const all = Buffer.concat(buffers);
          const part = all.subarray(0, Math.min(all.length, files.room));
          file.write([part], position, (error, written) => {
            if (error === null) files.room -= written;
            done(error, written);
          });
        },
        truncate: (length) => (files.truncateFails ? Promise.reject(failure('EIO')) : file.truncate(length)),
        close: () => file.close(),
      };
    },
  };
  return files;
}

export interface ManualTimers extends Timers {
  /** Lets time pass and runs what is due. */
  advance(ms: number): void;
  /** Runs what waits for the end of the turn. */
  turn(): void;
  /** Delays of the timers that are running. */
  readonly waiting: readonly number[];
}

export function manualTimers(): ManualTimers {
  let now = 0;
  let timers: { at: number; work: () => void }[] = [];
  let turn: (() => void)[] = [];
  return {
    now: () => now,
    after(ms, work) {
      const timer = { at: now + ms, work };
      timers.push(timer);
      return () => {
        timers = timers.filter((one) => one !== timer);
      };
    },
    soon: (work) => {
      turn.push(work);
    },
    advance(ms) {
      now += ms;
      const due = timers.filter((timer) => timer.at <= now);
      timers = timers.filter((timer) => timer.at > now);
      for (const { work } of due) work();
    },
    turn() {
      const due = turn;
      turn = [];
      for (const work of due) work();
    },
    get waiting() {
      return timers.map((timer) => timer.at - now);
    },
  };
}
