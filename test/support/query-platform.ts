/**
 * A deployment in memory for the query function: the reading half of the stores over plain arrays, and a status.
 * Pages are by position: a cursor is the index of the next item.
 */
import { pino } from 'pino';
import { type AggregateSettings, tumblingPerDevice } from '../../common/aggregations.js';
import type { Settings } from '../../common/settings.js';
import type { DeploymentStatus, InvocationContext, Platform } from '../../functions/contract.js';
import type {
  AggregationTally,
  LateEvent,
  MetricFigures,
  Progress,
  Series,
  TimeRange,
  WindowRow,
} from '../../stores/aggregation.js';
import type { Alert, AlertFilter } from '../../stores/alerts.js';
import type { Attempt, Delivery, DeliveryFilter, TargetState } from '../../stores/notifications.js';
import type { Acknowledgement, AuditEntry, Comment, Silence } from '../../stores/operations.js';
import type { RollupRow } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import type {
  LatestEvent,
  Page,
  PageRequest,
  QuarantineEntry,
  ValidationTally,
} from '../../stores/validation.js';
import { projectRoot } from './project-root.js';

/** What is kept: per device, by site, and of the fleet. */
export const AGGREGATE: AggregateSettings = {
  ...tumblingPerDevice(10_000, 5_000),
  timeZone: 'Europe/Berlin',
  definitions: [
    ...tumblingPerDevice(10_000, 5_000).definitions,
    {
      name: 'by-site',
      window: { type: 'tumbling', sizeMs: 60_000 },
      by: ['site'],
      deviceTypes: ['environment'],
      allowedLatenessMs: 60_000,
      metrics: { temperature: ['mean', 'stddev'], '*': ['count'] },
      rollups: true,
      publish: true,
      place: 'aggregations/groups.yml:3',
    },
    {
      name: 'fleet',
      window: { type: 'hopping', sizeMs: 60_000, everyMs: 30_000 },
      by: [],
      deviceTypes: null,
      allowedLatenessMs: 0,
      metrics: { '*': ['count'] },
      rollups: false,
      publish: false,
      place: 'aggregations/groups.yml:12',
    },
    {
      name: 'state',
      window: { type: 'session', gapMs: 30_000, maxMs: 3_600_000 },
      by: 'device',
      deviceTypes: null,
      allowedLatenessMs: 60_000,
      metrics: { mode: ['duration'] },
      rollups: false,
      publish: false,
      place: 'aggregations/groups.yml:20',
    },
  ],
};

const TAGS = { byDevice: { 'dev-*': { site: 'north' } }, fromEvent: [] };

export interface QueryData {
  validation: ValidationTally[];
  aggregation: AggregationTally[];
  devices: LatestEvent[];
  progress: Progress[];
  /** In the order in which they changed: the first is change 1. */
  windows: WindowRow[];
  rollups: RollupRow[];
  alerts: Alert[];
  quarantine: QuarantineEntry[];
  late: LateEvent[];
  acknowledgements: Acknowledgement[];
  comments: Comment[];
  silences: Silence[];
  audit: AuditEntry[];
  deliveries: Delivery[];
  attempts: Attempt[];
  targets: TargetState[];
  status: DeploymentStatus;
}

export function emptyData(): QueryData {
  const partition = (number: number) => ({
    partition: number,
    start: 0n,
    end: 0n,
    counts: { acknowledged: 0, received: 0, tick: 0 },
  });
  const stream = (name: string) => ({
    name,
    partitions: [partition(0), partition(1)],
    health: { writable: true },
  });
  const mapping = (functionName: string, name: string) => ({
    functionName,
    stream: name,
    enabled: true,
    checkpoints: [0n, 0n],
    failing: null,
  });
  return {
    validation: [],
    aggregation: [],
    devices: [],
    progress: [],
    windows: [],
    rollups: [],
    alerts: [],
    quarantine: [],
    late: [],
    acknowledgements: [],
    comments: [],
    silences: [],
    audit: [],
    deliveries: [],
    attempts: [],
    targets: [],
    status: {
      version: '0.1.0',
      startedAt: Date.UTC(2024, 0, 1),
      streams: [stream('telemetry'), stream('alerts')],
      mappings: [
        mapping('validate', 'telemetry'),
        mapping('aggregate', 'telemetry'),
        mapping('alert', 'telemetry'),
        mapping('notify', 'alerts'),
      ],
      gateway: {},
      connections: 0,
    },
  };
}

export function queryPlatform(data: QueryData, root = projectRoot): Platform {
  const stores = {
    validation: {
      tallies: async () => data.validation,
      latest: async (ids: readonly string[]) => data.devices.filter((row) => ids.includes(row.deviceId)),
      devices: async (request: PageRequest) => page(data.devices, request),
      deviceCount: async () => data.devices.length,
      quarantine: async (request: PageRequest) => page(data.quarantine, request),
    },
    aggregation: {
      tallies: async () => data.aggregation,
      progress: async (partition: number, scope: string, keys: readonly string[]) =>
        data.progress.filter(
          (row) => row.partition === partition && row.scope === scope && keys.includes(row.key),
        ),
      windows: async (series: Series, range: TimeRange, request: PageRequest) =>
        page(within(data.windows, series, range), request),
      keys: async (definition: string, request: PageRequest) => {
        const rows = data.windows.filter((row) => row.definition === definition);
        return page([...new Set(rows.map(({ key }) => key))].sort(), request);
      },
      recentWindows: async (limit: number) => data.windows.slice(-limit).reverse(),
      windowsSince: async (change: bigint, limit: number) =>
        data.windows
          .map((row, index) => ({ ...row, change: BigInt(index + 1) }))
          .filter((row) => row.change > change)
          .slice(0, limit),
      lastChange: async () => BigInt(data.windows.length),
      late: async ({ deviceId }: { deviceId?: string }, request: PageRequest) =>
        page(
          data.late.filter((event) => (deviceId ?? event.deviceId) === event.deviceId),
          request,
        ),
    },
    rollups: {
      rollups: async (series: Series, period: string, range: TimeRange, request: PageRequest) => {
        const rows = data.rollups.filter((row) => row.period === period);
        return page(within(rows, series, range), request);
      },
    },
    alerts: {
      alerts: async ({ state, ...filter }: AlertFilter, request: PageRequest) =>
        page(
          data.alerts.filter(
            (alert) =>
              (state === 'active' ? alert.state !== 'resolved' : (state ?? alert.state) === alert.state) &&
              Object.entries(filter).every(([name, value]) => alert[name as keyof typeof filter] === value),
          ),
          request,
        ),
      alert: async (fingerprint: string) =>
        data.alerts.find((alert) => alert.fingerprint === fingerprint) ?? null,
      counts: async () => {
        const count = (state: string) => data.alerts.filter((alert) => alert.state === state).length;
        return {
          pending: count('pending'),
          firing: count('firing'),
          nodata: count('nodata'),
          resolved: count('resolved'),
        };
      },
    },
    operations: {
      silences: async (time: number) => data.silences.filter(({ endsAt }) => endsAt > time),
      allSilences: async (request: PageRequest) => page(data.silences.toReversed(), request),
      silence: async (id: string) => data.silences.find((silence) => silence.id === id) ?? null,
      acknowledgements: async (fingerprints: readonly string[]) =>
        data.acknowledgements.filter(({ fingerprint }) => fingerprints.includes(fingerprint)),
      comments: async (fingerprint: string) =>
        data.comments.filter((comment) => comment.fingerprint === fingerprint),
      audit: async (request: PageRequest) => page(data.audit.toReversed(), request),
    },
    deliveries: {
      deliveries: async ({ fingerprint, ...filter }: DeliveryFilter, request: PageRequest) =>
        page(
          data.deliveries
            .filter(
              (delivery) =>
                (fingerprint === undefined || delivery.fingerprints.includes(fingerprint)) &&
                Object.entries(filter).every(
                  ([name, value]) => delivery[name as keyof typeof filter] === value,
                ),
            )
            .toReversed(),
          request,
        ),
      attempts: async (id: string) => data.attempts.filter(({ deliveryId }) => deliveryId === id),
      targets: async () => data.targets,
      counts: async () =>
        [...new Set(data.deliveries.map(({ target, state }) => `${target} ${state}`))].sort().map((text) => {
          const [target, state] = text.split(' ') as [string, Delivery['state']];
          const those = data.deliveries.filter((delivery) => `${delivery.target} ${delivery.state}` === text);
          return { target, state, count: those.length };
        }),
    },
  };
  return {
    settings: { root, aggregate: AGGREGATE, deviceTags: TAGS } as unknown as Settings,
    stores: stores as unknown as Stores,
    log: pino({ level: 'silent' }),
    append: refuse,
    appendTick: refuse,
    publish: refuse,
    status: async () => data.status,
  };
}

export const context: InvocationContext = {
  functionName: 'query',
  requestId: 'test',
  remainingTimeMs: () => 10_000,
};

/** Figures of one metric that was seen `count` times, rising from `min` by 1. */
export function risingFigures(count: number, min: number, start: number): MetricFigures {
  const max = min + count - 1;
  return {
    count,
    sum: ((min + max) * count) / 2,
    min,
    max,
    first: min,
    firstTime: start,
    last: max,
    lastTime: start + 1,
  };
}

function page<T>(rows: readonly T[], { limit, cursor }: PageRequest): Page<T> {
  const from = cursor === null ? 0 : Number(cursor);
  const next = from + limit;
  return { items: rows.slice(from, next), next: next < rows.length ? String(next) : null };
}

function within<T extends Series & { start: number }>(
  rows: readonly T[],
  { definition, key }: Series,
  { from, to }: TimeRange,
): T[] {
  return rows
    .filter((row) => row.definition === definition && row.key === key)
    .filter((row) => row.start >= from && row.start < to)
    .sort((a, b) => a.start - b.start);
}

async function refuse(): Promise<never> {
  throw new Error('the query function only reads');
}
