/**
 * Which window each event of one device belongs to, or that it came too late: docs/adr/0010 in words of its own, as
 * the oracle must not share a mistake with the function that it judges.
 *
 * Two things are not known for certain: when exactly ticks came in between, and whether events came that nobody was
 * promised to be stored. So the clock is kept twice, as far as it has certainly come and as far as it may have come.
 * An event between the two is *uncertain*: it must be in its window or among the late ones, and no more can be said.
 */
export interface WindowRules {
  readonly windowMs: number;
  readonly latenessMs: number;
  /** An event moves its device's clock so far beyond its own arrival at the most, ms. */
  readonly maxAheadMs: number;
  /** How far a tick, or its processing, may be behind, ms: the time between ticks, and every standstill. */
  readonly marginMs: number;
}

/** When the event reached the backend: not before the first, not after the second; epoch ms. */
export type Arrival = readonly [number, number];

export type Placement = 'in window' | 'late' | 'uncertain';

/** Nothing happens before its time by more than two clocks of a machine may differ, ms. */
export const CLOCK_SLACK = 50;

/**
 * What has, or may have, set the device's clock. Where that is bounded by its arrival, which is not known exactly, it is
 * known within limits.
 */
interface Newest {
  /** Where it set the clock to, at the least and at the most. */
  readonly least: number;
  readonly most: number;
  /** Bounds of that less its arrival. */
  readonly low: number;
  readonly high: number;
}

const NONE: Newest = {
  least: Number.NEGATIVE_INFINITY,
  most: Number.NEGATIVE_INFINITY,
  low: Number.POSITIVE_INFINITY,
  high: Number.NEGATIVE_INFINITY,
};

/** One or the other, nobody knows which. */
function either(one: Newest, other: Newest): Newest {
  return {
    least: Math.max(one.least, other.least),
    most: Math.max(one.most, other.most),
    low: Math.min(one.low, other.low),
    high: Math.max(one.high, other.high),
  };
}

export class DeviceClock {
  readonly #rules: WindowRules;
  #newest: Newest = NONE;
  /** Of events that may have come and are not older than the newest certain one: all of them in one. */
  #maybe: Newest = NONE;
  /** Ends of windows that are open, or closed already if it is uncertain (true), or that merely may be (false). */
  readonly #open = new Map<number, boolean>();
  /** Up to here ticks have closed windows, certainly and possibly. */
  #closed = Number.NEGATIVE_INFINITY;
  #maybeClosed = Number.NEGATIVE_INFINITY;

  constructor(rules: WindowRules) {
    this.#rules = rules;
  }

  /** Takes an event, in the order in which they were stored. @param certain whether it was stored at all */
  place(eventTime: number, arrival: Arrival, certain: boolean): Placement {
    this.#tick(arrival);
    const placement = this.#placementOf(eventTime);
    const end = this.#endOf(eventTime);
    // Of an uncertain placement, a tick that certainly closes the window finds it open or closed: both come to the same.
    if (placement !== 'late') this.#open.set(end, certain || (this.#open.get(end) ?? false));
    this.#advance(eventTime, arrival, certain);
    return placement;
  }

  #endOf(eventTime: number): number {
    const { windowMs } = this.#rules;
    return Math.floor(eventTime / windowMs) * windowMs + windowMs;
  }

  #placementOf(eventTime: number): Placement {
    const { latenessMs } = this.#rules;
    const end = this.#endOf(eventTime);
    if (end <= this.#newest.least - latenessMs || end <= this.#closed) return 'late';
    const furthest = Math.max(this.#newest.most, this.#maybe.most);
    return end <= furthest - latenessMs || end <= this.#maybeClosed ? 'uncertain' : 'in window';
  }

  #advance(eventTime: number, arrival: Arrival, certain: boolean): void {
    const candidate = this.#candidate(eventTime, arrival);
    if (candidate.most <= this.#newest.least) return;
    if (!certain) {
      this.#maybe = either(this.#maybe, candidate);
      return;
    }
    this.#newest = candidate.least > this.#newest.most ? candidate : either(this.#newest, candidate);
    // At the same time the first one counts, which is the uncertain one if it came.
    if (this.#maybe.most < this.#newest.least) this.#maybe = NONE;
    const watermark = this.#newest.least - this.#rules.latenessMs;
    for (const end of this.#open.keys()) if (end <= watermark) this.#open.delete(end);
  }

  #candidate(eventTime: number, [earliest, latest]: Arrival): Newest {
    const { maxAheadMs } = this.#rules;
    return {
      least: Math.min(eventTime, earliest + maxAheadMs - CLOCK_SLACK),
      most: Math.min(eventTime, latest + maxAheadMs + CLOCK_SLACK),
      low: Math.min(eventTime - latest, maxAheadMs),
      high: Math.min(eventTime - earliest, maxAheadMs),
    };
  }

  /** What ticks have closed by the time something arrives. */
  #tick([earliest, latest]: Arrival): void {
    if (this.#open.size === 0) return;
    const { latenessMs, marginMs } = this.#rules;
    const low = Math.min(this.#newest.low, this.#maybe.low);
    const high = Math.max(this.#newest.high, this.#maybe.high);
    const certain = low + earliest - latenessMs - marginMs;
    const possible = high + latest - latenessMs + CLOCK_SLACK;
    for (const [end, isOpen] of this.#open) {
      if (end <= possible) this.#maybeClosed = Math.max(this.#maybeClosed, end);
      if (end > certain) continue;
      if (isOpen) this.#closed = Math.max(this.#closed, end);
      this.#open.delete(end);
    }
  }
}
