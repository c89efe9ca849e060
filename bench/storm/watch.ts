/** Waits for each device's alert once: how many have come, how often one came again, and when. */
import { type Latency, LatencyRecorder } from '../../simulators/drivers/latency.js';

export interface Arrivals {
  readonly devices: number;
  /** Alerts that came for a device that had one. */
  readonly repeated: number;
  /** From the beginning of the storm to the first and to the last, s. */
  readonly firstSeconds: number | null;
  readonly lastSeconds: number | null;
  /** From an alert's event being published, ms. */
  readonly latencyMs: Latency;
}

export class Watch {
  readonly #seen = new Set<string>();
  readonly #latency = new LatencyRecorder();
  readonly #publishedAt: ReadonlyMap<string, number>;
  #repeated = 0;
  #first: number | null = null;
  #last: number | null = null;

  /** @param publishedAt monotonic ms, by device; filled while the storm goes on */
  constructor(publishedAt: ReadonlyMap<string, number>) {
    this.#publishedAt = publishedAt;
  }

  get size(): number {
    return this.#seen.size;
  }

  /** @param now monotonic ms */
  saw(deviceId: string, now: number): void {
    const published = this.#publishedAt.get(deviceId);
    if (published === undefined) return;
    if (this.#seen.has(deviceId)) {
      this.#repeated++;
      return;
    }
    this.#seen.add(deviceId);
    this.#latency.record(now - published);
    this.#first ??= now;
    this.#last = now;
  }

  /** @param start monotonic ms */
  arrivals(start: number): Arrivals {
    const since = (moment: number | null) => (moment === null ? null : (moment - start) / 1_000);
    return {
      devices: this.#seen.size,
      repeated: this.#repeated,
      firstSeconds: since(this.#first),
      lastSeconds: since(this.#last),
      latencyMs: this.#latency.figures(),
    };
  }
}
