/**
 * What depends on the order of events: sums over each event and the next one, by event time; of equal times, in the
 * order of the stream. While late events may come in between, the events themselves are kept (samples), and the sums
 * are those of going over them from the oldest, so that they do not depend on the order of arrival.
 *
 * At most 1,000 samples are kept. Beyond that the oldest half is folded: its sums stay, its events go. An event that
 * then comes for the time that was folded (after the very first event and before the oldest sample) is not in these
 * sums; the figures that do not depend on order have it.
 */

/** The sums: `T`, of values `V`. */
export interface Sums<V, T> {
  none(): T;
  copy(totals: T): T;
  /** Adds one event and the next one. */
  step(totals: T, value: V, time: number, nextValue: V, nextTime: number): void;
  /** `totals += other * by` */
  add(totals: T, other: T, by: number): void;
}

export interface Span<V> {
  readonly first: V;
  readonly firstTime: number;
  readonly last: V;
  readonly lastTime: number;
}

/** What a timeline is when it is not in memory. Without samples no event comes in between any more. */
export interface TimelineState<V, T> {
  readonly span: Span<V>;
  readonly totals: T;
  readonly samples: readonly (readonly [number, V])[] | undefined;
  readonly folded: T | undefined;
}

export const MAX_SAMPLES = 1_000;

export class Timeline<V, T> {
  readonly #sums: Sums<V, T>;
  #first: V;
  #firstTime: number;
  #last: V;
  #lastTime: number;
  #totals: T;
  /** Whether the totals have to be computed anew. */
  #stale = false;
  /** What lies before the first sample; null: nothing does. */
  #folded: T | null = null;
  #times: number[];
  #values: V[];

  constructor(sums: Sums<V, T>, value: V, time: number) {
    this.#sums = sums;
    this.#first = value;
    this.#firstTime = time;
    this.#last = value;
    this.#lastTime = time;
    this.#totals = sums.none();
    this.#times = [time];
    this.#values = [value];
  }

  static restore<V, T>(sums: Sums<V, T>, state: TimelineState<V, T>): Timeline<V, T> {
    const { span, totals, samples, folded } = state;
    const timeline = new Timeline(sums, span.first, span.firstTime);
    timeline.#last = span.last;
    timeline.#lastTime = span.lastTime;
    timeline.#totals = sums.copy(totals);
    const before = samples === undefined ? totals : folded;
    timeline.#folded = before === undefined ? null : sums.copy(before);
    timeline.#times = (samples ?? []).map(([time]) => time);
    timeline.#values = (samples ?? []).map(([, value]) => value);
    return timeline;
  }

  add(value: V, time: number): void {
    if (time >= this.#lastTime) this.#append(value, time);
    else if (this.#folded !== null && time < this.#firstTime) this.#prepend(value, time, this.#folded);
    else if (this.#folded === null || (this.#times.length > 0 && time >= this.#times[0]!)) {
      this.#insert(value, time);
    }
  }

  /** No event comes in between any more. */
  close(): void {
    this.#folded = this.totals();
    this.#times = [];
    this.#values = [];
  }

  /** Aliases live state: to be read at once. */
  totals(): T {
    if (this.#stale) {
      this.#totals = this.#upTo(this.#times.length - 1);
      this.#stale = false;
    }
    return this.#totals;
  }

  /** Of what is not needed any more (see `close`) there are no samples. */
  state(): TimelineState<V, T> {
    const open = this.#times.length > 0;
    return {
      span: this.#span(),
      totals: this.#sums.copy(this.totals()),
      samples: open ? this.#times.map((time, at) => [time, this.#values[at]!] as const) : undefined,
      folded: open && this.#folded !== null ? this.#sums.copy(this.#folded) : undefined,
    };
  }

  /**
   * Adds another timeline's events, as if they had come after this one's. Where the other one lies before or after
   * this one, or both have all samples, nothing is lost. Else they overlap and it is not known what came between
   * what; then each stands for what happened in its own time, and the sums are those of both, times the time
   * that both cover together, per time they cover each.
   */
  merge(other: TimelineState<V, T>): void {
    const mine = this.#span();
    const { span, samples, folded } = other;
    if (this.#folded === null && samples !== undefined && folded === undefined) this.#interleave(samples);
    else if (mine.lastTime <= span.firstTime) this.#join(this.state(), other);
    else if (span.lastTime <= mine.firstTime) this.#join(other, this.state());
    else this.#overlap(other);
    const extended = extend(mine, span);
    this.#first = extended.first;
    this.#firstTime = extended.firstTime;
    this.#last = extended.last;
    this.#lastTime = extended.lastTime;
    while (this.#times.length > MAX_SAMPLES) this.#fold();
  }

  #append(value: V, time: number): void {
    const closed = this.#times.length === 0;
    const totals = closed ? this.totals() : this.#totals;
    if (!this.#stale) this.#sums.step(totals, this.#last, this.#lastTime, value, time);
    this.#last = value;
    this.#lastTime = time;
    if (closed) {
      this.#folded = this.#sums.copy(totals);
      return;
    }
    this.#times.push(time);
    this.#values.push(value);
    if (this.#times.length > MAX_SAMPLES) this.#fold();
  }

  #prepend(value: V, time: number, folded: T): void {
    this.#sums.step(folded, value, time, this.#first, this.#firstTime);
    this.#first = value;
    this.#firstTime = time;
    this.#stale = true;
  }

  #insert(value: V, time: number): void {
    let low = 0;
    let high = this.#times.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#times[middle]! <= time) low = middle + 1;
      else high = middle;
    }
    this.#times.splice(low, 0, time);
    this.#values.splice(low, 0, value);
    if (low === 0) {
      this.#first = value;
      this.#firstTime = time;
    }
    this.#stale = true;
    if (this.#times.length > MAX_SAMPLES) this.#fold();
  }

  /** The sums up to the sample at `end`. */
  #upTo(end: number): T {
    const totals = this.#folded === null ? this.#sums.none() : this.#sums.copy(this.#folded);
    for (let at = 1; at <= end; at++) {
      const before = at - 1;
      this.#sums.step(
        totals,
        this.#values[before]!,
        this.#times[before]!,
        this.#values[at]!,
        this.#times[at]!,
      );
    }
    return totals;
  }

  #fold(): void {
    const end = this.#times.length >>> 1;
    this.#folded = this.#upTo(end);
    this.#times = this.#times.slice(end);
    this.#values = this.#values.slice(end);
  }

  #interleave(samples: readonly (readonly [number, V])[]): void {
    const mine = this.#times.map((time, at) => [time, this.#values[at]!] as const);
    // Sorting is stable: of equal times this one's come before.
    const all = [...mine, ...samples].sort(([a], [b]) => a - b);
    this.#times = all.map(([time]) => time);
    this.#values = all.map(([, value]) => value);
    this.#stale = true;
  }

  /** Becomes `a` and then `b`, with what lies between them. */
  #join(a: TimelineState<V, T>, b: TimelineState<V, T>): void {
    const keepsBoth = a.samples !== undefined && b.samples !== undefined && b.folded === undefined;
    const kept = keepsBoth ? [...a.samples!, ...b.samples!] : (b.samples ?? []);
    if (keepsBoth) this.#folded = a.folded === undefined ? null : this.#sums.copy(a.folded);
    else {
      const folded = this.#sums.copy(a.totals);
      this.#sums.step(folded, a.span.last, a.span.lastTime, b.span.first, b.span.firstTime);
      const before = b.samples === undefined ? b.totals : b.folded;
      if (before !== undefined) this.#sums.add(folded, before, 1);
      this.#folded = folded;
    }
    this.#times = kept.map(([time]) => time);
    this.#values = kept.map(([, value]) => value);
    this.#stale = true;
  }

  #overlap({ span, totals }: TimelineState<V, T>): void {
    const mine = this.#span();
    const both = extend(mine, span);
    const separate = mine.lastTime - mine.firstTime + (span.lastTime - span.firstTime);
    const by = separate === 0 ? 1 : (both.lastTime - both.firstTime) / separate;
    const folded = this.#sums.none();
    this.#sums.add(folded, this.totals(), by);
    this.#sums.add(folded, totals, by);
    this.#folded = folded;
    this.#times = [];
    this.#values = [];
    this.#stale = true;
  }

  #span(): Span<V> {
    return { first: this.#first, firstTime: this.#firstTime, last: this.#last, lastTime: this.#lastTime };
  }
}

function extend<V>(a: Span<V>, b: Span<V>): Span<V> {
  const first = b.firstTime < a.firstTime ? b : a;
  const last = b.lastTime >= a.lastTime ? b : a;
  return { first: first.first, firstTime: first.firstTime, last: last.last, lastTime: last.lastTime };
}
