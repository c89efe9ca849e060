/**
 * Which window each event of one device belongs to, or that it came too late: docs/adr/0010 in words of its own, as
 * the oracle must not share a mistake with the function that it judges.
 *
 * Where the answer depends on the moment of a tick, the event is *uncertain*: it must be in its window or among the
 * late ones, and nothing more can be said.
 */
export interface WindowRules {
  readonly windowMs: number;
  readonly latenessMs: number;
  /** How far a tick, or its processing, may be behind, ms. */
  readonly marginMs: number;
}

/** When the event reached the backend: not before the first, not after the second; epoch ms. */
export type Arrival = readonly [number, number];

export type Placement = 'in window' | 'late' | 'uncertain';

export class DeviceClock {
  readonly #rules: WindowRules;
  #newest = Number.NEGATIVE_INFINITY;
  #newestArrived: Arrival = [0, 0];
  /** Ends of windows that are open for certain, or at least may be. */
  readonly #open = new Set<number>();
  /** Up to here windows are closed, for certain and possibly. */
  #closed = Number.NEGATIVE_INFINITY;
  #maybeClosed = Number.NEGATIVE_INFINITY;

  constructor(rules: WindowRules) {
    this.#rules = rules;
  }

  place(eventTime: number, arrival: Arrival): Placement {
    const { windowMs, latenessMs } = this.#rules;
    this.#tick(arrival);
    const end = Math.floor(eventTime / windowMs) * windowMs + windowMs;
    const overdue = end <= this.#newest - latenessMs;
    const placement =
      overdue || end <= this.#closed ? 'late' : end <= this.#maybeClosed ? 'uncertain' : 'in window';
    if (placement !== 'late') this.#open.add(end);
    if (eventTime > this.#newest) {
      this.#newest = eventTime;
      this.#newestArrived = arrival;
      for (const open of this.#open) if (open <= eventTime - latenessMs) this.#open.delete(open);
    }
    return placement;
  }

  /** What ticks have closed by the time something arrives. */
  #tick([earliest, latest]: Arrival): void {
    const { latenessMs, marginMs } = this.#rules;
    const [arrivedFrom, arrivedTo] = this.#newestArrived;
    const certain = this.#newest + (earliest - arrivedTo) - latenessMs - marginMs;
    const possible = this.#newest + (latest - arrivedFrom) - latenessMs + marginMs;
    for (const end of this.#open) {
      if (end <= possible) this.#maybeClosed = Math.max(this.#maybeClosed, end);
      if (end <= certain) {
        this.#closed = Math.max(this.#closed, end);
        this.#open.delete(end);
      }
    }
  }
}
