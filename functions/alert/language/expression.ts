/** A condition of a rule, compiled. */
import type { AnyFeature } from './feature.js';
import type { Memory } from './memory.js';
import type { Scope } from './scope.js';

export interface Expression {
  readonly source: string;
  /** The first metric that the expression names: what it compares. */
  readonly metric: string | null;
  /** All metrics that it, or what it remembers, is about. */
  readonly metrics: readonly string[];
  /** Each id once. */
  readonly features: readonly AnyFeature[];
  /** Rules that it asks for with `firing`. */
  readonly firing: readonly string[];
  /** Areas that it asks for with `inside`. */
  readonly geofences: readonly string[];
  /** Tags of the device that it is about, outside of functions. */
  readonly tags: readonly string[];
  /** Device types for which it can hold at all; null: any. */
  readonly deviceTypes: readonly string[] | null;
  /** Whether it asks for `absent`: then no data is what it is about. */
  readonly looksForSilence: boolean;
  /**
   * Whether the condition holds, or null when something that it needs is unknown: a metric that the event lacks
   * (absent or JSON null), a window without values. What is remembered answers as of the device's newest event time,
   * so the verdict of an expression with features on a late event is one of now. Throws when it cannot be evaluated for another reason, such as a
   * string compared with a number.
   */
  holds(scope: Scope): boolean | null;
  /**
   * What it compares, to be told: the first thing that it names, be it a member of the event, a window's figure or a
   * share of the fleet. Null when that is unknown, or no number, text or truth value.
   */
  value(scope: Scope): number | string | boolean | null;
  /** When it may change without an event: epoch ms on the event clock, later than `at`; Infinity: it does not. */
  nextChange(memory: Memory, at: number): number;
}

/** What is wrong with an expression, in a few words. */
export class ExpressionProblem extends Error {}
