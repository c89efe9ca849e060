/**
 * Rows of a commit. What is large in them is made when it is asked for: a batch may change ten thousand windows, and a
 * store writes one after the other. Made all at once they would outlive the young generation, and cost more than the
 * rest of the work.
 *
 * So rows show their windows and clocks as these are: they are for the store, before the next batch is applied.
 */
import type { Measured, Progress, WindowRow } from '../../stores/aggregation.js';
import { type Batch, offsetAt } from '../../streams/batch.js';
import type { Owner } from './owner.js';
import type { Window } from './window.js';

export class ChangedWindow implements WindowRow {
  readonly #window: Window;
  readonly start: number;
  readonly size: number;
  readonly end: number;
  readonly partition: number;
  readonly offset: bigint;
  readonly closed: boolean;
  readonly revision: number;
  readonly events: number;
  declare readonly states?: NonNullable<Measured['states']>;

  constructor(window: Window, batch: Batch) {
    window.series.recent?.fill();
    this.#window = window;
    this.start = window.start;
    this.size = window.size;
    this.end = window.end;
    this.partition = batch.partition;
    this.offset = offsetAt(batch, window.index);
    this.closed = window.closed;
    this.revision = window.revision;
    this.events = window.events;
    const { set } = window;
    if (set.hasStates) this.states = set.measured().states!;
  }

  get definition(): string {
    return this.#window.series.plan.name;
  }

  get key(): string {
    return this.#window.series.owner.key;
  }

  get metrics(): Measured['metrics'] {
    return this.#window.set.measured().metrics;
  }
}

export class ChangedProgress implements Progress {
  readonly #owner: Owner;
  readonly partition: number;
  readonly offset: bigint;

  constructor(owner: Owner, batch: Batch) {
    this.#owner = owner;
    this.partition = batch.partition;
    this.offset = offsetAt(batch, owner.index);
  }

  get scope(): string {
    return this.#owner.scope;
  }

  get key(): string {
    return this.#owner.key;
  }

  get state(): string {
    return this.#owner.encode();
  }
}
