/** Which silences keep an alert back at a time. */
import type { Silence } from '../../stores/operations.js';
import { type Test, testOf } from './config/matchers.js';
import type { Labels } from './labels.js';

interface Compiled {
  readonly silence: Silence;
  readonly test: Test;
}

const NONE: readonly string[] = [];

export class Silences {
  readonly #compiled: readonly Compiled[];

  constructor(silences: readonly Silence[]) {
    this.#compiled = silences
      .map((silence) => ({ silence, test: testOf(silence.matchers) }))
      .sort((a, b) => (a.silence.id < b.silence.id ? -1 : 1));
  }

  /** Ids of those that hold at `time` (epoch ms) and match, in order. */
  of(labels: Labels, time: number): readonly string[] {
    if (this.#compiled.length === 0) return NONE;
    return this.#activeAt(time)
      .filter(({ test }) => test(labels))
      .map(({ silence }) => silence.id);
  }

  /** The same at two times when the same silences hold at both. */
  signature(time: number): string {
    return JSON.stringify(this.#activeAt(time).map(({ silence: { id, matchers } }) => [id, matchers]));
  }

  #activeAt(time: number): readonly Compiled[] {
    return this.#compiled.filter(({ silence: { startsAt, endsAt } }) => startsAt <= time && time < endsAt);
  }
}
