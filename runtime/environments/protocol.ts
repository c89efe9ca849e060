/**
 * What an environment's thread and its host say to each other. Batches and appended records travel as frames in
 * buffers; everything else is small and rare enough for the structured clone.
 */

import type { LocalFunctionSettings, Settings } from '../../common/settings.js';
import type { DeploymentStatus, MqttMessage } from '../../functions/contract.js';

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
  /** Folder of the SQLite stores. */
  readonly storesDirectory: string;
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

/** What became of one batch. `failures` is empty on success. */
export type BatchOutcome = { readonly failures: readonly bigint[] } | { readonly error: SerializedError };

export type Work =
  /** The batches lie in the shared memory (see `packing.ts`): the one sent along, else the one sent last. */
  | { readonly type: 'batches'; readonly stream: string; readonly memory: SharedArrayBuffer | null }
  | { readonly type: 'scheduled'; readonly time: number }
  | { readonly type: 'fetch'; readonly request: HttpRequest };

/** Host to thread. */
export type ToEnvironment =
  | { readonly type: 'invoke'; readonly id: number; readonly work: Work }
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

/** Thread to host. */
export type FromEnvironment =
  | { readonly type: 'ready'; readonly entryPoints: readonly string[]; readonly importMs: number }
  | { readonly type: 'failed'; readonly error: SerializedError }
  | { readonly type: 'call'; readonly id: number; readonly call: PlatformCall }
  /** Null: every batch succeeded, which is nearly always. */
  | { readonly type: 'outcomes'; readonly id: number; readonly outcomes: readonly BatchOutcome[] | null }
  | { readonly type: 'response'; readonly id: number; readonly response: HttpResponse }
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'error'; readonly id: number; readonly error: SerializedError };
