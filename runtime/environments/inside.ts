/**
 * The inside of an environment, the same in a thread, in a process and inline: imports one function's module, creates
 * the function once (the cold start) and then handles what the host sends, one thing at a time.
 */
import pino from 'pino';
import { structureConsole } from '../lambda/console.js';
import { loadHandler } from '../lambda/load.js';
import { createLambdaRunner } from '../lambda/runner.js';
import { serializeError } from './errors.js';
import type { BatchOutcome } from './invocation.js';
import type { PackedInvocation } from './packing.js';
import type { PlatformClient } from './platform-client.js';
import {
  type EnvironmentSpec,
  type FromEnvironment,
  sharedNow,
  type ToEnvironment,
  type Usage,
  type Work,
} from './protocol.js';
import type { InvocationInfo, Runner } from './runner.js';

/** What the environment's surroundings do for it. */
export interface Port {
  send(message: FromEnvironment, transfer?: ArrayBuffer[]): void;
  /** Notes where the host finds it that a batch begins (see `progress.ts`). */
  began(id: number, index: number, at: number): void;
  /** In use now. */
  memoryBytes(): number;
  /** Makes `process.env` that of a Lambda function before the module is imported, and the host's again for `create`. */
  enter(kind: 'lambda' | 'create'): void;
  /** Called when there is nothing to do: of a plain Lambda handler nothing may run until something comes. */
  rest(): void;
  /** Ends the thread or process. */
  end(): void;
}

export interface Inside {
  /** Imports and creates; sends `ready` or `failed`. @param startedAt on `sharedNow()` */
  start(startedAt: number): Promise<void>;
  round(id: number, batches: readonly PackedInvocation[], measure: boolean): void;
  receive(message: Exclude<ToEnvironment, { type: 'round' }>): void;
  /** Whether it may be frozen now. */
  readonly resting: boolean;
}

type Answer =
  | { readonly type: 'done' }
  | { readonly type: 'response'; readonly response: Awaited<ReturnType<Runner['fetch']>> }
  | { readonly type: 'payload'; readonly payload: Uint8Array };

export function createInside(spec: EnvironmentSpec, port: Port): Inside {
  const log = pino(
    { level: spec.logLevel, base: { function: spec.functionName } },
    pino.destination({ fd: 2, sync: true }),
  );
  let runner: Runner | undefined;
  let client: PlatformClient | undefined;
  let freezes = false;
  let busy = false;
  let mostMemory = 0;

  const load = async (): Promise<Runner> => {
    port.enter('lambda');
    // Before the import: what a module writes while it loads is logged like the rest.
    if (spec.isolation !== 'inline') structureConsole(log);
    const { create, handler } = await loadHandler(spec.modulePath, spec.handlerExport);
    if (create === undefined) {
      freezes = true;
      return createLambdaRunner(handler, spec, log);
    }
    port.enter('create');
    // Not before it is known to be needed: plain handlers have no use for the stores' modules.
    const [{ createPlatformClient }, { createDirectRunner }] = await Promise.all([
      import('./platform-client.js'),
      import('./direct-runner.js'),
    ]);
    client = createPlatformClient(spec, log, port.send);
    return createDirectRunner(create, client.platform, spec);
  };

  const infoFor = (requestId: string): InvocationInfo => ({
    requestId,
    deadline: performance.now() + spec.timeoutMs,
  });
  const usage = (durationsMs: readonly number[], measure: boolean): Usage => {
    if (measure) mostMemory = Math.max(mostMemory, port.memoryBytes());
    return { durationsMs, memoryBytes: mostMemory };
  };
  const answered = (message: FromEnvironment) => {
    busy = false;
    port.send(message);
    if (freezes) port.rest();
  };

  const attempt = async ({ invocation, requestId }: PackedInvocation): Promise<BatchOutcome> => {
    try {
      return await runner!.batch(invocation, infoFor(requestId));
    } catch (error) {
      return { kind: 'error', error: serializeError(error) };
    }
  };

  const handleRound = async (id: number, batches: readonly PackedInvocation[], measure: boolean) => {
    const durations: number[] = [];
    let last: BatchOutcome | null = null;
    let begun = sharedNow();
    for (const [index, batch] of batches.entries()) {
      port.began(id, index, begun);
      const outcome = await attempt(batch);
      const now = sharedNow();
      durations.push(now - begun);
      begun = now;
      if (outcome.kind === 'success' && outcome.state === undefined) continue;
      if (index === batches.length - 1) last = outcome;
      else port.send({ type: 'outcome', id, index, outcome });
    }
    answered({ type: 'finished', id, outcome: last, usage: usage(durations, measure) });
  };

  const run = async (work: Work, info: InvocationInfo): Promise<Answer> => {
    switch (work.type) {
      case 'scheduled':
        await runner!.scheduled(work.run, info);
        return { type: 'done' };
      case 'fetch':
        return { type: 'response', response: await runner!.fetch(work.request, info) };
      case 'event':
        return { type: 'payload', payload: await runner!.event(work.invocation, info) };
    }
  };

  const handle = async ({ id, requestId, work, measure }: Extract<ToEnvironment, { type: 'invoke' }>) => {
    const begun = sharedNow();
    port.began(id, 0, begun);
    const took = () => usage([sharedNow() - begun], measure);
    try {
      const answer = await run(work, infoFor(requestId));
      answered({ ...answer, id, usage: took() });
    } catch (error) {
      answered({ type: 'error', id, error: serializeError(error), usage: took() });
    }
  };

  const close = async () => {
    try {
      await client?.close();
    } catch (error) {
      log.error({ err: error }, 'the stores of an environment could not be closed');
    }
    port.end();
  };

  return {
    get resting() {
      return freezes && !busy;
    },
    async start(startedAt) {
      const begun = sharedNow();
      try {
        runner = await load();
      } catch (error) {
        port.send({ type: 'failed', error: serializeError(error) });
        return;
      }
      port.send({ type: 'ready', startedAt, importMs: sharedNow() - begun, freezes });
      if (freezes) port.rest();
    },
    round(id, batches, measure) {
      busy = true;
      void handleRound(id, batches, measure);
    },
    receive(message) {
      if (message.type === 'answer') client?.settle(message);
      else if (message.type === 'close') void close();
      else {
        busy = true;
        void handle(message);
      }
    },
  };
}
