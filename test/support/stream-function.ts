/**
 * A stream function under test: its real handler on real stores in memory, with commits that can be made to fail.
 */
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { tumblingPerDevice } from '../../common/aggregations.js';
import type { Settings } from '../../common/settings.js';
import type {
  CreateFunction,
  InvocationContext,
  MqttMessage,
  Platform,
  Process,
} from '../../functions/contract.js';
import type { Stores } from '../../stores/stores.js';

export const testSettings: Settings = {
  root: fileURLToPath(new URL('../..', import.meta.url)),
  gateway: {
    telemetryTopics: ['devices/{deviceId}/telemetry'],
    relayTopics: [],
    maxPayloadBytes: 1 << 20,
    maxLagMs: 1_000,
    remoteControl: false,
    presence: true,
    presenceTopic: 'devices/{deviceId}/presence',
    presenceGraceMs: 30_000,
  },
  deviceTypes: { default: 'environment', byDevice: {} },
  deviceTags: { byDevice: {}, fromEvent: [] },
  events: { maxFutureMs: 60_000, oldest: 0 },
  aggregate: tumblingPerDevice(10_000, 5_000),
  retention: {
    windows: 1,
    rollups: { '1m': 1, '1h': 1, '1d': 1, day: 1, week: 1 },
    quarantine: 1,
    late: 1,
    alerts: 1,
  },
  streams: {},
  functions: {},
  destinations: {},
  concurrency: { account: 1_000, scalingPer10s: 1_000 },
};

export const testContext: InvocationContext = {
  functionName: 'test',
  requestId: 'test',
  remainingTimeMs: () => 30_000,
};

/** A platform of the given stores; `published` collects what goes out over MQTT. */
export function testPlatform(
  stores: Partial<Stores>,
  settings: Settings = testSettings,
  published: MqttMessage[] = [],
): Platform {
  const unused = () => {
    throw new Error('not part of this test');
  };
  return {
    settings,
    stores: stores as Stores,
    log: pino({ level: 'silent' }),
    append: unused,
    appendTick: unused,
    publish: async (messages) => {
      published.push(...messages);
    },
    status: unused,
  };
}

/** One cold start: the function's `process`. */
export async function start(create: CreateFunction, platform: Platform): Promise<Process> {
  const { process } = await create(platform);
  if (process === undefined) throw new Error('not a stream function');
  return process;
}

/** What happens to one invocation. */
export type Fate =
  /** It succeeds. */
  | 'done'
  /** The commit fails: nothing is written, the batch comes again. */
  | 'commit fails'
  /** The commit succeeds, and the environment dies before anybody hears of it: the batch comes again. */
  | 'dies after commit'
  /** It succeeds, but the checkpoint is lost: older records come again. */
  | 'rewinds';

/** A store whose next commits meet the fate that was set. */
export function fateful<T extends { commit(commit: never): Promise<void> }>(store: T): T & { fate: Fate } {
  const commit = store.commit.bind(store) as (value: never) => Promise<void>;
  const wrapped = {
    ...store,
    fate: 'done' as Fate,
    commit: async (value: never) => {
      if (wrapped.fate === 'commit fails') throw new Error('the disk failed');
      await commit(value);
      if (wrapped.fate === 'dies after commit') throw new Error('killed');
    },
  };
  return wrapped;
}
