/**
 * Who is due next: a binary min-heap of (moment, number) in typed arrays, each number in it at most once. Equal moments
 * come out in order of the numbers, so the order of all actions follows from the plan alone.
 */
export class DueQueue {
  readonly #moments: Float64Array;
  readonly #numbers: Uint32Array;
  #size = 0;

  /** @param capacity how many numbers there are at most */
  constructor(capacity: number) {
    this.#moments = new Float64Array(capacity);
    this.#numbers = new Uint32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Moment of the first one; Infinity when there is none. */
  get moment(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#moments[0]!;
  }

  /** Number of the first one; only with `size` above 0. */
  get number(): number {
    return this.#numbers[0]!;
  }

  add(moment: number, number: number): void {
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(moment, number, parent)) break;
      this.#moments[at] = this.#moments[parent]!;
      this.#numbers[at] = this.#numbers[parent]!;
      at = parent;
    }
    this.#moments[at] = moment;
    this.#numbers[at] = number;
  }

  /** Gives the first one a new moment. */
  replaceFirst(moment: number): void {
    this.#sink(moment, this.#numbers[0]!);
  }

  removeFirst(): void {
    const last = --this.#size;
    if (last > 0) this.#sink(this.#moments[last]!, this.#numbers[last]!);
  }

  #sink(moment: number, number: number): void {
    const size = this.#size;
    const moments = this.#moments;
    const numbers = this.#numbers;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      const right = child + 1;
      if (right < size && this.#isBefore(moments[right]!, numbers[right]!, child)) child = right;
      if (this.#isBefore(moment, number, child)) break;
      moments[at] = moments[child]!;
      numbers[at] = numbers[child]!;
      at = child;
    }
    moments[at] = moment;
    numbers[at] = number;
  }

  #isBefore(moment: number, number: number, place: number): boolean {
    const other = this.#moments[place]!;
    return moment < other || (moment === other && number < this.#numbers[place]!);
  }
}
