/**
 * The functions of a deployment: a pool of environments each, event source mappings for their streams, jobs for their
 * schedules.
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Clock, monotonicTimers } from '../common/clock.js';
import type { AsynchronousStore } from '../stores/asynchronous.js';
import type { Firings } from '../stores/firings.js';
import type { StoresConfig } from '../stores/open.js';
import type { WindowStates } from '../stores/window-states.js';
import type { Consumer } from '../streams/engine.js';
import type { Stream } from '../streams/stream.js';
import { type Asynchronous, createAsynchronous } from './asynchronous/asynchronous.js';
import { withFunctionDestinations } from './asynchronous/function-destinations.js';
import { builtModule } from './built-module.js';
import { openDestinations } from './destinations/open-all.js';
import { createConcurrency, type FunctionConcurrency } from './environments/concurrency.js';
import type { PlatformHost } from './environments/environment.js';
import type { FunctionPool } from './environments/invocation.js';
import { createPool } from './environments/pool.js';
import type { EnvironmentSpec } from './environments/protocol.js';
import { createTurns, type Turns } from './environments/turns.js';
import { createMappings, type FunctionMappings } from './function-mappings.js';
import { createRouter, type Router } from './http/router.js';
import type { FunctionManifest, Manifest } from './manifest/manifest.js';
import type { Mapping } from './mappings/mapping.js';
import type { Roles } from './roles.js';
import { scheduleJobs } from './schedules/rules.js';
import { createScheduler, systemClock } from './schedules/scheduler.js';
import { startRun } from './schedules/start-run.js';

export interface Functions {
  readonly manifest: Manifest;
  readonly router: Router;
  /** Empty until `start`: their checkpoints are read then. */
  readonly mappings: readonly Mapping[];
  readonly pools: ReadonlyMap<string, FunctionPool>;
  poolOf(name: string): FunctionPool;
  /** Queues an asynchronous invocation; resolves when it is durable. */
  enqueue(functionName: string, id: string, payload: Uint8Array): Promise<void>;
  /** Creates the stream and HTTP functions, so that what is wrong with them shows before anything listens. */
  warmUp(): Promise<void>;
  /** Goes on from the checkpoints. */
  start(): Promise<void>;
  /** Before a stop: no batch waits to fill up any more. Resolves when all streams are finished, or after `timeoutMs`. */
  catchUp(timeoutMs: number): Promise<void>;
  /** Stops fetching and scheduling; resolves when what was in flight is finished and its checkpoints are saved. */
  pause(): Promise<void>;
  /** Finishes the requests under way and ends the environments. Pause first. */
  close(): Promise<void>;
}

export interface FunctionsOptions {
  readonly manifest: Manifest;
  readonly streams: ReadonlyMap<string, Stream>;
  /** What a consumer of this name reads a stream through. */
  readonly join: (stream: string, name: string) => Promise<Consumer>;
  readonly platform: PlatformHost;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stores: StoresConfig;
  readonly dataDir: string;
  readonly asynchronousStore: AsynchronousStore;
  readonly firings: Firings;
  readonly windowStates: WindowStates;
  readonly logLevel: string;
  readonly roles: Roles;
}

/** How often `catchUp` looks (ms). */
const LOOK_MS = 10;

/** Rejects when a handler's module is missing or cannot be built. */
export async function createFunctions(options: FunctionsOptions): Promise<Functions> {
  const { manifest, streams, log, roles } = options;
  // One processor is left to the gateway and to the functions that do not stand back.
  const turns = createTurns(Math.max(1, availableParallelism() - 1));
  const modules = await Promise.all(
    manifest.functions.map((fn) => builtModule(join(manifest.root, fn.handlerFile), manifest.root)),
  );
  const concurrency = createConcurrency(manifest.settings.concurrency, manifest.functions);
  const pools = new Map(
    manifest.functions.map((fn, index) => [
      fn.name,
      poolFor(fn, modules[index]!, options, turns, concurrency.get(fn.name)!),
    ]),
  );
  const poolOf = (name: string) => pools.get(name)!;
  const time = () => options.clock.now();
  const destinations = openDestinations(manifest, { ...options, time });
  const asynchronous: Asynchronous = createAsynchronous({
    ...withFunctionDestinations(manifest.functions, destinations, (event) => asynchronous.enqueue([event])),
    pool: poolOf,
    store: options.asynchronousStore,
    timers: monotonicTimers,
    time,
    log,
  });
  let mappings: readonly Mapping[] = [];
  let reading: FunctionMappings | undefined;
  const scheduler = createScheduler({
    jobs: await scheduleJobs(manifest.functions, options.firings, options.clock.now(), (fn, run, rule) =>
      startRun(poolOf(fn.name), run, rule, asynchronous, manifest.region),
    ),
    firings: options.firings,
    clock: { ...systemClock, now: time },
    onError: ({ name }, error) => log.error({ schedule: name, err: error }, 'a scheduled run failed'),
  });
  const behind = () =>
    mappings.some((mapping) => {
      const stream = streams.get(mapping.stream)!;
      return [...mapping.positions()].some(([partition, next]) => next < stream.ends(partition).end);
    });

  return {
    manifest,
    router: createRouter(roles.has('api') ? manifest.functions : []),
    get mappings() {
      return mappings;
    },
    pools,
    poolOf,
    enqueue: (functionName, id, payload) => asynchronous.enqueue([{ functionName, id, payload }]),
    async warmUp() {
      const needed = manifest.functions.filter(({ triggers }) =>
        triggers.some(({ type }) =>
          type === 'http' ? roles.has('api') : type !== 'schedule' && roles.has('functions'),
        ),
      );
      await Promise.all(needed.map(({ name }) => poolOf(name).warmUp()));
    },
    async start() {
      reading = await createMappings({
        ...options,
        poolOf,
        destinations,
        enqueue: (events) => asynchronous.enqueue(events),
        time,
      });
      mappings = reading.mappings;
      for (const mapping of mappings) mapping.start();
      if (roles.has('schedules')) scheduler.start();
      asynchronous.start();
    },
    async catchUp(timeoutMs) {
      for (const mapping of mappings) mapping.drain();
      const deadline = performance.now() + timeoutMs;
      while (behind() && performance.now() < deadline) {
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      }
    },
    async pause() {
      // What queues stops before the queue.
      await Promise.all([scheduler.stop(), ...mappings.map((mapping) => mapping.stop())]);
      await asynchronous.stop();
      await reading?.close();
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.close()));
    },
  };
}

function poolFor(
  fn: FunctionManifest,
  modulePath: string,
  options: FunctionsOptions,
  turns: Turns,
  concurrency: FunctionConcurrency,
): FunctionPool {
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
    stores: options.stores,
    timeoutMs: fn.timeoutMs,
    memoryMB: fn.memoryMB,
    environment: fn.environment,
    logLevel: options.logLevel,
    nice: fn.local.nice,
  };
  return createPool(spec, {
    platform: options.platform,
    log: options.log,
    environments: fn.local.environments,
    provisionedConcurrency: fn.provisionedConcurrency,
    idleMs: fn.local.idleMs,
    concurrency,
    ...(fn.local.nice > 0 ? { turns } : {}),
  });
}
