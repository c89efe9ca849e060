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
  /**
   * Whether the condition holds, or null when something that it needs is unknown: a metric that the event lacks
   * (absent or JSON null), a window without values. Throws when it cannot be evaluated for another reason, such as a
   * string compared with a number.
   */
  holds(scope: Scope): boolean | null;
  /** When it may change without an event: epoch ms on the event clock, later than `at`; Infinity: it does not. */
  nextChange(memory: Memory, at: number): number;
}

/** What is wrong with an expression, in a few words. */
export class ExpressionProblem extends Error {}
