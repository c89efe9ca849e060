/**
 * Everything the status page shows, in one answer: a round trip for the deployment's status and one short indexed
 * query per list, however much is stored. Counters are totals; whoever polls makes rates of them with `time`.
 */
import type { AlertState } from '../../stores/alerts.js';
import type { DeploymentStatus, Platform } from '../contract.js';
import type { Accounting, Figures } from './accounting.js';
import { TELEMETRY } from './accounting.js';
import { silenceView } from './actViews.js';
import { type AlertView, alertViews } from './alertViews.js';
import type { Imbalance } from './balance.js';
import { readBooks } from './books.js';
import { findDefinition } from './definitions.js';
import { targetViews } from './deliveryViews.js';
import { type ReportView, readReports } from './deviceReports.js';
import { quarantineViews } from './payloads.js';
import { rfc3339 } from './timestamps.js';
import { deviceViews, lateView } from './views.js';
import { windowView } from './windowViews.js';

/** How many of each the page shows. The whole lists have their own routes. */
const FIRING = 50;
const NO_DATA = 20;
const PENDING = 20;
const RESOLVED = 10;
const SILENCES = 50;
const WINDOWS = 20;
const DEVICES = 15;
const QUARANTINE = 10;
const LATE = 10;
/** Windows that are looked through for those of one aggregation: of the others there may be many more. */
const WINDOWS_SEARCHED = 500;
/** Bytes of each payload: enough to recognise it. */
const PAYLOAD_PREVIEW = 2_000;

export interface Summary {
  /** When the counters were read. */
  readonly time: string;
  readonly version: string;
  readonly startedAt: string;
  readonly connections: number;
  /** Where the embedded broker listens; null when there is none. */
  readonly mqttPort: number | null;
  readonly balanced: boolean;
  readonly imbalances: readonly Imbalance[];
  readonly total: Figures;
  readonly functions: readonly FunctionSummary[];
  readonly streams: readonly StreamSummary[];
  readonly gateway: Readonly<Record<string, number>>;
  readonly alerts: {
    readonly counts: Readonly<Record<AlertState, number>>;
    readonly firing: readonly AlertView[];
    readonly nodata: readonly AlertView[];
    readonly pending: readonly AlertView[];
    readonly resolved: readonly AlertView[];
  };
  /** Those that hold or are to come, at most SILENCES. */
  readonly silences: readonly ReturnType<typeof silenceView>[];
  readonly targets: ReturnType<typeof targetViews>;
  /** Names of those that are configured. */
  readonly aggregations: readonly string[];
  readonly windows: readonly ReturnType<typeof windowView>[];
  readonly deviceCount: number;
  readonly devices: readonly (ReturnType<ReturnType<typeof deviceViews>> & ReportView)[];
  readonly quarantine: ReturnType<typeof quarantineViews>;
  readonly late: readonly ReturnType<typeof lateView>[];
}

export interface FunctionSummary {
  readonly functionName: string;
  readonly stream: string;
  readonly enabled: boolean;
  readonly failing: string | null;
  /** Records that it has not finished; null: some, and nobody knows how many. */
  readonly lag: number | null;
}

export interface StreamSummary {
  readonly name: string;
  readonly partitions: number;
  /** Null where offsets do not tell. */
  readonly stored: number | null;
  readonly trimmed: number | null;
  readonly writable: boolean;
  readonly code: string | null;
  readonly reason: string | null;
}

/**
 * @param clock epoch ms
 * @param definition only windows of this aggregation
 */
export async function readSummary(
  platform: Platform,
  clock: () => number,
  definition?: string,
): Promise<Summary> {
  const { aggregation, validation, operations } = platform.stores;
  const [books, alerts, silences, targets, windows, deviceCount, devices, quarantine, late] =
    await Promise.all([
      readBooks(platform).then((read) => ({ ...read, time: clock() })),
      alertsOf(platform, clock()),
      operations.silences(clock()),
      targetsOf(platform, clock()),
      windowsOf(definition, platform),
      validation.deviceCount(),
      devicesOf(platform),
      validation.quarantine({ limit: QUARANTINE, cursor: null }),
      aggregation.late({}, { limit: LATE, cursor: null }),
    ]);
  const { status, accounting } = books;
  return {
    time: rfc3339(books.time),
    version: status.version,
    startedAt: rfc3339(status.startedAt),
    connections: status.connections,
    mqttPort: status.mqttPort ?? null,
    balanced: accounting.balanced,
    imbalances: accounting.imbalances,
    total: accounting.total,
    functions: functionsOf(status, accounting),
    streams: streamsOf(status),
    gateway: status.gateway,
    alerts: { counts: accounting.alerts, ...alerts },
    silences: silences.slice(0, SILENCES).map((silence) => silenceView(silence, books.time)),
    targets,
    aggregations: platform.settings.aggregate.definitions.map(({ name }) => name),
    windows,
    deviceCount,
    devices,
    quarantine: quarantine.items.flatMap((entry) => quarantineViews([entry], PAYLOAD_PREVIEW)),
    late: late.items.map((event) => ({
      ...lateView(event),
      payload: event.payload.slice(0, PAYLOAD_PREVIEW),
    })),
  };
}

async function windowsOf(definition: string | undefined, { settings, stores }: Platform) {
  const rows = await stores.aggregation.recentWindows(definition === undefined ? WINDOWS : WINDOWS_SEARCHED);
  return rows
    .filter((row) => definition === undefined || row.definition === definition)
    .slice(0, WINDOWS)
    .map((row) => windowView(row, findDefinition(settings.aggregate, row.definition)));
}

async function devicesOf(platform: Platform) {
  const { items } = await platform.stores.validation.devices({ limit: DEVICES, cursor: null });
  const view = deviceViews(platform.settings.deviceTags);
  const reportOf = await readReports(items, platform);
  return items.map((row) => ({ ...view(row), ...reportOf(row.deviceId) }));
}

async function alertsOf({ stores }: Platform, time: number) {
  const alertsIn = async (state: AlertState, limit: number) =>
    (await stores.alerts.alerts({ state }, { limit, cursor: null })).items;
  const found = await Promise.all([
    alertsIn('firing', FIRING),
    alertsIn('nodata', NO_DATA),
    alertsIn('pending', PENDING),
    alertsIn('resolved', RESOLVED),
  ]);
  const views = await alertViews(found.flat(), stores.operations, time);
  const viewsIn = (state: AlertState) => views.filter((view) => view.state === state);
  return {
    firing: viewsIn('firing'),
    nodata: viewsIn('nodata'),
    pending: viewsIn('pending'),
    resolved: viewsIn('resolved'),
  };
}

async function targetsOf({ stores: { deliveries } }: Platform, time: number) {
  const [states, counts] = await Promise.all([deliveries.targets(), deliveries.counts()]);
  return targetViews(states, counts, time);
}

function functionsOf(status: DeploymentStatus, accounting: Accounting): FunctionSummary[] {
  const lagOn = (stream: string) =>
    stream === TELEMETRY
      ? accounting.total.lag
      : accounting.streams.find((candidate) => candidate.name === stream)?.lag;
  return status.mappings.map((mapping) => ({
    functionName: mapping.functionName,
    stream: mapping.stream,
    enabled: mapping.enabled,
    failing: mapping.failing,
    lag: lagOf(lagOn(mapping.stream)?.[mapping.functionName]),
  }));
}

/** Who reads a stream that is not there has nothing to finish. */
function lagOf(lag: number | null | undefined): number | null {
  return lag === undefined ? 0 : lag;
}

function streamsOf(status: DeploymentStatus): StreamSummary[] {
  return status.streams.map((stream) => ({
    name: stream.name,
    partitions: stream.partitions.length,
    stored: stream.isSparse ? null : stream.partitions.reduce((total, { end }) => total + Number(end), 0),
    trimmed: stream.isSparse
      ? null
      : stream.partitions.reduce((total, { start }) => total + Number(start), 0),
    writable: stream.health.writable,
    code: stream.health.code ?? null,
    reason: stream.health.reason ?? null,
  }));
}
