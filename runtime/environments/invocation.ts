/**
 * What is asked of a function and what it answers, as the event source mappings, the scheduler and the HTTP side see
 * it: nothing here knows of threads or processes.
 */
import type { Histogram } from '../../common/histogram.js';
import type { Batch } from '../../streams/batch.js';
import type { EventSourceKind } from '../manifest/manifest.js';
import type { HttpRequest, HttpResponse, SerializedError } from './protocol.js';

/** Where batches come from; the same for all batches of one event source mapping. */
export interface EventSource {
  readonly kind: EventSourceKind;
  readonly stream: string;
  readonly arn: string;
  readonly bootstrapServers: readonly string[];
  /** The answer names the records that failed; without it any answer is a success. */
  readonly reportsFailures: boolean;
}

/** The tumbling window a batch belongs to. */
export interface WindowInvocation {
  /** Epoch ms. */
  readonly start: number;
  readonly end: number;
  /** JSON of the state that the last invocation of this window answered; `{}` for the first. */
  readonly state: string;
  readonly isFinal: boolean;
  readonly isTerminatedEarly: boolean;
}

export interface BatchInvocation {
  readonly source: EventSource;
  /** Its bytes may be used again when the outcome is there. Empty only with a final window invocation. */
  readonly batch: Batch;
  readonly window?: WindowInvocation;
}

/** Offset standing for an identifier that names no record of the batch. */
export const UNKNOWN_RECORD = -1n;

/** `requestId`: of the invocation, for what is reported of a failure; absent when there was none. */
export type BatchOutcome =
  /** `state`: JSON, with a window only. */
  | { readonly kind: 'success'; readonly state?: string }
  /** Offsets of the failed records, one at least; unknown, empty or missing identifiers are `UNKNOWN_RECORD`. */
  | {
      readonly kind: 'partial';
      readonly failures: readonly bigint[];
      readonly state?: string;
      readonly requestId?: string;
    }
  /** Thrown, timed out, crashed, or an answer that is none. */
  | { readonly kind: 'error'; readonly error: SerializedError; readonly requestId?: string }
  /** Not invoked: no environment may be started now. Consumes no retry. */
  | { readonly kind: 'throttled'; readonly error: SerializedError };

export interface ScheduledRun {
  /** The moment that was due, epoch ms. */
  readonly time: number;
  readonly ruleArn: string;
  readonly method: 'eventBus' | 'scheduler';
  /** JSON that the function gets instead of the scheduled event. */
  readonly input?: string;
}

/** One event as bytes of JSON, for whatever has no path of its own. */
export interface DirectInvocation {
  readonly payload: Uint8Array;
  /** Lambda's client context, JSON. */
  readonly clientContext?: string;
}

export type DirectResult = {
  readonly requestId: string;
  /** The REPORT line of this invocation, as CloudWatch would show it. */
  readonly report: string;
} & (
  | { readonly kind: 'success'; readonly payload: Uint8Array }
  | { readonly kind: 'error'; readonly error: SerializedError }
);

/** The environments of one function. */
export interface FunctionPool {
  readonly functionName: string;
  /** Starts one environment, or as many as are provisioned; rejects with what is wrong with the function. */
  warmUp(): Promise<void>;
  /**
   * Whether it is a Lambda handler that somebody else may have written, rather than a module that exports `create`.
   * Starts an environment if none was started yet; rejects as `warmUp` does.
   */
  isPlainHandler(): Promise<boolean>;
  /** Never rejects. Batches that wait together may reach an environment together; each has its own outcome. */
  processBatch(invocation: BatchInvocation): Promise<BatchOutcome>;
  /** These reject with `FUNCTION_THROTTLED` or with what the function threw. */
  scheduled(run: ScheduledRun): Promise<void>;
  fetch(request: HttpRequest): Promise<HttpResponse>;
  /** Rejects with `FUNCTION_THROTTLED` only: what the function threw is its result. */
  invoke(invocation: DirectInvocation): Promise<DirectResult>;
  readonly stats: PoolStats;
  /** Takes nothing new, lets what is under way finish, ends the environments. */
  close(): Promise<void>;
}

/** Times of one cold start, ms: the thread or process, the module's import (and `create`), the first invocation. */
export interface ColdStart {
  readonly spawnMs: number;
  readonly importMs: number;
  readonly firstInvokeMs: number;
}

/** Counters since the pool was made, and gauges; Lambda's names. */
export interface PoolStats {
  readonly invocations: number;
  readonly errors: number;
  readonly throttles: number;
  /** Sum, ms. */
  readonly durationMs: number;
  /** The same one by one, in seconds. */
  readonly durations: Histogram;
  readonly timeouts: number;
  readonly coldStarts: number;
  /** The last 100. */
  readonly recentColdStarts: readonly ColdStart[];
  /** Environments there are, and those at work. */
  readonly environments: number;
  readonly concurrentExecutions: number;
  readonly lastError: string | null;
}
