/** One device, followed from its reports to everything the backend must have made of them. */
import type { Report } from '../plan/action.js';
import { AlertCourse, type OracleRule } from './alerts.js';
import type { ExpectationBuilder } from './expectation.js';
import type { ReportName } from './verdict.js';
import { type Arrival, DeviceClock, type WindowRules } from './windows.js';

/** A report that reached the backend, or may have. */
export interface StoredReport {
  readonly report: Report;
  /** Scheduled sending, epoch ms. */
  readonly due: number;
  readonly arrival: Arrival;
  /** False: nobody was promised that it is stored. */
  readonly certain: boolean;
}

/** What the backend documents to remember of sequence numbers, per device. */
const SEQUENCES_REMEMBERED = 256;

export interface DeviceRules extends WindowRules {
  readonly rules: readonly OracleRule[];
}

export class OracleDevice {
  readonly #id: string;
  readonly #rules: DeviceRules;
  readonly #expect: ExpectationBuilder;
  readonly #clock: DeviceClock;
  readonly #courses: readonly AlertCourse<{ readonly name: ReportName; readonly due: number }>[];
  readonly #seen = new Set<number>();
  #top = -1;

  constructor(deviceId: string, rules: DeviceRules, expect: ExpectationBuilder) {
    this.#id = deviceId;
    this.#rules = rules;
    this.#expect = expect;
    this.#clock = new DeviceClock(rules);
    this.#courses = rules.rules.map(({ forMs }) => new AlertCourse(forMs, rules.marginMs));
  }

  /** In the order in which the device's reports were stored; a copy is a report once more. */
  add({ report, due, arrival, certain }: StoredReport): void {
    const { number, seq, eventTime, type, verdict, values } = report;
    const name = { deviceId: this.#id, number, seq, eventTime };
    this.#expect.stored(certain);
    if (verdict !== 'valid' || values === null) {
      this.#expect.quarantined(name, verdict, certain);
      return;
    }
    this.#expect.valid(certain);
    // Rules see an event that comes again like any other.
    for (const [index, course] of this.#courses.entries()) {
      if (!certain) course.uncertain = true;
      const rule = this.#rules.rules[index]!;
      course.add(rule.holds({ ...values, ts: eventTime, seq }, { id: this.#id, type }), eventTime, arrival, {
        name,
        due,
      });
    }
    if (seq !== null && this.#isRepeated(seq)) {
      this.#expect.duplicate(certain);
      return;
    }
    const placement = this.#clock.place(eventTime, arrival);
    if (placement === 'late') this.#expect.late(name, certain);
    else this.#expect.inWindow(name, values, placement === 'in window' && certain);
    if (placement === 'uncertain') this.#expect.uncertain(name);
  }

  /** Nothing more comes; `at` is when the backend is looked at. */
  finish(at: Arrival): void {
    for (const [index, course] of this.#courses.entries()) {
      course.passTime(at);
      this.#expect.alerts(this.#id, this.#rules.rules[index]!.name, course.lives, course.uncertain);
    }
  }

  #isRepeated(seq: number): boolean {
    const known = this.#top - seq < SEQUENCES_REMEMBERED;
    const repeated = known && this.#seen.has(seq);
    this.#seen.add(seq);
    this.#top = Math.max(this.#top, seq);
    if (this.#seen.size > 4 * SEQUENCES_REMEMBERED) {
      for (const old of this.#seen) if (this.#top - old >= SEQUENCES_REMEMBERED) this.#seen.delete(old);
    }
    return repeated;
  }
}
