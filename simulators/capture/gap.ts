/** Keeps track of when a recorder was without connection. Pure: times are arguments. */
import type { CaptureGap } from './format.js';

export class GapWatch {
  #lastSign: number;
  #open: { readonly from: number; readonly reason: string } | null = null;

  constructor(now: number) {
    this.#lastSign = now;
  }

  get isOpen(): boolean {
    return this.#open !== null;
  }

  /** Something came from the broker. */
  sign(now: number): void {
    if (this.#open === null) this.#lastSign = now;
  }

  /** The connection is gone; what follows before `end` belongs to the same gap. @returns whether it is a new one */
  begin(reason: string): boolean {
    if (this.#open !== null) return false;
    // The broker may have been silent, or gone, since its last sign.
    this.#open = { from: this.#lastSign, reason };
    return true;
  }

  /** Messages come again. @returns the gap, or null when there was none */
  end(now: number, kept: boolean): CaptureGap | null {
    if (this.#open === null) return null;
    const gap: CaptureGap = { ...this.#open, to: now, kept };
    this.#open = null;
    this.#lastSign = now;
    return gap;
  }
}
