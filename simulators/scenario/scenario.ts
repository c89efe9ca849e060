/**
 * A scenario, checked and with every default filled in: what a fleet does, what goes wrong, and what must hold.
 *
 * All times are ms of *scenario time*, which runs from 0 and, at `speed` s, s times as fast as the clock on the wall.
 * Event times are `start` plus scenario time (plus what a device's clock gets wrong).
 */
export interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly seed: number;
  /** Epoch ms of scenario time 0; null: chosen at the run's beginning so that the scenario ends at about the present. */
  readonly start: number | null;
  readonly speed: number;
  readonly phases: readonly Phase[];
  readonly fleets: readonly Fleet[];
  readonly chaos: readonly ChaosStep[];
  readonly thresholds: readonly Threshold[];
}

/** The load, as a multiple of each device's usual reporting rate; it goes from `from` to `to` in a straight line. */
export interface Phase {
  readonly name: string;
  readonly kind: 'ramp' | 'steady' | 'spike' | 'soak';
  readonly duration: number;
  readonly from: number;
  readonly to: number;
}

/** Devices that are alike. */
export interface Fleet {
  readonly name: string;
  readonly devices: number;
  /**
   * `{n}`: the device's number in its fleet; `{seed}`: the scenario's seed; `{run}`: of the moment that is scenario
   * time 0, so that every run has devices of its own, about which the backend remembers nothing.
   */
  readonly id: string;
  readonly type: string;
  /** `{deviceId}` stands for the id. */
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** Between two reports of a device at load 1. */
  readonly interval: number;
  /** Share of the interval by which a report may come early or late, 0 to 1. */
  readonly jitter: number;
  /** Name -> model; evaluated in this order (what depends on another metric names an earlier one). */
  readonly metrics: Readonly<Record<string, Metric>>;
  /** Metrics that several others depend on, and that are not reported themselves. */
  readonly hidden: readonly string[];
  readonly failures: readonly DeviceFailure[];
  readonly network: Network;
  readonly clock: Clock;
  readonly payload: PayloadFaults;
  readonly lifecycle: Lifecycle;
}

interface Rounded {
  /** Digits after the point. */
  readonly digits: number;
}

export type Metric =
  | ({ readonly model: 'constant'; readonly value: number | string | boolean } & Partial<Rounded>)
  | ({
      readonly model: 'walk';
      readonly start: Range;
      readonly step: number;
      readonly min: number;
      readonly max: number;
      readonly pull: number;
    } & Rounded)
  /** mean + amplitude x wave(t / period + phase) + noise; `wave` is a triangle smoothed by polynomials, never Math.sin. */
  | ({
      readonly model: 'seasonal';
      readonly mean: Range;
      readonly amplitude: Range;
      readonly period: number;
      readonly noise: number;
      readonly phase: Range;
    } & Rounded)
  | ({
      readonly model: 'square';
      readonly low: number;
      readonly high: number;
      readonly period: number;
      readonly duty: number;
      readonly phase: Range;
    } & Rounded)
  /** Only grows, wraps to 0 at `wrap` (Number.MAX_VALUE: never). */
  | ({
      readonly model: 'counter';
      readonly start: Range;
      readonly perSecond: Range;
      readonly wrap: number;
    } & Rounded)
  | ({
      readonly model: 'drift';
      readonly start: Range;
      readonly perHour: Range;
      readonly min: number;
      readonly max: number;
      readonly noise: number;
    } & Rounded)
  /** Values of a column of a CSV file, in order, from a place of each device's own, repeated. */
  | ({
      readonly model: 'recorded';
      readonly file: string;
      readonly column: string;
      readonly values: readonly number[];
      readonly period: number;
    } & Rounded)
  /** factor x another metric + offset + noise, `lag` ms behind it, kept within [min, max]. */
  | ({
      readonly model: 'correlated';
      readonly with: string;
      readonly factor: number;
      readonly offset: number;
      readonly noise: number;
      readonly lag: number;
      readonly min: number;
      readonly max: number;
    } & Rounded)
  /** For each value of another metric (a state, mostly) one of its own. */
  | {
      readonly model: 'mapped';
      readonly with: string;
      readonly to: Readonly<Record<string, number | string | boolean>>;
      readonly otherwise: number | string | boolean;
    }
  /** Another metric along straight lines between points [x, y], with x growing. */
  | ({
      readonly model: 'curve';
      readonly with: string;
      readonly points: readonly Range[];
      readonly noise: number;
    } & Rounded)
  /** offset + factor x metric + …, kept within [min, max]. */
  | ({
      readonly model: 'sum';
      readonly of: Readonly<Record<string, number>>;
      readonly offset: number;
      readonly noise: number;
      readonly min: number;
      readonly max: number;
    } & Rounded)
  /** factor x metric x metric … */
  | ({
      readonly model: 'product';
      readonly of: readonly string[];
      readonly factor: number;
      readonly noise: number;
    } & Rounded)
  /** Goes after another metric, as heat does: the distance shrinks to 1/e within `within` ms. */
  | ({
      readonly model: 'follow';
      readonly with: string;
      readonly within: number;
      readonly noise: number;
    } & Rounded)
  /** start + another metric, added up over time: so much for each hour that it is 1. */
  | ({
      readonly model: 'integral';
      readonly with: string;
      readonly start: Range;
      readonly perHour: number;
      readonly min: number;
      readonly max: number;
    } & Rounded)
  /** A Markov machine: each state lasts a random time, has a value (string, number or boolean) or moves one. */
  | ({
      readonly model: 'states';
      readonly states: Readonly<Record<string, MachineState>>;
      readonly initial: string;
    } & Rounded);

/** Uniform between both; equal for a fixed value. */
export type Range = readonly [number, number];

export interface MachineState {
  readonly value: number | string | boolean;
  /** When set, the value moves by so much a second from where it was, instead of being `value`. */
  readonly perSecond?: number;
  readonly lasts: Range;
  /** Next state -> weight. */
  readonly next: Readonly<Record<string, number>>;
}

/** Which devices, and when: a share of the fleet, from and until scenario time, again and again or once. */
export interface Occasion {
  /** Share of the fleet that it happens to, 0 to 1; which devices follows from the seed alone. */
  readonly share: number;
  readonly from: number;
  readonly until: number;
  /** Mean time between two occasions of one device; 0: once, from `from` for `lasts`. */
  readonly every: number;
  readonly lasts: Range;
}

export type DeviceFailure = Occasion &
  (
    | { readonly kind: 'dropout' }
    | { readonly kind: 'stuck'; readonly metric: string }
    | { readonly kind: 'spike'; readonly metric: string; readonly by: Range }
    | { readonly kind: 'drift'; readonly metric: string; readonly perHour: number }
    /** `metric` sinks to `empty` by the end of the occasion, and the device is dead from then on. */
    | { readonly kind: 'battery-death'; readonly metric: string; readonly empty: number }
  );

export interface Network {
  /** From reading to sending. */
  readonly latency: Range;
  /** Share of reports that never leave the device's network (lost before they are sent). */
  readonly loss: number;
  /** Share that is sent twice (same bytes), and how much later. */
  readonly duplicates: { readonly share: number; readonly after: Range };
  /** Share that is held back behind later ones. */
  readonly reordering: { readonly share: number; readonly by: Range };
  /** The device cannot send; with `backlog` it keeps its reports and sends them in a burst afterwards. */
  readonly offline: readonly (Occasion & { readonly backlog: boolean })[];
  /** All concerned disconnect at once and come back within `lasts`. */
  readonly storms: readonly (Occasion & { readonly how: 'clean' | 'drop' })[];
  readonly flapping: readonly Occasion[];
}

export interface Clock {
  /** Ahead (+) or behind (-), fixed per device. */
  readonly skew: Range;
  /** Parts per million. */
  readonly drift: Range;
  /** Share of devices that report local time as UTC, and their offset. */
  readonly wrongZone: { readonly share: number; readonly offset: number };
}

/** Shares of reports, 0 to 1. */
export interface PayloadFaults {
  readonly malformed: number;
  readonly wrongType: number;
  readonly missingField: number;
  /** Reports of an old firmware: another shape that the schema refuses or takes. */
  readonly oldSchema: { readonly share: number; readonly rename: Readonly<Record<string, string>> };
  /** Left out of every report. */
  readonly withoutSeq: boolean;
}

export interface Lifecycle {
  /** Devices join spread over this span (from 0). */
  readonly joinOver: number;
  /** Share that leaves for good, at a moment of its own in [from, until). */
  readonly leave: { readonly share: number; readonly from: number; readonly until: number };
  /** Firmware version reported as metric `firmware`, rolled out in order of the devices' numbers. */
  readonly firmware: {
    readonly from: string;
    readonly to: string;
    readonly at: number;
    readonly over: number;
  } | null;
}

/** What happens to the local backend. */
export type ChaosStep = { readonly at: number } & (
  | { readonly action: 'kill'; readonly restartAfter: number }
  | { readonly action: 'restart' }
  | { readonly action: 'stop'; readonly lasts: number }
  /** The process runs only `share` of the time (SIGSTOP and SIGCONT in turn). */
  | { readonly action: 'slow'; readonly lasts: number; readonly share: number }
);

/** `loss: 0`, `alert_latency: p(99)<50ms`, … as k6 has them. */
export interface Threshold {
  readonly metric: string;
  readonly expression: string;
}
