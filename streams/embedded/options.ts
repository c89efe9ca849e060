/** What opens an embedded stream, and the few things it wants from outside. */
import type { StreamSettings } from '../../common/settings.js';
import type { LogFiles } from './files.js';
import type { Timers } from './timers.js';

/** Where the log reports what people have to know. A pino logger is one. */
export interface StreamLog {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface EmbeddedStreamOptions {
  /** The data directory. The stream lives in `<directory>/streams/<name>/`; the caller holds the directory's lock. */
  readonly directory: string;
  readonly name: string;
  readonly partitions: number;
  readonly settings: StreamSettings;
  /** Records older than this (ms, by arrivalTime) may be trimmed; Infinity keeps them. */
  readonly retentionMs: number;
  /** Under load a commit waits this long (ms) for more appends. Default 2. */
  readonly lingerMs?: number;
  /** Under heavy load it waits up to this long (ms). Default `lingerMs` if that is given, else 5. */
  readonly longLingerMs?: number;
  /** As soon as so many bytes or records wait, they are committed. Default 256 KiB, 1,000 records. */
  readonly commitBytes?: number;
  readonly commitRecords?: number;
  /** Recent blocks kept in memory for readers. Default 32 MiB. */
  readonly cacheBytes?: number;
  /** A commit that failed is tried again after this long (ms). Default 1,000. */
  readonly retryMs?: number;
  /**
   * Per partition, the highest offset that any consumer has saved as its next one. If the log ends before it,
   * acknowledged records were lost: that is reported, and new records begin behind them, so that no function takes
   * a new record for one it has already applied.
   */
  readonly seenEnds?: readonly bigint[];
  readonly log?: StreamLog;
  readonly files?: LogFiles;
  readonly timers?: Timers;
}

/** Used when nobody gave a log: what it says still reaches stderr. */
export const warningLog: StreamLog = {
  warn: (details, message) => process.emitWarning(`${message} ${JSON.stringify(details)}`),
  error: (details, message) => process.emitWarning(`${message} ${JSON.stringify(details)}`),
};
