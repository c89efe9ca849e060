/**
 * The functions of a deployment: an environment each, event source mappings for their streams, jobs for their
 * schedules.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../common/clock.js';
import type { Batch } from '../streams/batch.js';
import type { Checkpoints } from '../streams/checkpoints.js';
import type { Stream } from '../streams/stream.js';
import { builtModule } from './built-module.js';
import { createEnvironment, type Environment, type PlatformHost } from './environments/environment.js';
import { serializeError } from './environments/errors.js';
import type { BatchOutcome, FunctionPool } from './environments/invocation.js';
import type { EnvironmentSpec } from './environments/protocol.js';
import { createTurns, type Turns } from './environments/turns.js';
import { createRouter, type Router } from './http/router.js';
import type { FunctionManifest, Manifest, StreamTrigger } from './manifest/manifest.js';
import { createMapping, type Mapping } from './mappings/mapping.js';
import { parseSchedule } from './schedules/schedule.js';
import { createScheduler, systemClock } from './schedules/scheduler.js';

export interface Functions {
  readonly manifest: Manifest;
  readonly router: Router;
  /** Empty until `start`: their checkpoints are read then. */
  readonly mappings: readonly Mapping[];
  readonly environments: ReadonlyMap<string, Environment>;
  environmentOf(name: string): Environment;
  /** Creates the stream and HTTP functions, so that what is wrong with them shows before anything listens. */
  warmUp(): Promise<void>;
  /** Goes on from the checkpoints. */
  start(): void;
  /** Resolves when every mapping has finished its stream, or after `timeoutMs`. */
  catchUp(timeoutMs: number): Promise<void>;
  /** Stops fetching and scheduling; resolves when what was in flight is finished and its checkpoints are saved. */
  pause(): Promise<void>;
  /** Finishes the requests under way and ends the environments. Pause first. */
  close(): Promise<void>;
}

export interface FunctionsOptions {
  readonly manifest: Manifest;
  readonly streams: ReadonlyMap<string, Stream>;
  readonly checkpoints: Checkpoints;
  readonly platform: PlatformHost;
  readonly clock: Clock;
  readonly log: Logger;
  readonly storesDirectory: string;
  readonly logLevel: string;
}

/** How often `catchUp` looks (ms). */
const LOOK_MS = 10;

/** Rejects when a handler's module is missing or cannot be built. */
export async function createFunctions(options: FunctionsOptions): Promise<Functions> {
  const { manifest, streams, checkpoints, log } = options;
  // One processor is left to the gateway and to the functions that do not stand back.
  const turns = createTurns(Math.max(1, availableParallelism() - 1));
  const modules = await Promise.all(
    manifest.functions.map((fn) => builtModule(join(manifest.root, fn.handlerFile), manifest.root)),
  );
  const environments = new Map(
    manifest.functions.map((fn, index) => [fn.name, environmentFor(fn, modules[index]!, options, turns)]),
  );
  const environmentOf = (name: string) => environments.get(name)!;
  let mappings: readonly Mapping[] = [];
  const createMappings = () =>
    manifest.functions.flatMap((fn) =>
      fn.triggers.flatMap((trigger) => {
        if (trigger.type !== 'stream' || !trigger.enabled) return [];
        const stream = streams.get(trigger.stream)!;
        const environment = environmentOf(fn.name);
        const time = () => options.clock.now();
        const mapping = { functionName: fn.name, functionArn: fn.arn, trigger: localTrigger(fn, trigger) };
        return [
          createMapping(mapping, { stream, invoke: invokeThrough(environment), checkpoints, log, time }),
        ];
      }),
    );
  const scheduler = createScheduler({
    jobs: manifest.functions.flatMap((fn) =>
      fn.triggers.flatMap((trigger) => {
        if (trigger.type !== 'schedule' || !trigger.enabled) return [];
        const run = (time: number) => environmentOf(fn.name).scheduled(time);
        return [
          {
            name: fn.name,
            schedule: parseSchedule(trigger.expression, options.clock.now(), { seconds: true }),
            run,
          },
        ];
      }),
    ),
    clock: { ...systemClock, now: () => options.clock.now() },
    onError: ({ name }, error) => log.error({ function: name, err: error }, 'a scheduled run failed'),
  });
  const behind = () =>
    mappings.some((mapping) => {
      const stream = streams.get(mapping.stream)!;
      return mapping.positions().some((next, partition) => next < stream.ends(partition).end);
    });

  return {
    manifest,
    router: createRouter(manifest.functions),
    get mappings() {
      return mappings;
    },
    environments,
    environmentOf,
    async warmUp() {
      const needed = manifest.functions.filter(({ triggers }) =>
        triggers.some(({ type }) => type !== 'schedule'),
      );
      await Promise.all(needed.map(({ name }) => environmentOf(name).start()));
    },
    start() {
      mappings = createMappings();
      for (const mapping of mappings) mapping.start();
      scheduler.start();
    },
    async catchUp(timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      while (behind() && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    async pause() {
      await Promise.all([scheduler.stop(), ...mappings.map((mapping) => mapping.stop())]);
    },
    async close() {
      await Promise.all([...environments.values()].map((environment) => environment.close()));
    },
  };
}

function environmentFor(
  fn: FunctionManifest,
  modulePath: string,
  options: FunctionsOptions,
  turns: Turns,
): Environment {
  const spec: EnvironmentSpec = {
    functionName: fn.name,
    functionArn: fn.arn,
    handler: `${fn.handlerFile}.${fn.handlerExport}`,
    modulePath,
    handlerExport: fn.handlerExport,
    runtime: fn.runtime,
    region: options.manifest.region,
    isolation: fn.local.isolation,
    initializationType: fn.provisionedConcurrency > 0 ? 'provisioned-concurrency' : 'on-demand',
    settings: options.manifest.settings,
    storesDirectory: options.storesDirectory,
    timeoutMs: fn.timeoutMs,
    memoryMB: fn.memoryMB,
    environment: fn.environment,
    logLevel: options.logLevel,
    nice: fn.local.nice,
  };
  return createEnvironment(spec, options.platform, fn.local.nice > 0 ? turns : undefined);
}

function localTrigger(fn: FunctionManifest, trigger: StreamTrigger): StreamTrigger {
  return { ...trigger, batchWindowMs: fn.local.batchWindowMs ?? trigger.batchWindowMs };
}

/** Batches of one turn of the event loop reach the environment together: waking it costs more than most of them. */
function invokeThrough(environment: Environment): FunctionPool['processBatch'] {
  let waiting: { readonly batch: Batch; readonly resolve: (outcome: BatchOutcome) => void }[] = [];
  const send = async () => {
    const sent = waiting;
    waiting = [];
    const outcomes = await environment
      .process(sent.map(({ batch }) => batch))
      .catch((error: unknown) => sent.map(() => ({ error: serializeError(error) })));
    for (const [i, { resolve }] of sent.entries()) {
      const outcome = outcomes[i]!;
      if ('error' in outcome) resolve({ kind: 'error', error: outcome.error });
      else if (outcome.failures.length === 0) resolve({ kind: 'success' });
      else resolve({ kind: 'partial', failures: outcome.failures });
    }
  };
  return ({ batch }) =>
    new Promise((resolve) => {
      waiting.push({ batch, resolve });
      if (waiting.length === 1) process.nextTick(() => void send());
    });
}
