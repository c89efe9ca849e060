/**
 * The agreement between an environment and what it runs: the environment receives and answers (see `inside.ts`), the
 * runner calls the function. There are two: for modules that export `create` (`direct-runner.ts`) and for plain Lambda
 * handlers (`../lambda/runner.ts`).
 */
import type { BatchInvocation, BatchOutcome, DirectInvocation, ScheduledRun } from './invocation.js';
import type { HttpRequest, HttpResponse } from './protocol.js';

/** One invocation, as the host announced it. */
export interface InvocationInfo {
  readonly requestId: string;
  /** When the function's time is up, on `performance.now()` of the environment, ms. */
  readonly deadline: number;
}

/** What an environment runs, whichever way its function was written. One call at a time; each rejects with what the function threw. */
export interface Runner {
  batch(invocation: BatchInvocation, info: InvocationInfo): Promise<BatchOutcome>;
  scheduled(run: ScheduledRun, info: InvocationInfo): Promise<void>;
  fetch(request: HttpRequest, info: InvocationInfo): Promise<HttpResponse>;
  /** Resolves to the JSON of the answer. */
  event(invocation: DirectInvocation, info: InvocationInfo): Promise<Uint8Array>;
}
