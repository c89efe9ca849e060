/** Which silences keep an alert back at a time. */
import type { Silence } from '../../stores/operations.js';
import { type Test, testOf } from './config/matchers.js';
import type { Labels } from './labels.js';

export class Silences {
  /** The same for the same silences. */
  readonly signature: string;
  readonly #active: readonly { readonly id: string; readonly test: Test }[];

  /** @param time epoch ms; of the silences, those that hold then */
  constructor(silences: readonly Silence[], time: number) {
    const active = silences
      .filter(({ startsAt, endsAt }) => startsAt <= time && time < endsAt)
      .sort((a, b) => (a.id < b.id ? -1 : 1));
    this.signature = JSON.stringify(active.map(({ id, matchers }) => [id, matchers]));
    this.#active = active.map(({ id, matchers }) => ({ id, test: testOf(matchers) }));
  }

  get isEmpty(): boolean {
    return this.#active.length === 0;
  }

  /** Their ids, in order. */
  of(labels: Labels): readonly string[] {
    return this.#active.filter(({ test }) => test(labels)).map(({ id }) => id);
  }
}
