/**
 * A deployment in memory for the query function: the reading half of the stores over plain arrays, and a status.
 * Pages are by position: a cursor is the index of the next item.
 */
import { pino } from 'pino';
import type { Settings } from '../../common/settings.js';
import type { DeploymentStatus, InvocationContext, Platform } from '../../functions/contract.js';
import type { AggregationTally, LateEvent, MetricFigures, WindowRow } from '../../stores/aggregation.js';
import type { Alert } from '../../stores/alerts.js';
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

export interface QueryData {
  validation: ValidationTally[];
  aggregation: AggregationTally[];
  devices: LatestEvent[];
  windows: WindowRow[];
  rollups: RollupRow[];
  alerts: Alert[];
  quarantine: QuarantineEntry[];
  late: LateEvent[];
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
    windows: [],
    rollups: [],
    alerts: [],
    quarantine: [],
    late: [],
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
      windows: async (deviceId: string, range: { from: number; to: number }, request: PageRequest) =>
        page(within(data.windows, deviceId, range), request),
      recentWindows: async (limit: number) => data.windows.slice(-limit).reverse(),
      late: async (request: PageRequest) => page(data.late, request),
    },
    rollups: {
      rollups: async (
        deviceId: string,
        period: string,
        range: { from: number; to: number },
        request: PageRequest,
      ) => {
        const rows = data.rollups.filter((row) => row.period === period);
        return page(within(rows, deviceId, range), request);
      },
    },
    alerts: {
      alerts: async (filter: { state?: string; deviceId?: string }, request: PageRequest) =>
        page(
          data.alerts.filter(
            (alert) =>
              (filter.state ?? alert.state) === alert.state &&
              (filter.deviceId ?? alert.deviceId) === alert.deviceId,
          ),
          request,
        ),
      counts: async () => {
        const count = (state: string) => data.alerts.filter((alert) => alert.state === state).length;
        return { pending: count('pending'), firing: count('firing'), resolved: count('resolved') };
      },
    },
  };
  return {
    settings: { root } as Settings,
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

function within<T extends { deviceId: string; start: number }>(
  rows: readonly T[],
  deviceId: string,
  { from, to }: { from: number; to: number },
): T[] {
  return rows.filter((row) => row.deviceId === deviceId && row.start >= from && row.start < to);
}

async function refuse(): Promise<never> {
  throw new Error('the query function only reads');
}
