/**
 * The manifest: what serverless.yml says, resolved, checked and with every default filled in. The runtime knows
 * this shape and nothing of YAML, CloudFormation or the packager.
 *
 * Times are in milliseconds throughout; -1 means "no limit", as in Lambda's own settings.
 */
import { MillraceError } from '../../common/errors.js';
import type { LocalFunctionSettings, Settings } from '../../common/settings.js';

/** An event source mapping's source side: one stream feeds one function. */
export interface StreamTrigger {
  readonly type: 'stream';
  /** Name of the stream (the resource's `Name`), not its logical id. */
  readonly stream: string;
  /** At most this many records in a batch, 1 to 10,000. */
  readonly batchSize: number;
  /** How long a batch may wait to fill up; the local override when there is one. */
  readonly batchWindowMs: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST';
  /** Retries after the first attempt; -1 retries until the record's age or the stream's retention ends it. */
  readonly maximumRetryAttempts: number;
  /** Records older than this are given up; -1 never. */
  readonly maximumRecordAgeMs: number;
  readonly bisectBatchOnFunctionError: boolean;
  /** The function names the records that failed (`ReportBatchItemFailures`). */
  readonly reportBatchItemFailures: boolean;
  readonly enabled: boolean;
}

export interface ScheduleTrigger {
  readonly type: 'schedule';
  /** `rate(…)` or `cron(…)`, already checked; the local override when there is one. */
  readonly expression: string;
  readonly enabled: boolean;
}

export interface HttpTrigger {
  readonly type: 'http';
  /** Upper case, or `*`. */
  readonly method: string;
  /** As in serverless.yml, e.g. `/devices/{id}`; `*` with method `*` takes every request. */
  readonly path: string;
}

export type Trigger = StreamTrigger | ScheduleTrigger | HttpTrigger;

export interface FunctionManifest {
  readonly name: string;
  /** Path of the handler's module relative to `root`, without extension: `functions/alert/handler`. */
  readonly handlerFile: string;
  /** Name of the exported handler: `handler`. */
  readonly handlerExport: string;
  readonly timeoutMs: number;
  readonly memoryMB: number;
  readonly reservedConcurrency?: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly triggers: readonly Trigger[];
  readonly local: LocalFunctionSettings;
}

export interface StreamManifest {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

export interface Manifest {
  /** Absolute path of serverless.yml, and its folder. */
  readonly file: string;
  readonly root: string;
  readonly service: string;
  readonly functions: readonly FunctionManifest[];
  readonly streams: readonly StreamManifest[];
  readonly settings: Settings;
}

export interface ManifestProblem {
  /** Where in the file: `functions.alert.events[0].stream.batchSize`. */
  readonly path: string;
  readonly reason: string;
}

/** Everything that is wrong with a serverless.yml, at once. Code `MANIFEST_INVALID`. */
export class ManifestError extends MillraceError {
  readonly file: string;
  readonly problems: readonly ManifestProblem[];

  constructor(file: string, problems: readonly ManifestProblem[], cause?: unknown) {
    const lines = problems.map(({ path, reason }) => `  ${path === '' ? '(file)' : path}: ${reason}`);
    super(`${file} cannot be used:\n${lines.join('\n')}`, {
      code: 'MANIFEST_INVALID',
      hint: `Correct ${problems.length === 1 ? 'this place' : 'these places'} in ${file} and start again.`,
      cause,
    });
    this.name = 'ManifestError';
    this.file = file;
    this.problems = problems;
  }
}
