/** The usual size of a figure: a running mean of absolute values that no single outlier moves much. */
export class Spread {
  /** Mean, and readings that it is of, up to `remembered`. */
  readonly cells = new Float64Array(2);
  readonly #remembered: number;

  constructor(remembered: number) {
    this.#remembered = remembered;
  }

  get size(): number {
    return this.cells[0]!;
  }

  add(figure: number): void {
    const { cells } = this;
    const size = Math.abs(figure);
    const [mean, count] = cells as unknown as [number, number];
    cells[1] = Math.min(count + 1, this.#remembered);
    // The first few may be anything: nothing is an outlier yet.
    const bounded = count < 10 ? size : Math.min(size, 5 * mean + 1e-12 * size);
    cells[0] = mean + (bounded - mean) / cells[1];
  }
}
