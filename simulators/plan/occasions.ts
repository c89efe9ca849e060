/** When something happens to one device: the spans in which an occasion of the scenario holds. */
import type { Random } from '../random.js';
import type { Occasion, Range } from '../scenario/scenario.js';

export interface Span {
  readonly from: number;
  readonly until: number;
}

/** In order, apart from one another, within [0, duration). Always draws the same numbers for the same device. */
export function spansOf(occasion: Occasion, random: Random, duration: number): Span[] {
  const concerned = random.unit() < occasion.share;
  const end = Math.min(occasion.until, duration);
  const spans: Span[] = [];
  if (!concerned) return spans;
  if (occasion.every === 0) {
    add(spans, occasion.from, occasion.from + draw(random, occasion.lasts), end);
    return spans;
  }
  let at = occasion.from;
  for (;;) {
    // Uniform from half to one and a half times the mean: irregular, and never on top of one another.
    at += occasion.every * random.between(0.5, 1.5);
    if (at >= end) return spans;
    const until = at + draw(random, occasion.lasts);
    add(spans, at, until, end);
    at = until;
  }
}

export function draw(random: Random, [low, high]: Range): number {
  return low === high ? low : random.between(low, high);
}

/** Whether `time` lies in one of the spans; asked for times that never go back. */
export class SpanCursor {
  readonly #spans: readonly Span[];
  #next = 0;

  constructor(spans: readonly Span[]) {
    this.#spans = spans;
  }

  /** The span that holds `time`, or undefined. */
  at(time: number): Span | undefined {
    while (this.#next < this.#spans.length && this.#spans[this.#next]!.until <= time) this.#next++;
    const span = this.#spans[this.#next];
    return span !== undefined && span.from <= time ? span : undefined;
  }
}

function add(spans: Span[], from: number, until: number, end: number): void {
  const last = Math.min(until, end);
  if (from < last) spans.push({ from, until: last });
}
