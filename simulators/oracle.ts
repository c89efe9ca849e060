/**
 * What must come out of what went in: computed from the events that a fleet sent, on paths of its own, so that it can
 * judge the backend. Pure.
 */
import type { SimulatedEvent } from './fleet.js';

export interface OracleOptions {
  /** An alert fires above it and resolves at or below it, at once. */
  readonly threshold: number;
  readonly windowMs: number;
}

/** As rules/ and serverless.yml set it out of the box. */
export const DEFAULT_ORACLE: OracleOptions = { threshold: 80, windowMs: 10_000 };

export interface ExpectedFiring {
  readonly deviceId: string;
  readonly seq: number;
  readonly eventTime: number;
}

export interface ExpectedWindow {
  readonly start: number;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
}

export interface Expectation {
  readonly events: number;
  readonly valid: number;
  readonly quarantined: number;
  readonly firing: readonly ExpectedFiring[];
  /** Of those, how many must have resolved again. */
  readonly resolved: number;
  /** Windows of the temperature by device, oldest first. */
  readonly windows: ReadonlyMap<string, readonly ExpectedWindow[]>;
}

/** Takes the events in any order that keeps each device's own. */
export class Oracle {
  readonly #options: OracleOptions;
  readonly #hot = new Set<string>();
  readonly #firing: ExpectedFiring[] = [];
  readonly #windows = new Map<string, Map<number, ExpectedWindow>>();
  #events = 0;
  #quarantined = 0;
  #resolved = 0;

  constructor(options: OracleOptions = DEFAULT_ORACLE) {
    this.#options = options;
  }

  add(event: SimulatedEvent): void {
    this.#events++;
    const { deviceId, seq, time: eventTime, temperature } = event;
    if (temperature === null) {
      this.#quarantined++;
      return;
    }
    const hot = temperature > this.#options.threshold;
    if (hot && !this.#hot.has(deviceId)) {
      this.#hot.add(deviceId);
      this.#firing.push({ deviceId, seq, eventTime });
    } else if (!hot && this.#hot.delete(deviceId)) this.#resolved++;
    this.#addToWindow(deviceId, eventTime, temperature);
  }

  #addToWindow(deviceId: string, eventTime: number, value: number): void {
    const start = eventTime - (eventTime % this.#options.windowMs);
    let windows = this.#windows.get(deviceId);
    if (windows === undefined) {
      windows = new Map();
      this.#windows.set(deviceId, windows);
    }
    const before = windows.get(start);
    windows.set(
      start,
      before === undefined
        ? { start, count: 1, sum: value, min: value, max: value }
        : {
            start,
            count: before.count + 1,
            sum: before.sum + value,
            min: Math.min(before.min, value),
            max: Math.max(before.max, value),
          },
    );
  }

  expectation(): Expectation {
    const windows = new Map<string, readonly ExpectedWindow[]>();
    for (const [deviceId, byStart] of this.#windows) {
      windows.set(
        deviceId,
        [...byStart.values()].sort((a, b) => a.start - b.start),
      );
    }
    return {
      events: this.#events,
      valid: this.#events - this.#quarantined,
      quarantined: this.#quarantined,
      firing: [...this.#firing],
      resolved: this.#resolved,
      windows,
    };
  }
}
