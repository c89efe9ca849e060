/**
 * What a batch has changed so far, and the rows that come of it: of each window and each clock one, as it is when the
 * batch is done.
 */
import type { Progress, WindowKey, WindowRow } from '../../stores/aggregation.js';
import type { Batch } from '../../streams/batch.js';
import type { Owner } from './owner.js';
import { ChangedProgress, ChangedWindow } from './rows.js';
import type { Window } from './window.js';

export interface Rows {
  readonly progress: Progress[];
  readonly windows: WindowRow[];
  readonly removed: WindowKey[];
}

export class Changes {
  /** The record under way, as its index in the batch. */
  index = 0;
  readonly #run: number;
  readonly #owners: Owner[] = [];
  readonly #windows: Window[] = [];
  readonly #gone: Window[] = [];

  /** @param run number of the batch, as `PartitionState` counts them */
  constructor(run: number) {
    this.#run = run;
  }

  /** The record changes its clock, or what else its state document says. */
  owner(owner: Owner): void {
    owner.index = this.index;
    if (owner.run === this.#run) return;
    owner.run = this.#run;
    this.#owners.push(owner);
  }

  /** The record changes a window. */
  window(window: Window): void {
    window.index = this.index;
    if (window.run === this.#run) return;
    window.run = this.#run;
    this.#windows.push(window);
  }

  /** The window is no more. */
  gone(window: Window): void {
    this.#gone.push(window);
  }

  rows(batch: Batch): Rows {
    const { partition } = batch;
    const removed: WindowKey[] = [];
    for (const window of this.#gone) {
      if (window.storedStart !== null) removed.push(keyOf(window, window.storedStart, partition));
    }
    const windows: WindowRow[] = [];
    for (const window of this.#windows) {
      if (window.isGone) continue;
      const { start, storedStart } = window;
      if (storedStart !== null && storedStart !== start) removed.push(keyOf(window, storedStart, partition));
      window.storedStart = start;
      windows.push(new ChangedWindow(window, batch));
    }
    return { progress: this.#owners.map((owner) => new ChangedProgress(owner, batch)), windows, removed };
  }
}

function keyOf(window: Window, start: number, partition: number): WindowKey {
  const { series, size } = window;
  return { definition: series.plan.name, key: series.owner.key, start, size, partition };
}
