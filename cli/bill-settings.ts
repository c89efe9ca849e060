/**
 * What a bill has to know of serverless.yml: memory, batches, schedules, streams and retention, as they count on AWS.
 * The manifest has local overrides in place (`custom.millrace.functions`: batch windows, schedules), so these two are
 * read from the file itself.
 */
import { baseDefinition } from '../common/aggregations.js';
import { loadManifest } from '../runtime/manifest/load.js';
import type { FunctionManifest } from '../runtime/manifest/manifest.js';
import { readConfiguration } from '../runtime/manifest/osls.js';
import { isObject } from '../runtime/manifest/values.js';
import { parseSchedule } from '../runtime/schedules/schedule.js';
import { DEFAULT_LOAD, type DeploymentSettings, type FunctionSettings } from '../simulators/bill/profile.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Any month will do for counting runs; this one has no change of the clock in UTC. */
const MONTH_START = Date.UTC(2026, 0, 1);
/** AWS keeps logs for ever when nothing is said; a bill cannot. */
const LOG_DAYS = 30;
/** How many windows of another shape than tumbling there are depends on the events. */
const OTHER_WINDOW_SECONDS = 60;

type Events = readonly Record<string, unknown>[];

/** @throws ManifestError (`MANIFEST_INVALID`) */
export async function billSettings(file: string, env: NodeJS.ProcessEnv): Promise<DeploymentSettings> {
  const manifest = await loadManifest(file, env);
  const { configuration } = await readConfiguration(manifest.file, env);
  const provider = objectOf(configuration.provider);
  const entries = Object.assign({}, ...[configuration.functions].flat().map(objectOf)) as Record<
    string,
    unknown
  >;
  const { aggregate, retention } = manifest.settings;
  const { window, allowedLatenessMs } = baseDefinition(aggregate);
  const days = (ms: number) => ms / DAY_MS;
  return {
    architecture: provider.architecture === 'arm64' ? 'arm64' : 'x86_64',
    streams: manifest.streams.map(({ name, partitions, retentionMs }) => ({
      name,
      partitions,
      retentionHours: retentionMs / HOUR_MS,
    })),
    functions: manifest.functions.map((fn) => functionOf(fn, eventsOf(entries[fn.name]))),
    windowSeconds: window.type === 'tumbling' ? window.sizeMs / 1000 : OTHER_WINDOW_SECONDS,
    latenessSeconds: allowedLatenessMs / 1000,
    retentionDays: {
      windows: days(retention.windows),
      rollups: {
        '1m': days(retention.rollups['1m']),
        '1h': days(retention.rollups['1h']),
        '1d': days(retention.rollups['1d']),
      },
      quarantine: days(retention.quarantine),
      alerts: days(retention.alerts),
    },
    logRetentionDays: Number(provider.logRetentionInDays ?? LOG_DAYS),
  };
}

/** Triggers stand in the manifest in the order of the file, so `events` tells what AWS makes of each. */
function functionOf({ name, memoryMB, triggers }: FunctionManifest, events: Events): FunctionSettings {
  const streams = triggers.flatMap((trigger, i) => {
    if (trigger.type !== 'stream' || !trigger.enabled) return [];
    const { stream, batchSize, parallelizationFactor } = trigger;
    return [{ stream, batchSize, batchWindowSeconds: windowOf(events[i]), parallelizationFactor }];
  });
  const runs = triggers.map((trigger, i) =>
    trigger.type === 'schedule' && trigger.enabled
      ? runsPerMonth(expressionOf(events[i]) ?? trigger.expression, trigger.timezone)
      : 0,
  );
  return {
    name,
    memoryMB,
    streams,
    runsPerMonth: runs.reduce((sum, count) => sum + count, 0),
    http: triggers.some(({ type }) => type === 'http'),
  };
}

function windowOf(event: Record<string, unknown> | undefined): number {
  const [settings] = Object.values(event ?? {});
  return Number(objectOf(settings).batchWindow ?? 0);
}

function expressionOf(event: Record<string, unknown> | undefined): string | undefined {
  const { schedule } = event ?? {};
  const given = typeof schedule === 'string' ? schedule : objectOf(schedule).rate;
  return typeof given === 'string' ? given : undefined;
}

function runsPerMonth(expression: string, timezone: string): number {
  const schedule = parseSchedule(expression, MONTH_START, { seconds: true, timezone });
  const end = MONTH_START + DEFAULT_LOAD.hoursPerMonth * HOUR_MS;
  let count = 0;
  for (let at = schedule.next(MONTH_START); at !== undefined && at <= end; at = schedule.next(at)) count++;
  return count;
}

/** One entry for each trigger: a schedule with several rates is as many. */
function eventsOf(entry: unknown): Events {
  return [objectOf(entry).events ?? []]
    .flat()
    .map(objectOf)
    .flatMap((event) => {
      const { rate } = objectOf(event.schedule);
      return Array.isArray(rate) ? rate.map((one: unknown) => ({ schedule: one })) : [event];
    });
}

function objectOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
