/** A deployment in memory for tests of functions: SQLite stores in memory, streams and MQTT that keep what they are given. */
import { pino } from 'pino';
import { tumblingPerDevice } from '../../common/aggregations.js';
import type { Settings } from '../../common/settings.js';
import type { InvocationContext, MqttMessage, OutgoingRecord, Platform } from '../../functions/contract.js';
import { openAggregationStore } from '../../stores/sqlite/aggregation.js';
import { openAlertStore } from '../../stores/sqlite/alerts.js';
import { openDispatch } from '../../stores/sqlite/dispatch.js';
import { openFirings } from '../../stores/sqlite/firings.js';
import { openNotificationStore } from '../../stores/sqlite/notifications.js';
import { openOperationStore } from '../../stores/sqlite/operations.js';
import { openRollupStore } from '../../stores/sqlite/rollups.js';
import { openTickStore } from '../../stores/sqlite/ticks.js';
import { openValidationStore } from '../../stores/sqlite/validation.js';
import { openWindowStates } from '../../stores/sqlite/window-states.js';
import type { Stores } from '../../stores/stores.js';
import { projectRoot } from './project-root.js';

export interface MemoryPlatform extends Platform {
  readonly settings: Settings;
  /** What functions appended, by stream. */
  readonly appended: Record<string, OutgoingRecord[]>;
  readonly ticks: number[];
  readonly published: MqttMessage[];
  /** What was logged at `warn` or above. */
  readonly logged: Record<string, unknown>[];
}

const DAY = 86_400_000;

export function testSettings(changes: Partial<Settings> = {}): Settings {
  const settings: Settings = {
    root: projectRoot,
    gateway: {
      telemetryTopics: ['devices/{deviceId}/telemetry'],
      relayTopics: [],
      maxPayloadBytes: 65_536,
      maxLagMs: 1_000,
      remoteControl: false,
      presence: true,
      presenceTopic: 'devices/{deviceId}/presence',
      presenceGraceMs: 30_000,
    },
    deviceTypes: { default: 'environment', byDevice: {} },
    deviceTags: { byDevice: {}, fromEvent: [] },
    events: { maxFutureMs: DAY, oldest: 0 },
    aggregate: tumblingPerDevice(10_000, 60_000),
    retention: {
      windows: 2 * DAY,
      rollups: { '1m': 7 * DAY, '1h': 30 * DAY, '1d': 365 * DAY, day: 365 * DAY, week: 365 * DAY },
      quarantine: 30 * DAY,
      late: 30 * DAY,
      alerts: 30 * DAY,
    },
    streams: {},
    functions: {},
    destinations: {},
    concurrency: { account: 1_000, scalingPer10s: 1_000 },
  };
  return { ...settings, ...changes };
}

export function memoryStores(): Stores {
  const notifications = openNotificationStore(':memory:', () => dispatch.cursor());
  const { dispatch, deliveries } = openDispatch(':memory:', () => notifications);
  const stores = {
    validation: openValidationStore(':memory:'),
    aggregation: openAggregationStore(':memory:'),
    rollups: openRollupStore(':memory:'),
    alerts: openAlertStore(':memory:'),
    operations: openOperationStore(':memory:'),
    notifications,
    dispatch,
    deliveries,
    ticks: openTickStore(':memory:'),
    firings: openFirings(':memory:'),
    windowStates: openWindowStates(':memory:'),
  };
  return {
    ...stores,
    async close() {
      for (const store of Object.values(stores)) await store.close();
    },
  };
}

export function memoryPlatform(
  changes: Partial<Settings> = {},
  stores: Stores = memoryStores(),
): MemoryPlatform {
  const appended: Record<string, OutgoingRecord[]> = {};
  const ticks: number[] = [];
  const published: MqttMessage[] = [];
  const logged: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
  return {
    settings: testSettings(changes),
    stores,
    log,
    appended,
    ticks,
    published,
    logged,
    async append(stream, records) {
      appended[stream] ??= [];
      appended[stream].push(...records);
    },
    async appendTick(_stream, time) {
      ticks.push(time);
    },
    async publish(messages) {
      published.push(...messages);
    },
    async status() {
      throw new Error('this test deployment has no status');
    },
  };
}

export function invocation(remainingMs = 60_000): InvocationContext {
  return { functionName: 'test', requestId: 'test', remainingTimeMs: () => remainingMs };
}
