/** One device, followed from its reports to everything the backend must have made of them. */
import type { Report } from '../plan/action.js';
import { DEFAULT_TYPE } from '../plan/payload.js';
import { AlertCourses, type OracleRule } from './alerts.js';
import type { AlertCause, AlertOutcomes, ExpectationBuilder } from './expectation.js';
import { type Repetition, Sequences } from './sequences.js';
import type { ReportName } from './verdict.js';
import { type Arrival, CLOCK_SLACK, DeviceClock, type WindowRules } from './windows.js';

/** A report that reached the backend, or may have. */
export interface StoredReport {
  readonly report: Report;
  /** Scheduled sending, epoch ms. */
  readonly due: number;
  readonly arrival: Arrival;
  /** False: nobody was promised that it is stored. */
  readonly certain: boolean;
}

/** Which event times the backend takes. */
export interface TimeRange {
  /** Epoch ms. */
  readonly oldest: number;
  /** So far ahead of its arrival an event may be, ms. */
  readonly maxFutureMs: number;
}

export interface DeviceRules extends WindowRules {
  readonly rules: readonly OracleRule[];
  readonly events: TimeRange;
}

/** Reports that may be in their windows are remembered so far back, to know them when they come again. */
const REMEMBERED = 1_024;
const NOTHING_FORETOLD = { certain: [], possible: [], lost: true };

export class OracleDevice {
  readonly #id: string;
  readonly #rules: DeviceRules;
  readonly #expect: ExpectationBuilder;
  readonly #clock: DeviceClock;
  readonly #courses: readonly AlertCourses<AlertCause>[];
  readonly #sequences = new Sequences();
  /** Numbers of reports that may be in their window, and count there as such. */
  readonly #maybeInWindow = new Set<number>();

  constructor(deviceId: string, rules: DeviceRules, expect: ExpectationBuilder) {
    this.#id = deviceId;
    this.#rules = rules;
    this.#expect = expect;
    this.#clock = new DeviceClock(rules);
    this.#courses = rules.rules.map((rule) => new AlertCourses(rule, rules.marginMs));
  }

  /** In the order in which the device's reports were stored; a copy is a report once more. */
  add({ report, due, arrival, certain }: StoredReport): void {
    const { number, seq, eventTime, verdict, values } = report;
    const name = { deviceId: this.#id, number, seq, eventTime };
    this.#expect.count('stored', certain);
    if (verdict !== 'valid' || values === null) {
      this.#expect.quarantined(name, verdict, certain);
      return;
    }
    const inRange = this.#isInRange(eventTime, arrival);
    if (inRange !== true) this.#expect.quarantined(name, 'TIMESTAMP_RANGE', certain && inRange === false);
    if (inRange === false) return;
    const valid = certain && inRange === true;
    this.#expect.count('valid', valid);
    this.#alert(report, arrival, { name, due }, valid);
    this.#aggregate(name, values, arrival, valid);
  }

  /** @param at when the backend is looked at */
  alerts(at: Arrival, into: AlertOutcomes): void {
    for (const [index, courses] of this.#courses.entries()) {
      const { name, leftOut } = this.#rules.rules[index]!;
      into.add(this.#id, name, leftOut === true ? NOTHING_FORETOLD : courses.outcome(at));
    }
  }

  /** Null: it depends on the moment of its arrival. */
  #isInRange(eventTime: number, [earliest, latest]: Arrival): boolean | null {
    const { oldest, maxFutureMs } = this.#rules.events;
    if (eventTime < oldest) return false;
    const ahead = eventTime - maxFutureMs;
    if (ahead <= earliest - CLOCK_SLACK) return true;
    return ahead > latest + CLOCK_SLACK ? false : null;
  }

  /** Rules see an event that comes again like any other. */
  #alert(
    { type, eventTime, seq, values }: Report,
    arrival: Arrival,
    cause: AlertCause,
    certain: boolean,
  ): void {
    if (this.#courses.length === 0) return;
    const event: Record<string, unknown> = { ...values, ts: eventTime };
    if (seq !== null) event.seq = seq;
    if (type !== DEFAULT_TYPE) event.deviceType = type;
    const device = { id: this.#id, type };
    for (const [index, courses] of this.#courses.entries()) {
      const rule = this.#rules.rules[index]!;
      if (rule.leftOut === true) continue;
      const holds = rule.holds(event, device);
      courses.add(holds, eventTime, arrival, cause, certain);
    }
  }

  #aggregate(
    name: ReportName,
    values: Readonly<Record<string, unknown>>,
    arrival: Arrival,
    certain: boolean,
  ): void {
    const { seq, eventTime } = name;
    const repetition: Repetition = seq === null ? 'first' : this.#sequences.take(seq, certain);
    if (repetition === 'repeated') {
      this.#expect.count('duplicates', certain);
      return;
    }
    if (repetition !== 'first') this.#expect.count('duplicates', false);
    const counts = certain && repetition !== 'new or repeated';
    let placement = this.#clock.place(eventTime, arrival, counts);
    if (repetition === 'first or repeated') {
      if (this.#maybeInWindow.delete(seq!)) {
        this.#expect.withdraw(name, values);
        // When it came for the first time, it may have been early enough.
        if (placement === 'late') placement = 'uncertain';
      }
    }
    if (placement === 'late') this.#expect.late(name, counts);
    else if (placement === 'in window' && counts) this.#expect.inWindow(name, values, true);
    else if (counts) this.#expect.uncertain(name, values);
    else {
      this.#expect.inWindow(name, values, false);
      if (placement === 'uncertain') this.#expect.late(name, false);
      if (seq !== null) this.#remember(seq);
    }
  }

  #remember(seq: number): void {
    this.#maybeInWindow.add(seq);
    if (this.#maybeInWindow.size <= REMEMBERED) return;
    for (const oldest of this.#maybeInWindow) {
      this.#maybeInWindow.delete(oldest);
      return;
    }
  }
}
