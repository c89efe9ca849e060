/**
 * What a backend shows after a run: its books, the windows and rollups of some devices, quarantine and late events,
 * asked of its query API, and the alerts that it told over MQTT.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '../../common/errors.js';
import type { Accounting, Api, Books } from '../api.js';
import { wallNow } from '../drivers/clock.js';
import type { Observation, ObservedAlert, ObservedBooks, RollupFigures, WindowFigures } from './verdict.js';
import type { Arrival } from './windows.js';

export interface CollectOptions {
  readonly api: Api;
  readonly devices: ReadonlySet<string>;
  readonly lookedAt: ReadonlySet<string>;
  /** Event times of the run begin about here, epoch ms. */
  readonly from: number;
  /** Alerts told so far; null: nobody listens. */
  readonly alerts: () => readonly ObservedAlert[] | null;
}

/** What was there before the run, and is therefore not the run's alone. */
export interface Before {
  readonly accounting: Accounting;
  /** Epoch ms on this machine's clock. */
  readonly at: number;
  /** Windows and rollups, keyed as in `Expectation`. */
  readonly buckets: ReadonlySet<string>;
  /** `deviceId rule` of alerts that were on. */
  readonly alerts: ReadonlySet<string>;
}

export interface Look {
  readonly observation: Observation;
  /** From when to when it was taken, epoch ms. */
  readonly at: Arrival;
  /** What was too much to be read. */
  readonly notChecked: readonly string[];
}

const PERIODS: Readonly<Record<string, number>> = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 };
const DAY = 86_400_000;
/** Clocks of two machines may differ; what arrived so long before the run is still looked at, ms. */
const CLOCKS_MS = 1_000;
/** Entries of a list that are read at the most. */
const MOST_ENTRIES = 50_000;
const AT_ONCE = 8;
const POLL_MS = 200;

export class Collector {
  readonly #options: CollectOptions;

  constructor(options: CollectOptions) {
    this.#options = options;
  }

  async before(): Promise<Before> {
    const { api, devices } = this.#options;
    const at = wallNow();
    const [accounting, firing, pending] = await Promise.all([
      api.accounting(),
      api.alerts('firing'),
      api.alerts('pending'),
    ]);
    const alerts = [...firing, ...pending].filter(({ deviceId }) => devices.has(deviceId));
    const buckets = new Set<string>();
    for (const key of (await this.#windows()).keys()) {
      buckets.add(key);
      const [, device, metric, start] = /^(\S+) (.+) (\d+)$/.exec(key)!;
      for (const [period, size] of Object.entries(PERIODS)) {
        buckets.add(`${device} ${metric} ${period} ${Math.floor(Number(start) / size) * size}`);
      }
    }
    return {
      accounting,
      at,
      buckets,
      alerts: new Set(alerts.map(({ deviceId, rule }) => `${deviceId} ${rule}`)),
    };
  }

  /** Waits until every function has finished what is stored, or until `deadline` (epoch ms). */
  async untilDone(deadline: number): Promise<void> {
    const busy = new Set(['any']);
    const began = wallNow();
    while (busy.size > 0 && wallNow() < deadline) {
      const accounting = await this.#accounting(deadline);
      busy.clear();
      const { inFlight, lag } = accounting.total;
      const waited = wallNow() - began;
      // Where numbers are not known: everything that was there when the waiting began is done.
      const isPast = (name: string) => waited > (accounting.behindMs?.[name] ?? waited) + CLOCKS_MS;
      const isDone = (name: string, records: number | null, most = 0) =>
        records === null ? isPast(name) : records <= most;
      for (const [name, events] of Object.entries(inFlight)) if (!isDone(name, events)) busy.add(name);
      // Ticks come all the time: a lag of a few of them is nothing that could change anything.
      for (const [name, records] of Object.entries(lag)) {
        if (!(name in inFlight) && !isDone(name, records, accounting.partitions.length)) busy.add(name);
      }
      for (const stream of accounting.streams) {
        for (const [name, records] of Object.entries(stream.lag)) if (!isDone(name, records)) busy.add(name);
      }
      if (busy.size > 0) await delay(POLL_MS);
    }
  }

  /** @param deadline until then a backend that does not answer is asked again, epoch ms */
  async look(before: Before, deadline: number): Promise<Look> {
    const { api } = this.#options;
    const from = wallNow();
    const since = before.at - CLOCKS_MS;
    const after = await this.#accounting(deadline);
    const [windows, rollups, quarantine, late] = await Promise.all([
      this.#windows(),
      this.#rollups(),
      api.quarantine(since, MOST_ENTRIES),
      api.late(since, MOST_ENTRIES),
    ]);
    const notChecked: string[] = [];
    const readable = <T>(entries: readonly T[], what: string): readonly T[] | null => {
      if (entries.length < MOST_ENTRIES) return entries;
      notChecked.push(`${what} one by one: there are more than ${MOST_ENTRIES}`);
      return null;
    };
    const refused = readable(quarantine, 'events in quarantine');
    const lateEvents = readable(late, 'late events');
    const observation: Observation = {
      books: booksOf(before.accounting, after),
      windows,
      rollups,
      alerts: this.#options.alerts(),
      quarantine:
        refused?.map(({ deviceId, code, payload, payloadEncoding }) => ({
          deviceId,
          code,
          payload: payloadEncoding === 'base64' ? Buffer.from(payload, 'base64').toString() : payload,
        })) ?? null,
      late:
        lateEvents?.map(({ deviceId, eventTime, payload }) => ({
          deviceId,
          eventTime: Date.parse(eventTime),
          payload,
        })) ?? null,
    };
    return { observation, at: [from, wallNow()], notChecked };
  }

  /** A backend that was just started again may need a moment. */
  async #accounting(deadline: number): Promise<Accounting> {
    for (;;) {
      try {
        return await this.#options.api.accounting();
      } catch (error) {
        if (!(error instanceof MillraceError) || !error.canRetry || wallNow() >= deadline) throw error;
        await delay(POLL_MS);
      }
    }
  }

  /** From the beginning of the day on: rollups of a day hold all of it. */
  get #dayBefore(): number {
    return Math.max(0, Math.floor(this.#options.from / DAY) * DAY - DAY);
  }

  async #windows(): Promise<Map<string, WindowFigures>> {
    const windows = new Map<string, WindowFigures>();
    await this.#eachDevice(async (deviceId) => {
      for (const { start, metrics } of await this.#options.api.windows(deviceId, this.#dayBefore)) {
        for (const [metric, { count, sum, min, max, first, last }] of Object.entries(metrics)) {
          windows.set(`${deviceId} ${metric} ${Date.parse(start)}`, { count, sum, min, max, first, last });
        }
      }
    });
    return windows;
  }

  async #rollups(): Promise<Map<string, RollupFigures>> {
    const rollups = new Map<string, RollupFigures>();
    await this.#eachDevice(async (deviceId) => {
      for (const period of Object.keys(PERIODS)) {
        const buckets = await this.#options.api.rollups(deviceId, period, this.#dayBefore);
        for (const { start, metrics } of buckets) {
          for (const [metric, { count, sum, min, max }] of Object.entries(metrics)) {
            rollups.set(`${deviceId} ${metric} ${period} ${Date.parse(start)}`, { count, sum, min, max });
          }
        }
      }
    });
    return rollups;
  }

  async #eachDevice(visit: (deviceId: string) => Promise<void>): Promise<void> {
    const left = [...this.#options.lookedAt];
    const worker = async () => {
      for (let deviceId = left.pop(); deviceId !== undefined; deviceId = left.pop()) await visit(deviceId);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }
}

/**
 * Events stored, less those in flight, of which there are none when a run is done. On engines that do not know kinds,
 * what is in flight may be ticks that count as events until `validate` has seen them.
 */
function settled({ acknowledged, received, inFlight }: Books): number {
  return acknowledged + received - (inFlight.validate ?? 0);
}

function booksOf({ total: before }: Accounting, { total: after, balanced }: Accounting): ObservedBooks {
  const grown = (name: 'validated' | 'quarantined' | 'aggregated' | 'late' | 'duplicate') =>
    after[name] - before[name];
  return {
    stored: settled(after) - settled(before),
    validated: grown('validated'),
    quarantined: grown('quarantined'),
    aggregated: grown('aggregated'),
    late: grown('late'),
    duplicate: grown('duplicate'),
    balanced,
  };
}
