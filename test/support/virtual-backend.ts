/**
 * The real functions on stores in memory, fed with a timeline in virtual time: what a deployment makes of it, without
 * a deployment. Ticks come every second of arrival time.
 */
import { tumblingPerDevice } from '../../common/aggregations.js';
import { create as aggregate } from '../../functions/aggregate/handler.js';
import { create as alert } from '../../functions/alert/handler.js';
import { create as rollup } from '../../functions/rollup/handler.js';
import { create as validate } from '../../functions/validate/handler.js';
import { PERIODS } from '../../simulators/oracle/figures.js';
import type {
  Observation,
  ObservedAlert,
  RollupFigures,
  WindowFigures,
} from '../../simulators/oracle/verdict.js';
import type { Alert } from '../../stores/alerts.js';
import { batchesOf, type TestRecord, tick } from './batches.js';
import { invocation, memoryPlatform } from './platform.js';

export interface ArrivingEvent {
  readonly arrivalTime: number;
  readonly deviceId: string;
  readonly payload: Buffer;
}

export interface BackendOptions {
  readonly windowMs: number;
  readonly latenessMs: number;
  /** As usual when left out. */
  readonly maxAheadMs?: number;
  /** The backend is looked at when it has seen the tick of this time. */
  readonly until: number;
  /** Places to cut the timeline into batches. */
  readonly cuts: readonly number[];
}

/** What a backend shows after these events, in order of arrival. */
export async function observe(
  events: readonly ArrivingEvent[],
  options: BackendOptions,
): Promise<Observation> {
  const usual = tumblingPerDevice(options.windowMs, options.latenessMs);
  const platform = memoryPlatform({
    aggregate: {
      ...usual,
      maxAheadMs: options.maxAheadMs ?? usual.maxAheadMs,
    },
  });
  const batches = batchesOf(withTicks(events, options.until), options.cuts);
  for (const create of [validate, aggregate, alert]) {
    const { process } = await create(platform);
    for (const batch of batches) await process!(batch, invocation());
  }
  const { scheduled } = await rollup(platform);
  await scheduled!({ time: options.until }, invocation());

  const { validation, aggregation, rollups } = platform.stores;
  const [tally] = await aggregation.tallies();
  const [validated] = await validation.tallies();
  const windows = new Map<string, WindowFigures>();
  const rolled = new Map<string, RollupFigures>();
  const always = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const page = { limit: 1_000_000, cursor: null };
  for (const deviceId of new Set(events.map((event) => event.deviceId))) {
    const series = { definition: 'device', key: deviceId };
    for (const { start, metrics } of (await aggregation.windows(series, always, page)).items) {
      for (const [metric, { count, sum, min, max, first, last }] of Object.entries(metrics)) {
        windows.set(`${deviceId} ${metric} ${start}`, { count, sum, min, max, first, last });
      }
    }
    for (const period of Object.keys(PERIODS) as (keyof typeof PERIODS)[]) {
      for (const { start, metrics } of (await rollups.rollups(series, period, always, page)).items) {
        for (const [metric, { count, sum, min, max }] of Object.entries(metrics)) {
          rolled.set(`${deviceId} ${metric} ${period} ${start}`, { count, sum, min, max });
        }
      }
    }
  }
  const quarantine = (await validation.quarantine(page)).items;
  const late = (await aggregation.late({}, page)).items;
  await platform.stores.close();
  return {
    books: {
      stored: events.length,
      validated: validated?.valid ?? 0,
      quarantined: validated?.quarantined ?? 0,
      aggregated: tally?.aggregated ?? 0,
      late: tally?.late ?? 0,
      duplicate: tally?.duplicate ?? 0,
      balanced: true,
    },
    windows,
    rollups: rolled,
    alerts: toldOf(
      (platform.appended.alerts ?? []).map(({ value }) => JSON.parse(Buffer.from(value).toString())),
    ),
    quarantine: quarantine.map(({ deviceId, code, payload }) => ({
      deviceId,
      code,
      payload: Buffer.from(payload).toString(),
    })),
    late: late.map(({ deviceId, eventTime, payload }) => ({ deviceId, eventTime, payload })),
  };
}

function withTicks(events: readonly ArrivingEvent[], until: number): TestRecord[] {
  const records: TestRecord[] = [];
  let next = Math.ceil((events[0]?.arrivalTime ?? until) / 1_000) * 1_000;
  for (const { arrivalTime, deviceId, payload } of events) {
    for (; next <= arrivalTime; next += 1_000) records.push(tick(next));
    records.push({ arrivalTime, key: deviceId, payload });
  }
  for (; next <= until; next += 1_000) records.push(tick(next));
  return records;
}

/** `notify` tells each id once. */
function toldOf(documents: readonly Alert[]): ObservedAlert[] {
  const told = new Map<string, ObservedAlert>();
  for (const { id, rule, deviceId, state, startsAt, endsAt } of documents) {
    if (told.has(id) || (state !== 'firing' && state !== 'resolved')) continue;
    told.set(id, { id, rule, deviceId, state, startsAt, endsAt, receivedAt: startsAt, times: 1 });
  }
  return [...told.values()];
}
