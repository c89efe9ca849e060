/** What is remembered of one rule and device, and what the reducer makes of it. */

/** Of a rule: what the life of its alerts depends on. Durations in ms. */
export interface Timing {
  /** How long the condition must hold before the alert fires; 0: at once. */
  readonly forMs: number;
  /** How long it goes on firing after the condition ceased; 0: not at all. */
  readonly keepFiringMs: number;
  /** After so long without data a pending or firing one is no-data; null: never. */
  readonly noDataMs: number | null;
  /** After so long without data a no-data one is over: its device is gone. Left out: never. */
  readonly goneMs?: number;
}

/** A moment by both clocks, epoch ms. */
export interface Moment {
  readonly eventTime: number;
  readonly arrivalTime: number;
}

/** Event times of an alert that is over. */
export interface Ended {
  readonly from: number;
  /** What comes from up to here does not begin another one. */
  readonly to: number;
  /** What comes from before is old news: it was told. Left out: `to`. */
  readonly until?: number;
}

export interface Machine {
  readonly phase: 'inactive' | 'pending' | 'firing' | 'nodata';
  /** Event time at which the condition began to hold; without meaning while inactive. */
  readonly startsAt: number;
  /** Arrival time of that event: where ticks count from. */
  readonly activatedAt: number;
  /** Latest event time at which it held. Events that are older and say otherwise resolve nothing. */
  readonly lastHeld: number;
  /** Latest event time, and latest arrival, of the events that told whether it holds; no-data counts from there. */
  readonly heard: Moment;
  /** The event that said the condition no longer holds, while `keepFiringMs` runs. */
  readonly ceased: Moment | null;
  /** The alert before. */
  readonly ended: Ended | null;
  /** When it fired lately, event times; as many as flapping takes (see `flapping.ts`). */
  readonly fired: readonly number[];
  readonly flapping: boolean;
}

/** Whether the condition holds; `between`: neither that, nor the one that ends the alert (hysteresis). */
export type Verdict = 'holds' | 'between' | 'clears';

export interface Sample extends Moment {
  readonly verdict: Verdict;
  /**
   * Set when no event came and time alone changed the verdict: the device's last event. `eventTime` is the device's
   * clock then, and `arrivalTime` the tick's.
   */
  readonly silentSince?: Moment;
  /** The verdict is one of now (`eventTime` is the device's latest), not of the event, which came late. */
  readonly isOfNow?: boolean;
}

export interface Transition {
  /** `cancelled`: a pending alert came to nothing. */
  readonly to: 'pending' | 'firing' | 'nodata' | 'resolved' | 'cancelled';
  readonly reason: 'condition' | 'no-data' | 'rule-removed' | 'inactive-hours';
  readonly startsAt: number;
  readonly endsAt: number | null;
  readonly flapping: boolean;
  /** An alert that lies before the current state and leaves that as it is. */
  readonly passed: boolean;
  /** No sample caused it, but time, or who writes the rules: it is told with the event that the alert has. */
  readonly byTime: boolean;
}

/** The new state, and what to tell the world. */
export interface Step {
  readonly machine: Machine;
  readonly transitions: readonly Transition[];
}

const NEVER: Moment = { eventTime: 0, arrivalTime: 0 };

/** Of a rule and device of which nothing was ever told. */
export const INACTIVE: Machine = {
  phase: 'inactive',
  startsAt: 0,
  activatedAt: 0,
  lastHeld: 0,
  heard: NEVER,
  ceased: null,
  ended: null,
  fired: [],
  flapping: false,
};
