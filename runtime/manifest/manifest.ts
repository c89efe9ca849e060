/**
 * The manifest: what serverless.yml says, resolved, checked and with every default filled in. The runtime knows
 * this shape and nothing of YAML, CloudFormation or the packager.
 *
 * Times are in milliseconds throughout; -1 means "no limit", as in Lambda's own settings.
 */
import { MillraceError } from '../../common/errors.js';
import type { Problem } from '../../common/problems.js';
import type { DestinationSettings, LocalFunctionSettings, Settings } from '../../common/settings.js';

/** Which service an event source mapping stands for: it decides the event's shape, and when a batch window begins. */
export type EventSourceKind = 'kinesis' | 'kafka' | 'sqs';

/** An event source mapping: one stream feeds one function. Kafka topics and queues are local streams of their name. */
export interface StreamTrigger {
  readonly type: 'stream';
  readonly source: EventSourceKind;
  /** Name of the stream (the resource's `Name`), topic or queue, not its logical id. */
  readonly stream: string;
  /** As functions see it; made up of the region and a made-up account for resources of this file. */
  readonly arn: string;
  /** Kafka's, as functions see them; empty for other sources. */
  readonly bootstrapServers: readonly string[];
  /** At most this many records in a batch, 1 to 10,000. */
  readonly batchSize: number;
  /** How long a batch may wait to fill up; the local override when there is one. */
  readonly batchWindowMs: number;
  readonly startingPosition: 'TRIM_HORIZON' | 'LATEST' | 'AT_TIMESTAMP';
  /** Epoch ms, with AT_TIMESTAMP. */
  readonly startingTimestamp?: number;
  /** Batches of one partition that may be under way at a time, 1 to 10; a key's records stay in order. */
  readonly parallelizationFactor: number;
  /** Retries after the first attempt; -1 retries until the record's age or the stream's retention ends it. */
  readonly maximumRetryAttempts: number;
  /** Records older than this are given up; -1 never. */
  readonly maximumRecordAgeMs: number;
  readonly bisectBatchOnFunctionError: boolean;
  /** The function names the records that failed (`ReportBatchItemFailures`). */
  readonly reportBatchItemFailures: boolean;
  /** 0: none. */
  readonly tumblingWindowMs: number;
  /** Patterns as they stand in the file, checked; a record passes when one of them matches. Empty: all pass. */
  readonly filterPatterns: readonly unknown[];
  /** Name of the destination that given-up records are reported to; see `Manifest.destinations`. */
  readonly onFailure?: string;
  readonly enabled: boolean;
}

export interface ScheduleTrigger {
  readonly type: 'schedule';
  /** The rule's name, unique within the manifest. */
  readonly name: string;
  /** `rate(…)` or `cron(…)`, already checked; the local override when there is one. */
  readonly expression: string;
  /** IANA time zone that a cron expression is meant in. */
  readonly timezone: string;
  /** `eventBus`: an EventBridge rule; `scheduler`: EventBridge Scheduler. It decides the event's `source`. */
  readonly method: 'eventBus' | 'scheduler';
  /** What the function gets instead of the scheduled event. */
  readonly input?: unknown;
  readonly enabled: boolean;
}

/** An IoT rule: each event that its SQL selects invokes the function asynchronously. */
export interface IotTrigger {
  readonly type: 'iot';
  /** Already checked. */
  readonly sql: string;
  readonly enabled: boolean;
}

export interface HttpTrigger {
  readonly type: 'http';
  /** Upper case, or `*`. */
  readonly method: string;
  /** As in serverless.yml, e.g. `/devices/{id}`; `*` with method `*` takes every request. */
  readonly path: string;
}

export type Trigger = StreamTrigger | ScheduleTrigger | HttpTrigger | IotTrigger;

/** What becomes of asynchronous invocations (schedules, IoT rules). */
export interface AsynchronousSettings {
  /** 0 to 2. */
  readonly maximumRetryAttempts: number;
  readonly maximumEventAgeMs: number;
  /** Names of destinations. */
  readonly onSuccess?: string;
  readonly onFailure?: string;
  /** Names of functions of this manifest that get the document, asynchronously, instead of a destination. */
  readonly onSuccessFunction?: string;
  readonly onFailureFunction?: string;
}

export interface FunctionManifest {
  readonly name: string;
  /** Path of the handler's module relative to `root`, without extension: `functions/alert/handler`. */
  readonly handlerFile: string;
  /** Name of the exported handler: `handler`. */
  readonly handlerExport: string;
  readonly timeoutMs: number;
  readonly memoryMB: number;
  /** As in the file, e.g. `nodejs20.x`. */
  readonly runtime: string;
  readonly arn: string;
  /** The most environments at a time; 0 switches the function off. */
  readonly reservedConcurrency?: number;
  /** So many environments are always warm. */
  readonly provisionedConcurrency: number;
  readonly asynchronous: AsynchronousSettings;
  readonly environment: Readonly<Record<string, string>>;
  readonly triggers: readonly Trigger[];
  readonly local: LocalFunctionSettings;
}

export interface StreamManifest {
  readonly name: string;
  readonly partitions: number;
  readonly retentionMs: number;
}

/** A queue or topic of AWS, and what stands in for it here. */
export interface DestinationManifest {
  readonly name: string;
  readonly arn: string;
  readonly settings: DestinationSettings;
}

export interface Manifest {
  /** Absolute path of serverless.yml, and its folder. */
  readonly file: string;
  readonly root: string;
  readonly service: string;
  readonly functions: readonly FunctionManifest[];
  readonly streams: readonly StreamManifest[];
  readonly destinations: readonly DestinationManifest[];
  /** AWS region that made-up ARNs are in. */
  readonly region: string;
  readonly settings: Settings;
}

/** Everything that is wrong with a serverless.yml, at once. Code `MANIFEST_INVALID`. */
export class ManifestError extends MillraceError {
  readonly file: string;
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[], cause?: unknown) {
    const lines = problems.map(({ path, reason }) => `  ${path === '' ? '(file)' : path}: ${reason}`);
    super(`${file} cannot be used:\n${lines.join('\n')}`, {
      code: 'MANIFEST_INVALID',
      hint: `Correct ${problems.length === 1 ? 'this place' : 'these places'} and start again.`,
      cause,
    });
    this.name = 'ManifestError';
    this.file = file;
    this.problems = problems;
  }
}
