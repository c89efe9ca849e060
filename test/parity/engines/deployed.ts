/**
 * The fixture through an engine as a deployment reads it: the event source mappings and environments of serverless.yml,
 * over streams and stores of the test's choice. The fixture is appended while the functions are at work.
 */
import { join } from 'node:path';
import pino from 'pino';
import type { MqttMessage } from '../../../functions/contract.js';
import type { Manifest, Trigger } from '../../../runtime/manifest/manifest.js';
import { groupOf } from '../../../runtime/mappings/lanes.js';
import { createPlatformHost } from '../../../runtime/platform-host.js';
import type { Role } from '../../../runtime/roles.js';
import { openStores, type StoresConfig } from '../../../stores/open.js';
import { openAsynchronousStore } from '../../../stores/sqlite/asynchronous.js';
import type { StreamEngine } from '../../../streams/engine.js';
import type { Stream } from '../../../streams/stream.js';
import { dist } from '../../support/function-batches.js';
import { temporaryDirectory } from '../../support/product.js';
import { readAll } from '../../support/streams.js';
import { appendFixture } from './append.js';
import type { Fixture } from './fixture.js';
import { type NumberOf, type Remains, remainsOf } from './remains.js';

// Threads run from the built tree, so what starts them has to as well.
const { createFunctions } = (await import(
  join(dist, 'runtime/functions.js')
)) as typeof import('../../../runtime/functions.js');
const { loadManifest } = (await import(
  join(dist, 'runtime/manifest/load.js')
)) as typeof import('../../../runtime/manifest/load.js');

/** How batches are cut: the results must not depend on it. */
export interface Layout {
  readonly batchSize: number;
  readonly batchWindowMs: number;
}

export interface DeployedOptions {
  readonly engine: StreamEngine;
  /** The engine's name of a stream that functions know by this one. */
  readonly nameOf: (stream: string) => string;
  readonly stores: StoresConfig;
  /** serverless.yml of the project. */
  readonly config: string;
  readonly fixture: Fixture;
  /** Where its records stand in the fixture, when they are not appended in that order. */
  readonly numberOf?: NumberOf;
  readonly layout: Layout;
}

/** Streams go by record times, which are the fixture's: nothing is to be old. */
const RETENTION_MS = 50 * 365 * 86_400_000;
const ALERT_PARTITIONS = 2;
const FLEET_PARTITIONS = 2;
/** On a machine that is busy with other things. */
const CATCH_UP_MS = 480_000;
const ROLES: ReadonlySet<Role> = new Set(['functions'] as const);

export async function deployed(options: DeployedOptions): Promise<Remains> {
  const { engine, fixture } = options;
  const dataDir = temporaryDirectory();
  const manifest = withLayout(await loadManifest(options.config, {}), options.layout);
  const open = (name: string, partitions: number): Promise<Stream> =>
    engine.open({ name: options.nameOf(name), partitions, retentionMs: RETENTION_MS });
  const telemetry = await open('telemetry', fixture.partitions);
  const alerts = await open('alerts', ALERT_PARTITIONS);
  const fleet = await open('fleet', FLEET_PARTITIONS);
  const streams = new Map([
    ['telemetry', telemetry],
    ['alerts', alerts],
    ['fleet', fleet],
    // Functions know them by the first name, mappings by the engine's.
    ...[telemetry, alerts, fleet].map((stream) => [stream.name, stream] as const),
  ]);
  const published: MqttMessage[] = [];
  const stores = openStores(options.stores);
  const asynchronousStore = openAsynchronousStore(join(dataDir, 'asynchronous.db'));
  const problems: unknown[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void problems.push(JSON.parse(line)) });
  const functions = await createFunctions({
    manifest,
    streams,
    join: (name, consumer) => engine.consumer(streams.get(name)!, groupOf(consumer, streams.get(name)!.name)),
    platform: createPlatformHost({
      streams,
      send: async (message) => void published.push(message),
      status: () => {
        throw new Error('nobody asks for it');
      },
    }),
    clock: { now: Date.now },
    log,
    stores: options.stores,
    dataDir,
    asynchronousStore,
    firings: stores.firings,
    windowStates: stores.windowStates,
    logLevel: 'silent',
    roles: ROLES,
  });
  const rollUp = (time: number) =>
    functions
      .poolOf('rollup')
      .scheduled({ time, ruleArn: 'arn:aws:events:::rule/rollup', method: 'eventBus' });
  try {
    await functions.warmUp();
    await functions.start();
    try {
      const half = Math.floor(fixture.records.length / 2);
      await appendFixture(telemetry, fixture.records.slice(0, half));
      // While windows are still changing: what it rolls up now is rolled up again.
      await rollUp(fixture.records[half]!.record.arrivalTime);
      await appendFixture(telemetry, fixture.records.slice(half));
      await functions.catchUp(CATCH_UP_MS);
      await rollUp(fixture.records.at(-1)!.record.arrivalTime);
    } finally {
      await functions.pause();
    }
    const told = [];
    for (let partition = 0; partition < ALERT_PARTITIONS; partition++)
      told.push(...(await readAll(alerts, partition)));
    expect(problems).toEqual([]);
    return await remainsOf({
      stores,
      deviceIds: fixture.deviceIds,
      partitions: fixture.partitions,
      numberOf: options.numberOf ?? ((_, offset) => offset),
      alerts: told,
      published,
    });
  } finally {
    await functions.close();
    await stores.close();
    await asynchronousStore.close();
    await Promise.all([telemetry, alerts, fleet].map((stream) => stream.close()));
    await engine.close();
  }
}

function withLayout(manifest: Manifest, layout: Layout): Manifest {
  const triggers = (own: readonly Trigger[]) =>
    own.map((trigger) => (trigger.type === 'stream' ? { ...trigger, ...layout } : trigger));
  return {
    ...manifest,
    functions: manifest.functions.map((fn) => ({ ...fn, triggers: triggers(fn.triggers) })),
  };
}
