/**
 * Reads values of a YAML file one by one, each with its place. What cannot be read is reported and answered with
 * undefined, so that reading goes on and all problems come at once.
 */
import { type PathKeys, type Problems, suggestion } from '../../../common/problems.js';
import { durationMs } from '../../../common/units.js';

export class Reader {
  readonly value: unknown;
  readonly #path: PathKeys;
  readonly #problems: Problems;

  constructor(value: unknown, path: PathKeys, problems: Problems) {
    this.value = value;
    this.#path = path;
    this.#problems = problems;
  }

  get given(): boolean {
    return this.value !== undefined;
  }

  /** Reports a problem of this value; returns undefined, for whoever has nothing to return then. */
  refuse(reason: string): undefined {
    this.#problems.add(this.#path, reason);
  }

  /** Reports keys that are not known, and whether this is a map at all. */
  isMap(what: string, known?: readonly string[]): boolean {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value)) {
      this.refuse(`must be ${what}`);
      return false;
    }
    for (const key of Object.keys(this.value)) {
      if (known !== undefined && !known.includes(key)) {
        this.at(key).refuse(`means nothing here${suggestion(key, known)}`);
      }
    }
    return true;
  }

  at(key: string | number): Reader {
    const inside = Object(this.value) as Record<string, unknown>;
    const value = Object.hasOwn(inside, key) ? inside[key] : undefined;
    return new Reader(value, [...this.#path, key], this.#problems);
  }

  keys(): readonly string[] {
    return Object.keys(Object(this.value) as object);
  }

  text(): string | undefined {
    if (typeof this.value === 'string' && this.value !== '') return this.value;
    return this.refuse(this.given ? 'must be a text' : 'is missing');
  }

  boolean(fallback: boolean): boolean {
    if (typeof this.value === 'boolean') return this.value;
    if (this.given) this.refuse('must be true or false');
    return fallback;
  }

  /** ms; above 0 where it says so. Without a unit only 0: who writes `window: 10` does not mean ten milliseconds. */
  duration(fallback?: number, above = -1): number | undefined {
    if (!this.given && fallback !== undefined) return fallback;
    const ms = typeof this.value === 'number' && this.value !== 0 ? undefined : durationMs(this.value);
    if (ms === undefined)
      return this.refuse(this.given ? 'must be a duration such as 10s, 5m or 1d' : 'is missing');
    return ms > above ? ms : this.refuse('must be above 0');
  }

  /** Texts, at least one, none twice. */
  texts(): readonly string[] | undefined {
    const { value } = this;
    if (!Array.isArray(value)) return this.refuse(this.given ? 'must be a list' : 'is missing');
    if (value.length === 0) return this.refuse('must not be empty');
    const texts = value.map((_, index) => this.at(index).text());
    value.forEach((text, index) => {
      if (value.indexOf(text) < index) this.at(index).refuse(`${String(text)} is there twice`);
    });
    return texts.every((text) => text !== undefined) ? texts : undefined;
  }
}
