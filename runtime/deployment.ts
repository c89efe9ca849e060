/**
 * The composition root of the embedded deployment: one process, no service besides it.
 *
 * Starting goes from the inside out (data, functions, sockets), so that nothing is half-started when a step fails,
 * and stopping goes from the outside in, so that everything accepted is finished.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pino, { type Logger } from 'pino';
import { steadyClock } from '../common/clock.js';
import { MillraceError } from '../common/errors.js';
import { createCounters } from '../gateway/counters.js';
import { largestPacket } from '../gateway/mqtt/packet-limit.js';
import { createPacer } from '../gateway/pacer.js';
import { openStores, type StoresConfig } from '../stores/open.js';
import { openAsynchronousStore } from '../stores/sqlite/asynchronous.js';
import { lockDirectory } from '../streams/embedded/directory-lock.js';
import { TELEMETRY } from './consumers.js';
import { createFunctions, type Functions } from './functions.js';
import { openGateway } from './gateway.js';
import { gatewayApp } from './gateway-app.js';
import { createGenerations, type Reload } from './generations.js';
import { housekeeping } from './housekeeping.js';
import { type Listeners, listen } from './listeners.js';
import { loadManifest } from './manifest/load.js';
import type { Manifest } from './manifest/manifest.js';
import { groupOf } from './mappings/lanes.js';
import { createMetrics } from './metrics.js';
import { openStreams } from './open-streams.js';
import type { DeploymentOptions } from './options.js';
import { createPlatformHost } from './platform-host.js';
import { createStatus } from './status.js';
import { undoable } from './undo.js';

export interface Deployment {
  readonly manifest: Manifest;
  readonly host: string;
  /** Where the embedded broker listens; undefined when devices connect to another one. */
  readonly mqttPort: number | undefined;
  /** The broker that devices connect to, when it is not in this process. */
  readonly mqttUrl: string | undefined;
  readonly httpPort: number;
  readonly dataDir: string;
  /** Things a person should know about how this start went, e.g. a repaired log. */
  readonly notices: readonly string[];
  /** Reads serverless.yml and the built sources again, and replaces the functions while events flow. */
  reload(): Promise<Reload>;
  /** Takes nothing new, finishes what was accepted, closes everything. */
  stop(): Promise<void>;
}

/** While draining, how long the functions may take to catch up (ms); the rest waits for the next start. */
const DRAIN_MS = 5_000;

/**
 * `serve` runs everything. `invoke` is for single invocations: the functions are there with all they stand on, but
 * nothing is fetched, scheduled or trimmed, and whoever knows the ports is this process alone.
 */
export type DeploymentMode = 'serve' | 'invoke';

/** @throws MillraceError of many codes; then nothing is left running, locked or listening */
export async function startDeployment(
  options: DeploymentOptions,
  version: string,
  mode: DeploymentMode = 'serve',
): Promise<Deployment> {
  const manifest = await loadManifest(options.manifestFile, process.env);
  const log = pino({ level: options.logLevel }, pino.destination({ fd: 2, sync: true }));
  const undo = undoable();
  try {
    return await compose(manifest, options, version, mode, log, undo);
  } catch (error) {
    await undo.all();
    throw error;
  }
}

async function compose(
  manifest: Manifest,
  options: DeploymentOptions,
  version: string,
  mode: DeploymentMode,
  log: Logger,
  undo: ReturnType<typeof undoable>,
): Promise<Deployment> {
  const { settings } = manifest;
  const { roles, backing } = options;
  const lock = await lockDirectory(options.dataDir);
  undo.add(() => lock.release());
  const storesDirectory = join(options.dataDir, 'stores');
  await mkdir(storesDirectory, { recursive: true });

  const { engine, streams, notices } = await openStreams(manifest, options, log, undo);
  const telemetry = streams.get(TELEMETRY);
  if (telemetry === undefined) {
    throw new MillraceError(`${manifest.file} declares no stream '${TELEMETRY}'`, {
      code: 'STREAM_MISSING',
      hint: `Declare an AWS::Kinesis::Stream with Name: ${TELEMETRY} under resources, or set custom.millrace.streams.${TELEMETRY}.partitions.`,
    });
  }

  const startedAt = Date.now();
  const counters = createCounters();
  const pacer = createPacer(settings.gateway.maxLagMs);
  const clock = steadyClock(Math.max(...[...streams.values()].map((stream) => stream.lastArrivalTime())));
  const gateway = await openGateway(
    {
      manifest,
      telemetry,
      clock,
      pacer,
      counters,
      dataDir: options.dataDir,
      startedAt,
      takesIn: roles.has('gateway'),
      external: backing.mqtt,
      log,
    },
    undo,
  );

  let listeners: Listeners | undefined;
  const status = createStatus({
    version,
    startedAt,
    engine,
    streams,
    functions: () => generations.current,
    counters,
    connections: () => gateway.connections,
    devicesOnline: () => gateway.devicesOnline,
    mqttPort: () => listeners?.mqttPort,
  });
  const platform = createPlatformHost({
    streams,
    send: (message) => gateway.send(message),
    status,
  });
  const asynchronousStore = openAsynchronousStore(join(storesDirectory, 'asynchronous.db'));
  undo.add(() => asynchronousStore.close());
  const storesConfig: StoresConfig =
    backing.database === null
      ? { kind: 'sqlite', directory: storesDirectory }
      : { kind: 'postgres', url: backing.database };
  const stores = openStores(storesConfig);
  undo.add(() => stores.close());
  // The directory is locked: whoever was running a schedule when it was last closed is dead.
  if (storesConfig.kind === 'sqlite') await stores.firings.releaseAll();
  const create = (wanted: Manifest): Promise<Functions> =>
    createFunctions({
      manifest: wanted,
      streams,
      join: (stream, name) => engine.consumer(streams.get(stream)!, groupOf(name, stream)),
      platform,
      clock,
      log,
      stores: storesConfig,
      dataDir: options.dataDir,
      asynchronousStore,
      firings: stores.firings,
      windowStates: stores.windowStates,
      logLevel: options.logLevel,
      roles,
    });
  const generations = createGenerations({
    first: await create(manifest),
    load: () => loadManifest(options.manifestFile, process.env),
    create,
    onDrainError: (error) => log.error({ err: error }, 'functions that were replaced did not end cleanly'),
  });
  const functions = () => generations.current;
  undo.add(() => generations.stop());
  if (mode === 'serve') await functions().warmUp();

  const metrics = createMetrics({
    version,
    streams: [...streams.values()],
    functions,
    counters,
    pacer,
    connections: () => gateway.connections,
    devicesOnline: () => gateway.devicesOnline,
  });
  let serving = false;
  const app = gatewayApp({
    manifest,
    host: options.host,
    enqueue: (...invocation) => functions().enqueue(...invocation),
    clock,
    gateway,
    counters,
    functions,
    streams,
    telemetry,
    metrics,
    serving: () => serving,
  });
  const listening = await listen(gateway.broker, app, {
    host: options.host,
    mqttPort: options.mqttPort,
    httpPort: options.httpPort,
    maxPacketBytes: largestPacket(settings.gateway.maxPayloadBytes),
  });
  undo.add(() => listening.close());
  listeners = listening;

  let stopHousekeeping = () => {};
  if (mode === 'serve') {
    await functions().start();
    stopHousekeeping = housekeeping({ streams, functions, pacer, log });
  }
  serving = true;

  return {
    manifest,
    host: options.host,
    mqttPort: listening.mqttPort,
    mqttUrl: backing.mqtt?.url.href,
    httpPort: listening.httpPort,
    dataDir: options.dataDir,
    notices,
    reload: () => generations.reload(),
    async stop() {
      serving = false;
      listening.stopAccepting();
      // Nothing more comes in, what is owed goes out: acknowledgements first, then the alerts of what was stored.
      const taken = gateway.stopTaking();
      pacer.release();
      await taken;
      await functions().catchUp(DRAIN_MS);
      stopHousekeeping();
      await undo.all();
    },
  };
}
