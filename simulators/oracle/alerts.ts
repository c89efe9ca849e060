/**
 * When alerts of one device begin and end: the table of docs/alerts.md in code of the oracle's own.
 */
import type { Arrival } from './windows.js';

/** A rule as far as the oracle is concerned. */
export interface OracleRule {
  readonly name: string;
  readonly forMs: number;
  /** Whether it holds; null: the event lacks a metric, nothing changes. */
  readonly holds: (
    values: Readonly<Record<string, unknown>>,
    device: { readonly id: string; readonly type: string },
  ) => boolean | null;
}

/** An alert with what is known of it; `T` names what made it fire. */
export interface Life<T> {
  readonly startsAt: number;
  endsAt: number | null;
  /** Null: a tick. */
  readonly cause: T | null;
}

interface Pending {
  readonly startsAt: number;
  readonly arrived: Arrival;
}

/** One rule and one device. */
export class AlertCourse<T> {
  readonly lives: Life<T>[] = [];
  /** From now on nothing can be foretold. */
  uncertain = false;
  readonly #forMs: number;
  readonly #marginMs: number;
  #pending: Pending | null = null;
  #firing: (Life<T> & { lastHeld: number }) | null = null;
  #ended: { readonly from: number; readonly to: number } | null = null;

  constructor(forMs: number, marginMs: number) {
    this.#forMs = forMs;
    this.#marginMs = marginMs;
  }

  /** Takes the device's valid events in the order in which they were stored. */
  add(holds: boolean | null, eventTime: number, arrival: Arrival, cause: T): void {
    this.passTime(arrival);
    if (holds === null || this.uncertain) return;
    if (this.#firing !== null) this.#whileFiring(this.#firing, holds, eventTime);
    else if (this.#pending !== null) this.#whilePending(this.#pending, holds, eventTime, cause);
    else if (holds) this.#begin(eventTime, arrival, cause);
  }

  /** Ticks up to about this moment. */
  passTime([earliest, latest]: Arrival): void {
    const pending = this.#pending;
    if (pending === null) return;
    if (earliest - pending.arrived[1] >= this.#forMs + this.#marginMs) this.#fire(pending.startsAt, null);
    else if (latest - pending.arrived[0] >= this.#forMs - this.#marginMs) this.uncertain = true;
  }

  #begin(eventTime: number, arrival: Arrival, cause: T): void {
    const ended = this.#ended;
    if (ended !== null && eventTime <= ended.to) {
      const known = eventTime === ended.from || (eventTime > ended.from && eventTime < ended.to);
      if (!known && this.#forMs === 0) this.lives.push({ startsAt: eventTime, endsAt: eventTime, cause });
      return;
    }
    if (this.#forMs === 0) this.#fire(eventTime, cause);
    else this.#pending = { startsAt: eventTime, arrived: arrival };
  }

  #whilePending(pending: Pending, holds: boolean, eventTime: number, cause: T): void {
    if (holds) {
      if (eventTime - pending.startsAt < this.#forMs) return;
      this.#fire(pending.startsAt, cause);
      this.#firing!.lastHeld = eventTime;
    } else if (eventTime >= pending.startsAt) {
      this.#pending = null;
      this.#ended = { from: pending.startsAt, to: eventTime };
    }
  }

  #whileFiring(firing: Life<T> & { lastHeld: number }, holds: boolean, eventTime: number): void {
    if (holds) firing.lastHeld = Math.max(firing.lastHeld, eventTime);
    else if (eventTime >= firing.lastHeld) {
      firing.endsAt = eventTime;
      this.#ended = { from: firing.startsAt, to: eventTime };
      this.#firing = null;
    }
  }

  #fire(startsAt: number, cause: T | null): void {
    this.#pending = null;
    const life = { startsAt, endsAt: null, cause, lastHeld: startsAt };
    this.#firing = life;
    this.lives.push(life);
  }
}
