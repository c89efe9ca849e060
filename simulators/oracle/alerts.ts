/**
 * When alerts of one device begin and end: the table of docs/alerts.md in code of the oracle's own.
 *
 * What is not known for certain (whether an event came, whether a tick came before it) splits the course in two, and
 * both are followed until they come to the same. What is told in all of them must be told; what is told in one may be.
 */
import { type Arrival, CLOCK_SLACK } from './windows.js';

/** A rule as far as the oracle is concerned. */
export interface OracleRule {
  readonly name: string;
  readonly forMs: number;
  /** After so long without an event its alert is no-data, ms; null: never. */
  readonly noDataMs: number | null;
  /** It decides on more than the event at hand, or ends otherwise than by it: its alerts are not foretold. */
  readonly leftOut?: boolean;
  /** Whether it holds; null: the event lacks a metric, nothing changes. */
  readonly holds: (
    event: Readonly<Record<string, unknown>>,
    device: { readonly id: string; readonly type: string },
  ) => boolean | null;
}

/** What is told of an alert; `T` names what made it fire. */
export interface Notice<T> {
  readonly state: 'firing' | 'nodata' | 'resolved';
  readonly startsAt: number;
  /** Null while it fires; of `nodata`, when it was last known to hold. */
  readonly endsAt: number | null;
  /** Null: a tick. */
  readonly cause: T | null;
}

export interface Outcome<T> {
  readonly certain: readonly Notice<T>[];
  readonly possible: readonly Notice<T>[];
  /** Too much was uncertain: nothing can be foretold from some moment on. */
  readonly lost: boolean;
}

type Phase = 'inactive' | 'pending' | 'firing' | 'nodata';

interface Course<T> {
  phase: Phase;
  startsAt: number;
  /** Of the event that began a pending alert. */
  arrived: Arrival;
  lastHeld: number;
  /** Of the events since that said whether it holds: the latest event time, and the arrival of the last one. */
  heardOf: number;
  heard: Arrival;
  ended: { readonly from: number; readonly to: number } | null;
  /** Since the course was split off. */
  told: Notice<T>[];
}

/** More courses than this are not followed. */
const MAX_COURSES = 32;

/** One rule and one device. */
export class AlertCourses<T> {
  readonly #forMs: number;
  readonly #noDataMs: number;
  readonly #marginMs: number;
  readonly #certain: Notice<T>[] = [];
  readonly #possible = new Map<string, Notice<T>>();
  #courses: Course<T>[] = [
    {
      phase: 'inactive',
      startsAt: 0,
      arrived: [0, 0],
      lastHeld: 0,
      heardOf: 0,
      heard: [0, 0],
      ended: null,
      told: [],
    },
  ];
  #lost = false;

  constructor({ forMs, noDataMs }: Pick<OracleRule, 'forMs' | 'noDataMs'>, marginMs: number) {
    this.#forMs = forMs;
    this.#noDataMs = noDataMs ?? Number.POSITIVE_INFINITY;
    this.#marginMs = marginMs;
  }

  /** Takes the device's valid events in the order in which they were stored. @param certain whether it was at all */
  add(holds: boolean | null, eventTime: number, arrival: Arrival, cause: T, certain: boolean): void {
    if (holds === null || this.#lost) return;
    const [only] = this.#courses;
    if (!holds && this.#courses.length === 1 && only!.phase === 'inactive') return;
    this.#passTime(arrival);
    const before = certain ? [] : this.#courses.map(copyOf);
    for (const course of this.#courses) this.#apply(course, holds, eventTime, arrival, cause);
    this.#courses.push(...before);
    this.#join();
  }

  /** What must and may have been told by the time that somebody looks. */
  outcome(at: Arrival): Outcome<T> {
    const look = new AlertCourses<T>({ forMs: this.#forMs, noDataMs: this.#noDataMs }, this.#marginMs);
    look.#certain.push(...this.#certain);
    for (const [key, notice] of this.#possible) look.#possible.set(key, notice);
    look.#courses = this.#courses.map(copyOf);
    look.#lost = this.#lost;
    look.#passTime(at);
    look.#join();
    look.#settle(look.#courses);
    return { certain: look.#certain, possible: [...look.#possible.values()], lost: look.#lost };
  }

  /** Ticks up to about this moment: `for` runs out first, as no rule is followed that misses its data before. */
  #passTime(moment: Arrival): void {
    this.#runOut(moment, 'pending', 'arrived', this.#forMs, (course) => fire(course, course.lastHeld, null));
    this.#runOut(moment, 'firing', 'heard', this.#noDataMs, miss);
  }

  /** What happens to courses in a phase so long after an arrival; those that may not be that far yet are split. */
  #runOut(
    [earliest, latest]: Arrival,
    phase: Phase,
    since: 'arrived' | 'heard',
    lasts: number,
    happens: (course: Course<T>) => void,
  ): void {
    const split: Course<T>[] = [];
    for (const course of this.#courses) {
      if (course.phase !== phase) continue;
      const [from, to] = course[since];
      if (latest - from < lasts - CLOCK_SLACK) continue;
      if (earliest - to < lasts + this.#marginMs) split.push(copyOf(course));
      happens(course);
    }
    if (split.length === 0) return;
    this.#courses.push(...split);
    this.#join();
  }

  #apply(course: Course<T>, holds: boolean, eventTime: number, arrival: Arrival, cause: T): void {
    const isGap = eventTime - course.heardOf >= this.#noDataMs;
    if (course.phase === 'firing' && isGap) miss(course);
    switch (course.phase) {
      case 'firing':
        whileFiring(course, holds, eventTime, cause);
        break;
      case 'nodata':
        whileMissed(course, holds, eventTime, cause);
        break;
      case 'pending':
        if (!holds) cancel(course, eventTime);
        else if (isGap) {
          cancel(course, course.heardOf);
          this.#begin(course, eventTime, arrival, cause);
        } else {
          course.lastHeld = Math.max(course.lastHeld, eventTime);
          if (eventTime - course.startsAt >= this.#forMs) fire(course, course.lastHeld, cause);
        }
        break;
      default:
        if (holds) this.#begin(course, eventTime, arrival, cause);
        return;
    }
    course.heardOf = Math.max(course.heardOf, eventTime);
    course.heard = arrival;
  }

  #begin(course: Course<T>, eventTime: number, arrival: Arrival, cause: T): void {
    const { ended } = course;
    if (ended !== null && eventTime <= ended.to) {
      const known = eventTime === ended.from || (eventTime > ended.from && eventTime < ended.to);
      if (known || this.#forMs > 0) return;
      course.told.push({ state: 'firing', startsAt: eventTime, endsAt: null, cause });
      course.told.push({ state: 'resolved', startsAt: eventTime, endsAt: eventTime, cause });
      return;
    }
    course.startsAt = eventTime;
    course.lastHeld = eventTime;
    course.heardOf = eventTime;
    course.heard = arrival;
    if (this.#forMs === 0) fire(course, eventTime, cause);
    else {
      course.phase = 'pending';
      course.arrived = arrival;
    }
  }

  /** Courses that have come to the same are one again. */
  #join(): void {
    const courses = this.#courses;
    if (courses.length > 1) {
      const groups = new Map<string, Course<T>[]>();
      for (const course of courses) {
        const key = stateOf(course);
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [course]);
        else group.push(course);
      }
      this.#courses = [...groups.values()].map((group) => {
        const [first, ...others] = group;
        return others.length === 0 ? first! : { ...first!, told: this.#common(group) };
      });
    }
    if (this.#courses.length === 1) {
      const [course] = this.#courses;
      this.#certain.push(...course!.told);
      course!.told = [];
    } else if (this.#courses.length > MAX_COURSES) {
      this.#settle(this.#courses);
      this.#courses = [];
      this.#lost = true;
    }
  }

  /** What all of them tell; the rest is possible. */
  #common(courses: readonly Course<T>[]): Notice<T>[] {
    const [first, ...others] = courses.map(({ told }) => new Map(told.map((one) => [keyOf(one), one])));
    const common = [...first!].filter(([key]) => others.every((told) => told.has(key)));
    const keys = new Set(common.map(([key]) => key));
    for (const told of [first!, ...others]) {
      for (const [key, notice] of told) if (!keys.has(key)) this.#possible.set(key, notice);
    }
    return common.map(([, notice]) => notice);
  }

  #settle(courses: readonly Course<T>[]): void {
    if (courses.length > 0) this.#certain.push(...this.#common(courses));
    for (const course of courses) course.told = [];
  }
}

function whileFiring<T>(course: Course<T>, holds: boolean, eventTime: number, cause: T): void {
  if (holds) course.lastHeld = Math.max(course.lastHeld, eventTime);
  else if (eventTime >= course.lastHeld) {
    const { startsAt } = course;
    course.told.push({ state: 'resolved', startsAt, endsAt: eventTime, cause });
    course.ended = { from: startsAt, to: eventTime };
    course.phase = 'inactive';
  }
}

/** Nothing came for so long that nobody knows whether it still holds. */
function miss<T>(course: Course<T>): void {
  const { startsAt, lastHeld } = course;
  course.phase = 'nodata';
  course.told.push({ state: 'nodata', startsAt, endsAt: lastHeld, cause: null });
}

function whileMissed<T>(course: Course<T>, holds: boolean, eventTime: number, cause: T): void {
  const { startsAt, lastHeld } = course;
  if (!holds && eventTime >= lastHeld) {
    course.told.push({ state: 'resolved', startsAt, endsAt: lastHeld, cause });
    course.ended = { from: startsAt, to: eventTime };
    course.phase = 'inactive';
  } else if (holds && eventTime > lastHeld) {
    course.startsAt = eventTime;
    fire(course, eventTime, cause);
  }
}

function cancel<T>(course: Course<T>, eventTime: number): void {
  if (eventTime < course.startsAt) return;
  course.phase = 'inactive';
  course.ended = { from: course.startsAt, to: eventTime };
}

function fire<T>(course: Course<T>, lastHeld: number, cause: T | null): void {
  course.phase = 'firing';
  course.lastHeld = lastHeld;
  course.told.push({ state: 'firing', startsAt: course.startsAt, endsAt: null, cause });
}

function copyOf<T>(course: Course<T>): Course<T> {
  return { ...course, told: [...course.told] };
}

/** Everything that what follows depends on. */
function stateOf(course: Course<unknown>): string {
  const { phase, startsAt, arrived, lastHeld, heardOf, heard, ended } = course;
  const since = phase === 'pending' ? `${arrived}` : '';
  const own = phase === 'inactive' ? '' : `${startsAt} ${lastHeld} ${heardOf} ${heard} ${since}`;
  return `${phase} ${own} ${ended?.from} ${ended?.to}`;
}

function keyOf({ state, startsAt, endsAt }: Notice<unknown>): string {
  return `${state} ${startsAt} ${endsAt}`;
}
