/** Adds up, over all devices, what must come out. */
import type { Life } from './alerts.js';
import type { Expectation, ExpectedAlert, ReportName, RollupFigures, WindowFigures } from './verdict.js';

const PERIODS: Readonly<Record<string, number>> = { '1m': 60_000, '1h': 3_600_000, '1d': 86_400_000 };

interface Building {
  count: number;
  sum: number;
  min: number;
  max: number;
  first: number;
  firstTime: number;
  last: number;
  lastTime: number;
}

/** One window of one metric of one device. */
interface Place {
  readonly device: string;
  readonly metric: string;
  readonly start: number;
  readonly figures: Building;
  /** Events that may be in it besides. */
  maybe: number;
}

export class ExpectationBuilder {
  readonly #windowMs: number;
  readonly #counts = { stored: 0, maybeStored: 0, valid: 0, duplicates: 0, late: 0 };
  readonly #places = new Map<string, Place>();
  readonly #quarantined: (ReportName & { readonly code: string })[] = [];
  readonly #codes: Record<string, number> = {};
  readonly #uncertain: ReportName[] = [];
  readonly #late: ReportName[] = [];
  readonly #alerts: ExpectedAlert[] = [];
  readonly #uncertainAlerts = new Set<string>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  stored(certain: boolean): void {
    if (certain) this.#counts.stored++;
    else this.#counts.maybeStored++;
  }

  valid(certain: boolean): void {
    if (certain) this.#counts.valid++;
  }

  duplicate(certain: boolean): void {
    if (certain) this.#counts.duplicates++;
  }

  quarantined(name: ReportName, code: string, certain: boolean): void {
    if (!certain) return;
    this.#codes[code] = (this.#codes[code] ?? 0) + 1;
    this.#quarantined.push({ ...name, code });
  }

  late(name: ReportName, certain: boolean): void {
    if (!certain) return;
    this.#counts.late++;
    this.#late.push(name);
  }

  uncertain(name: ReportName): void {
    this.#uncertain.push(name);
  }

  inWindow(name: ReportName, values: Readonly<Record<string, unknown>>, certain: boolean): void {
    const start = Math.floor(name.eventTime / this.#windowMs) * this.#windowMs;
    for (const [metric, value] of Object.entries(values)) {
      if (typeof value !== 'number') continue;
      const place = this.#place(name.deviceId, metric, start);
      if (certain) add(place.figures, value, name.eventTime);
      else place.maybe++;
    }
  }

  alerts(
    deviceId: string,
    rule: string,
    lives: readonly Life<{ readonly name: ReportName; readonly due: number }>[],
    uncertain: boolean,
  ): void {
    if (uncertain) {
      this.#uncertainAlerts.add(`${deviceId} ${rule}`);
      return;
    }
    for (const { startsAt, endsAt, cause } of lives) {
      this.#alerts.push({
        rule,
        deviceId,
        startsAt,
        endsAt,
        cause: cause?.name ?? null,
        due: cause?.due ?? null,
      });
    }
  }

  build(): Expectation {
    const windows = new Map<string, WindowFigures>();
    const maybeInWindow = new Map<string, number>();
    for (const [key, { figures, maybe }] of this.#places) {
      const { firstTime: _, lastTime: __, ...shown } = figures;
      if (shown.count > 0) windows.set(key, shown);
      if (maybe > 0) maybeInWindow.set(key, maybe);
    }
    return {
      ...this.#counts,
      quarantined: this.#codes,
      windows,
      maybeInWindow,
      rollups: rollupsOf([...this.#places.values()]),
      alerts: this.#alerts,
      uncertainAlerts: this.#uncertainAlerts,
      uncertain: this.#uncertain,
      lateReports: this.#late,
      quarantinedReports: this.#quarantined,
    };
  }

  #place(device: string, metric: string, start: number): Place {
    const key = `${device} ${metric} ${start}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      place = { device, metric, start, figures: nothing(), maybe: 0 };
      this.#places.set(key, place);
    }
    return place;
  }
}

function nothing(): Building {
  return {
    count: 0,
    sum: 0,
    min: Number.POSITIVE_INFINITY,
    max: Number.NEGATIVE_INFINITY,
    first: 0,
    firstTime: Number.POSITIVE_INFINITY,
    last: 0,
    lastTime: Number.NEGATIVE_INFINITY,
  };
}

function add(figures: Building, value: number, time: number): void {
  figures.count++;
  figures.sum += value;
  figures.min = Math.min(figures.min, value);
  figures.max = Math.max(figures.max, value);
  if (time < figures.firstTime) {
    figures.first = value;
    figures.firstTime = time;
  }
  if (time >= figures.lastTime) {
    figures.last = value;
    figures.lastTime = time;
  }
}

/** Buckets in which something is uncertain are left out: they cannot be held against anything. */
function rollupsOf(places: readonly Place[]): Map<string, RollupFigures> {
  const rollups = new Map<string, { count: number; sum: number; min: number; max: number }>();
  const tainted = new Set<string>();
  for (const { device, metric, start, figures, maybe } of places) {
    for (const [period, size] of Object.entries(PERIODS)) {
      const key = `${device} ${metric} ${period} ${Math.floor(start / size) * size}`;
      if (maybe > 0) tainted.add(key);
      if (figures.count === 0) continue;
      const bucket = rollups.get(key);
      const { count, sum, min, max } = figures;
      if (bucket === undefined) rollups.set(key, { count, sum, min, max });
      else {
        bucket.count += count;
        bucket.sum += sum;
        bucket.min = Math.min(bucket.min, min);
        bucket.max = Math.max(bucket.max, max);
      }
    }
  }
  for (const key of tainted) rollups.delete(key);
  return rollups;
}
