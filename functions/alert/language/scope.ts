/**
 * What an expression is evaluated over: an event (or a moment without one), its device, and what is remembered of it.
 */
import type { Memory } from './memory.js';

/** The event as published. Its keys are the device's: look them up, never assign them to another object. */
export type EventObject = Readonly<Record<string, unknown>>;

export interface Device {
  readonly id: string;
  readonly type: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What fleet-level rules decide on: how many devices of a group match, and how many there are. */
export interface FleetFigures {
  readonly matching: number;
  readonly total: number;
  /** `matching / total`; 0 of none. */
  readonly share: number;
}

export interface Scope {
  /** Where only time has passed, an empty object: a condition on `event` cannot come true by time alone. */
  readonly event: EventObject;
  readonly device: Device;
  /**
   * Epoch ms: the event's time; where only time has passed, the device's clock. What is remembered answers as of the
   * device's newest event time where that is later.
   */
  readonly at: number;
  /** With this event in it already; null when nothing is remembered of the device. */
  readonly memory: Memory | null;
  /** Whether the alert of an earlier rule fires for the device. */
  firing(rule: string): boolean;
  /** In the `expr` of fleet-level rules. */
  readonly fleet?: FleetFigures;
}
