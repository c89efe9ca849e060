/**
 * What an environment and its host say to each other. Batches and appended records travel as frames in buffers;
 * everything else is small and rare enough to be cloned.
 */

import type { LocalFunctionSettings, Settings } from '../../common/settings.js';
import type { DeploymentStatus, MqttMessage } from '../../functions/contract.js';
import type { StoresConfig } from '../../stores/open.js';
import type { BatchOutcome, DirectInvocation, EventSource, ScheduledRun } from './invocation.js';

/** `provisioned-concurrency`: started ahead of the first invocation and kept. */
export type InitializationType = 'on-demand' | 'provisioned-concurrency';

/** Everything a thread or process needs to become an environment of one function. */
export interface EnvironmentSpec {
  readonly functionName: string;
  readonly functionArn: string;
  /** As in serverless.yml: `functions/alert/handler.handler`. */
  readonly handler: string;
  /** Absolute path of the built module that exports `create` or a plain Lambda handler. */
  readonly modulePath: string;
  /** Name of the exported handler; not looked at when the module exports `create`. */
  readonly handlerExport: string;
  /** As in serverless.yml, e.g. `nodejs20.x`. */
  readonly runtime: string;
  /** AWS region that made-up ARNs are in. */
  readonly region: string;
  readonly isolation: LocalFunctionSettings['isolation'];
  readonly initializationType: InitializationType;
  readonly settings: Settings;
  readonly stores: StoresConfig;
  readonly timeoutMs: number;
  readonly memoryMB: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly logLevel: string;
  /** See `LocalFunctionSettings`. */
  readonly nice: number;
}

/** An error as data: class instances do not survive the crossing. */
export interface SerializedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | undefined;
  readonly canRetry: boolean;
  readonly hint: string | undefined;
  /** Of the invocation that failed; added by the host. */
  readonly requestId?: string;
  readonly functionName?: string;
}

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array | null;
  /** Of the trigger that took the request, e.g. `GET /devices/{id}`; `$default` when absent. */
  readonly routeKey?: string;
  /** Address of the client, for plain Lambda handlers. */
  readonly sourceIp?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/** One thing to do that is not a batch. */
export type Work =
  | { readonly type: 'scheduled'; readonly run: ScheduledRun }
  | { readonly type: 'fetch'; readonly request: HttpRequest }
  | { readonly type: 'event'; readonly invocation: DirectInvocation };

/** Host to environment. */
export type ToEnvironment =
  | {
      readonly type: 'round';
      readonly id: number;
      /** Event sources the environment has not met yet; batches name a source by its place among all that were sent. */
      readonly sources: readonly EventSource[];
      /** The packed batches (see `packing.ts`) lie in this memory from now on; null: where they lay before. */
      readonly memory: SharedArrayBuffer | null;
      readonly measure: boolean;
    }
  | {
      readonly type: 'invoke';
      readonly id: number;
      readonly requestId: string;
      readonly work: Work;
      readonly measure: boolean;
    }
  | {
      readonly type: 'answer';
      readonly id: number;
      readonly value?: unknown;
      readonly error?: SerializedError;
    }
  | { readonly type: 'close' };

/** Calls a function makes on its platform, served by the host. */
export type PlatformCall =
  | { readonly method: 'append'; readonly stream: string; readonly frames: Uint8Array }
  | { readonly method: 'appendTick'; readonly stream: string; readonly time: number }
  | { readonly method: 'publish'; readonly messages: readonly MqttMessage[] }
  | { readonly method: 'status' };

export interface PlatformResults {
  append: undefined;
  appendTick: undefined;
  publish: undefined;
  status: DeploymentStatus;
}

/** What an invocation or a round took. */
export interface Usage {
  /** Of each batch, or of the one invocation, ms. */
  readonly durationsMs: readonly number[];
  /** The most memory the environment was seen using, bytes; 0 unless `measure` was asked for. */
  readonly memoryBytes: number;
}

export type Reply =
  /** The outcome of the round's last batch; null: a success with nothing to say, which is nearly always. */
  | {
      readonly type: 'finished';
      readonly id: number;
      readonly outcome: BatchOutcome | null;
      readonly usage: Usage;
    }
  | { readonly type: 'done'; readonly id: number; readonly usage: Usage }
  | { readonly type: 'response'; readonly id: number; readonly response: HttpResponse; readonly usage: Usage }
  | { readonly type: 'payload'; readonly id: number; readonly payload: Uint8Array; readonly usage: Usage }
  | { readonly type: 'error'; readonly id: number; readonly error: SerializedError; readonly usage: Usage };

/** Environment to host. */
export type FromEnvironment =
  | {
      readonly type: 'ready';
      /** When its first statement ran, ms on the clock of `process.hrtime`, which all processes share. */
      readonly startedAt: number;
      readonly importMs: number;
      /** Whether nothing of it runs between invocations: plain Lambda handlers. */
      readonly freezes: boolean;
    }
  | { readonly type: 'failed'; readonly error: SerializedError }
  /** What is about to end a process, which cannot say it any other way. */
  | { readonly type: 'crashed'; readonly error: SerializedError }
  | { readonly type: 'call'; readonly id: number; readonly call: PlatformCall }
  /** Of a batch before the round's last one, unless it is a success with nothing to say: so the common path has none. */
  | { readonly type: 'outcome'; readonly id: number; readonly index: number; readonly outcome: BatchOutcome }
  | Reply;

/** ms on a clock that all threads and processes of the machine share. */
export function sharedNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
