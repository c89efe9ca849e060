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
  readonly state: 'firing' | 'resolved';
  readonly startsAt: number;
  /** Null while it fires. */
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

type Phase = 'inactive' | 'pending' | 'firing';

interface Course<T> {
  phase: Phase;
  startsAt: number;
  /** Of the event that began a pending alert. */
  arrived: Arrival;
  lastHeld: number;
  ended: { readonly from: number; readonly to: number } | null;
  /** Since the course was split off. */
  told: Notice<T>[];
}

/** More courses than this are not followed. */
const MAX_COURSES = 32;

/** One rule and one device. */
export class AlertCourses<T> {
  readonly #forMs: number;
  readonly #marginMs: number;
  readonly #certain: Notice<T>[] = [];
  readonly #possible = new Map<string, Notice<T>>();
  #courses: Course<T>[] = [
    { phase: 'inactive', startsAt: 0, arrived: [0, 0], lastHeld: 0, ended: null, told: [] },
  ];
  #lost = false;

  constructor(forMs: number, marginMs: number) {
    this.#forMs = forMs;
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
    const look = new AlertCourses<T>(this.#forMs, this.#marginMs);
    look.#certain.push(...this.#certain);
    for (const [key, notice] of this.#possible) look.#possible.set(key, notice);
    look.#courses = this.#courses.map(copyOf);
    look.#lost = this.#lost;
    look.#passTime(at);
    look.#join();
    look.#settle(look.#courses);
    return { certain: look.#certain, possible: [...look.#possible.values()], lost: look.#lost };
  }

  /** Ticks up to about this moment. */
  #passTime([earliest, latest]: Arrival): void {
    const split: Course<T>[] = [];
    for (const course of this.#courses) {
      if (course.phase !== 'pending') continue;
      const [from, to] = course.arrived;
      if (latest - from < this.#forMs - CLOCK_SLACK) continue;
      if (earliest - to < this.#forMs + this.#marginMs) split.push(copyOf(course));
      fire(course, course.startsAt, null);
    }
    if (split.length === 0) return;
    this.#courses.push(...split);
    this.#join();
  }

  #apply(course: Course<T>, holds: boolean, eventTime: number, arrival: Arrival, cause: T): void {
    if (course.phase === 'firing') whileFiring(course, holds, eventTime, cause);
    else if (course.phase === 'pending') {
      if (!holds) cancel(course, eventTime);
      else if (eventTime - course.startsAt >= this.#forMs) fire(course, eventTime, cause);
    } else if (holds) this.#begin(course, eventTime, arrival, cause);
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
function stateOf({ phase, startsAt, arrived, lastHeld, ended }: Course<unknown>): string {
  const own =
    phase === 'firing' ? `${startsAt} ${lastHeld}` : phase === 'pending' ? `${startsAt} ${arrived}` : '';
  return `${phase} ${own} ${ended?.from} ${ended?.to}`;
}

function keyOf({ state, startsAt, endsAt }: Notice<unknown>): string {
  return `${state} ${startsAt} ${endsAt}`;
}
