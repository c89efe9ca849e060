/**
 * State that an expression needs besides the event: a window, a last value, a count. Each is bounded, and a pure
 * function of the records that were observed, in the order of the stream.
 */
import type { Device, EventObject } from './scope.js';

/** An accepted event of the device. */
export interface Sample {
  readonly event: EventObject;
  /** Epoch ms. Events may come in any order of event time. */
  readonly eventTime: number;
  readonly arrivalTime: number;
  readonly device: Device;
}

/** Undefined: nothing is known. */
export type FeatureValue = number | boolean | string | undefined;

export interface Feature<S = unknown> {
  /** Says everything that decides about the state: equal ids are one state for all rules. */
  readonly id: string;
  /** Metrics that it is about: what must come for it to change. */
  readonly metrics: readonly string[];
  start(): S;
  /** Changes the state in place. */
  observe(state: S, sample: Sample): void;
  /** @param at epoch ms on the event clock; states never answer for a time before their newest event */
  value(state: S, at: number): FeatureValue;
  /**
   * When the value may change without an event: epoch ms on the event clock, later than `at`; Infinity: it does not.
   */
  nextChange(state: S, at: number): number;
  /** As plain JSON. What is decoded from it goes on exactly as the state would have. */
  encode(state: S): unknown;
  decode(json: unknown): S;
}

/** Features of all kinds of state in one list. */
// biome-ignore lint/suspicious/noExplicitAny: each feature knows its own state, and is given no other.
export type AnyFeature = Feature<any>;
