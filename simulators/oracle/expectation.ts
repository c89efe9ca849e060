/** Adds up, over all devices, what must come out. */
import type { Outcome } from './alerts.js';
import { rollupsOf, WindowPlace } from './figures.js';
import type {
  Book,
  Expectation,
  ExpectedAlert,
  RefusedReport,
  ReportName,
  UncertainReport,
} from './verdict.js';

/** A report that an alert is put down to, and its scheduled sending, epoch ms. */
export interface AlertCause {
  readonly name: ReportName;
  readonly due: number;
}

type Values = Readonly<Record<string, unknown>>;

const UNACKNOWLEDGED_EXAMPLES = 100;

export class ExpectationBuilder {
  readonly #windowMs: number;
  readonly #looksAt: (deviceId: string) => boolean;
  readonly #certain: Record<Book, number> = none();
  readonly #maybe: Record<Book, number> = none();
  readonly #places = new Map<string, WindowPlace>();
  readonly #codes: Record<string, number> = {};
  readonly #quarantined: RefusedReport[] = [];
  readonly #maybeQuarantined: RefusedReport[] = [];
  readonly #uncertain: UncertainReport[] = [];
  readonly #late: ReportName[] = [];
  readonly #maybeLate: ReportName[] = [];
  readonly #unacknowledged: ReportName[] = [];
  #unacknowledgedCount = 0;

  /** @param looksAt windows are followed of these devices alone: all of a large fleet's would fill the memory */
  constructor(windowMs: number, looksAt: (deviceId: string) => boolean) {
    this.#windowMs = windowMs;
    this.#looksAt = looksAt;
  }

  count(book: Book, certain: boolean): void {
    (certain ? this.#certain : this.#maybe)[book]++;
  }

  quarantined(name: ReportName, code: string, certain: boolean): void {
    this.count('quarantined', certain);
    (certain ? this.#quarantined : this.#maybeQuarantined).push({ ...name, code });
    if (certain) this.#codes[code] = (this.#codes[code] ?? 0) + 1;
  }

  late(name: ReportName, certain: boolean): void {
    this.count('late', certain);
    (certain ? this.#late : this.#maybeLate).push(name);
  }

  inWindow(name: ReportName, values: Values, certain: boolean): void {
    this.count('aggregated', certain);
    this.#eachPlace(name, values, (place, value) => {
      if (certain) place.add(value, name.eventTime);
      else place.maybe++;
    });
  }

  /** Takes back an event that may be in its window: what may have come before is what comes now. */
  withdraw(name: ReportName, values: Values): void {
    this.#eachPlace(name, values, (place) => {
      place.maybe--;
    });
  }

  /** The event is stored, and is in its window or late. */
  uncertain(name: ReportName, values: Values): void {
    this.count('aggregated', false);
    this.late(name, false);
    if (!this.#looksAt(name.deviceId)) return;
    const numbers: Record<string, number> = {};
    this.#eachPlace(name, values, (place, value) => {
      place.uncertain++;
      numbers[place.metric] = value;
    });
    this.#uncertain.push({ ...name, values: numbers, windowStart: this.#startOf(name) });
  }

  unacknowledged(name: ReportName): void {
    this.#unacknowledgedCount++;
    if (this.#unacknowledged.length < UNACKNOWLEDGED_EXAMPLES) this.#unacknowledged.push(name);
  }

  build(alerts: AlertOutcomes): Expectation {
    const places = [...this.#places].filter(([, place]) => place.count > 0 || !place.isSure);
    const { quarantined: _, ...certain } = this.#certain;
    return {
      ...certain,
      quarantined: { ...this.#codes },
      maybe: { ...this.#maybe },
      windows: new Map(
        places.filter(([, { count }]) => count > 0).map(([key, place]) => [key, place.figures()]),
      ),
      maybeInWindow: new Map(
        places.filter(([, { maybe }]) => maybe > 0).map(([key, { maybe }]) => [key, maybe]),
      ),
      rollups: rollupsOf(places.map(([, place]) => place)),
      alerts: alerts.certain,
      possibleAlerts: alerts.possible,
      uncertainAlerts: alerts.uncertain,
      uncertain: this.#uncertain,
      lateReports: this.#late,
      maybeLate: this.#maybeLate,
      quarantinedReports: this.#quarantined,
      maybeQuarantined: this.#maybeQuarantined,
      unacknowledged: { count: this.#unacknowledgedCount, examples: this.#unacknowledged },
    };
  }

  #startOf({ eventTime }: ReportName): number {
    return Math.floor(eventTime / this.#windowMs) * this.#windowMs;
  }

  #eachPlace(name: ReportName, values: Values, visit: (place: WindowPlace, value: number) => void): void {
    const { deviceId } = name;
    if (!this.#looksAt(deviceId)) return;
    const start = this.#startOf(name);
    for (const [metric, value] of Object.entries(values)) {
      if (typeof value !== 'number') continue;
      const key = `${deviceId} ${metric} ${start}`;
      let place = this.#places.get(key);
      if (place === undefined) {
        place = new WindowPlace(deviceId, metric, start);
        this.#places.set(key, place);
      }
      visit(place, value);
    }
  }
}

function none(): Record<Book, number> {
  return { stored: 0, valid: 0, quarantined: 0, aggregated: 0, duplicates: 0, late: 0 };
}

/** What is told of the alerts of all devices. */
export class AlertOutcomes {
  readonly certain: ExpectedAlert[] = [];
  readonly possible = new Set<string>();
  readonly uncertain = new Set<string>();

  add(deviceId: string, rule: string, { certain, possible, lost }: Outcome<AlertCause>): void {
    if (lost) this.uncertain.add(`${deviceId} ${rule}`);
    const told = (startsAt: number, state: string, endsAt: number | null) =>
      this.possible.add(`${deviceId} ${rule} ${startsAt} ${state} ${endsAt}`);
    const maybeEnds = new Set<number>();
    const maybeMissed = new Set<number>();
    for (const { state, startsAt, endsAt } of possible) {
      told(startsAt, state, endsAt);
      if (state === 'resolved') maybeEnds.add(startsAt);
      if (state === 'nodata') maybeMissed.add(startsAt);
    }
    const missed = new Map<number, number>();
    for (const { state, startsAt, endsAt } of certain) {
      if (state !== 'nodata' || missed.has(startsAt)) continue;
      if (maybeMissed.has(startsAt)) told(startsAt, state, endsAt);
      else missed.set(startsAt, endsAt!);
    }
    // What is told again under the same id is nothing new: the first one counts, if it is known which that is.
    const ends = new Map<number, number>();
    for (const { state, startsAt, endsAt } of certain) {
      if (state !== 'resolved' || ends.has(startsAt)) continue;
      if (maybeEnds.has(startsAt)) told(startsAt, state, endsAt);
      else ends.set(startsAt, endsAt!);
    }
    const begun = new Set<number>();
    for (const { state, startsAt, cause } of certain) {
      if (state !== 'firing' || begun.has(startsAt)) continue;
      begun.add(startsAt);
      const endsAt = ends.get(startsAt) ?? null;
      const { name = null, due = null } = cause ?? {};
      const lastHeld = missed.get(startsAt) ?? null;
      this.certain.push({ rule, deviceId, startsAt, lastHeld, endsAt, cause: name, due });
    }
    for (const [startsAt, lastHeld] of missed) {
      if (!begun.has(startsAt)) told(startsAt, 'nodata', lastHeld);
    }
    for (const [startsAt, endsAt] of ends) {
      if (!begun.has(startsAt)) told(startsAt, 'resolved', endsAt);
    }
  }
}
