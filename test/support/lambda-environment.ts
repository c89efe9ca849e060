/**
 * A plain handler in a thread of its own, as an environment has it, without the pool: what waits for the event loop
 * or replaces the console can only be seen there.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type {
  BatchInvocation,
  BatchOutcome,
  DirectInvocation,
  ScheduledRun,
} from '../../runtime/environments/invocation.js';
import type {
  EnvironmentSpec,
  HttpRequest,
  HttpResponse,
  SerializedError,
} from '../../runtime/environments/protocol.js';
import { lambdaEnvironment } from '../../runtime/lambda/variables.js';
import { projectRoot } from './project-root.js';
import { testSettings } from './stream-function.js';

const THREAD = join(projectRoot, 'dist/test/support/lambda-thread.js');
const HANDLERS = join(projectRoot, 'test/support/handlers');

/** @param file below test/support/handlers, or absolute */
export function lambdaSpec(file: string, handlerExport = 'handler'): EnvironmentSpec {
  return {
    functionName: 'foreign',
    functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:foreign',
    handler: `${file.replace(/\.\w+$/, '')}.${handlerExport}`,
    modulePath: file.startsWith('/') ? file : join(HANDLERS, file),
    handlerExport,
    runtime: 'nodejs20.x',
    region: 'eu-west-1',
    isolation: 'worker',
    initializationType: 'on-demand',
    settings: testSettings,
    stores: { kind: 'sqlite', directory: '' },
    timeoutMs: 5_000,
    memoryMB: 256,
    environment: { TABLE: 'readings' },
    logLevel: 'debug',
    nice: 0,
  };
}

type Said =
  | { readonly line: Record<string, unknown> }
  | { readonly answer: unknown }
  | { readonly error: SerializedError };

export class LambdaEnvironment {
  /** What was logged, oldest first. */
  readonly lines: Record<string, unknown>[] = [];
  readonly #worker: Worker;
  #requests = 0;

  constructor(spec: EnvironmentSpec) {
    this.#worker = new Worker(THREAD, { workerData: spec, env: lambdaEnvironment(spec, process.env) });
  }

  /** The error of a failed invocation is thrown as the data it travels as. */
  async #run(entry: string, given: unknown): Promise<unknown> {
    const requestId = `request-${++this.#requests}`;
    this.#worker.postMessage({ entry, given, requestId });
    return new Promise((resolve, reject) => {
      const hear = (said: Said) => {
        if ('line' in said) {
          this.lines.push(said.line);
          return;
        }
        this.#worker.off('message', hear);
        this.#worker.off('error', reject);
        if ('error' in said) reject(said.error);
        else resolve(said.answer);
      };
      this.#worker.on('message', hear);
      this.#worker.once('error', reject);
    });
  }

  batch(invocation: BatchInvocation): Promise<BatchOutcome> {
    return this.#run('batch', invocation) as Promise<BatchOutcome>;
  }

  scheduled(run: ScheduledRun): Promise<void> {
    return this.#run('scheduled', run) as Promise<void>;
  }

  fetch(request: HttpRequest): Promise<HttpResponse> {
    return this.#run('fetch', request) as Promise<HttpResponse>;
  }

  /** @param event anything that JSON carries */
  async event(event: unknown, clientContext?: string): Promise<unknown> {
    const given: DirectInvocation = {
      payload: Buffer.from(JSON.stringify(event)),
      ...(clientContext === undefined ? {} : { clientContext }),
    };
    return JSON.parse(Buffer.from((await this.#run('event', given)) as Uint8Array).toString());
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
