/**
 * What rules remember of one device: the states of all features that they use. Empty where no rule uses any: then
 * nothing is ever written.
 */
import { MillraceError } from '../../../common/errors.js';
import type { AnyFeature, Feature, Sample } from './feature.js';
import type { Rule } from './rule.js';

const VERSION = 1;

/** Which features observe the events of which device types. Made once for all rules. */
export class MemoryPlan {
  /** Each id once. */
  readonly features: readonly AnyFeature[];
  /** By feature: device types of the rules that use it; null: all. */
  readonly #types: readonly (ReadonlySet<string> | null)[];
  readonly #byType = new Map<string, readonly AnyFeature[]>();

  constructor(rules: readonly Rule[]) {
    const types = new Map<string, Set<string> | null>();
    const features = new Map<string, AnyFeature>();
    for (const rule of rules) {
      for (const feature of featuresOf(rule)) {
        if (!features.has(feature.id)) features.set(feature.id, feature);
        const known = types.get(feature.id);
        if (rule.deviceTypes === null || known === null) types.set(feature.id, null);
        else types.set(feature.id, new Set([...(known ?? []), ...rule.deviceTypes]));
      }
    }
    this.features = [...features.values()];
    this.#types = [...types.values()];
  }

  /** Those that observe the events of a device type; none: such a device needs no memory. */
  of(deviceType: string): readonly AnyFeature[] {
    let features = this.#byType.get(deviceType);
    if (features === undefined) {
      features = this.features.filter((_, index) => this.#types[index]?.has(deviceType) ?? true);
      this.#byType.set(deviceType, features);
    }
    return features;
  }
}

/** Of the condition, the clear condition and the fleet's. */
export function featuresOf(rule: Rule): AnyFeature[] {
  const { condition, clear, fleet } = rule;
  return [condition, clear, fleet?.where, fleet?.count].flatMap((expression) => expression?.features ?? []);
}

export class Memory {
  readonly #plan: MemoryPlan;
  readonly #states = new Map<string, unknown>();
  /** Of features that have observed nothing: they are not kept. */
  readonly #empty = new Map<string, unknown>();

  constructor(plan: MemoryPlan) {
    this.#plan = plan;
  }

  /** Takes an event in. Each event is to be observed once, in the order of the stream, before rules are evaluated. */
  observe(sample: Sample): void {
    for (const feature of this.#plan.of(sample.device.type)) {
      let state: unknown = this.#states.get(feature.id);
      if (state === undefined) {
        state = feature.start();
        this.#states.set(feature.id, state);
      }
      feature.observe(state, sample);
    }
  }

  /** The state of a feature, to be read only. */
  state<S>(feature: Feature<S>): S {
    const state = (this.#states.get(feature.id) ?? this.#empty.get(feature.id)) as S | undefined;
    if (state !== undefined) return state;
    const empty = feature.start();
    this.#empty.set(feature.id, empty);
    return empty;
  }

  /** The earliest time after `at` (event clock) at which a feature may change without an event; Infinity: never. */
  nextChange(at: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const feature of this.#plan.features) {
      const state = this.#states.get(feature.id);
      if (state !== undefined) next = Math.min(next, feature.nextChange(state, at));
    }
    return next;
  }

  /** A JSON document; the same bytes for the same events. */
  encode(): string {
    const states: [string, unknown][] = [];
    for (const feature of this.#plan.features) {
      const state = this.#states.get(feature.id);
      if (state !== undefined) states.push([feature.id, feature.encode(state)]);
    }
    return JSON.stringify({ v: VERSION, states });
  }

  /**
   * States of features that no rule uses any more are dropped, those of new ones start empty.
   * Throws `ALERT_MEMORY_UNKNOWN`.
   */
  static decode(plan: MemoryPlan, text: string): Memory {
    const { v, states } = JSON.parse(text) as { v: number; states: [string, unknown][] };
    if (v !== VERSION) {
      throw new MillraceError(`what rules remember of a device has version ${v}`, {
        code: 'ALERT_MEMORY_UNKNOWN',
        hint: 'It was written by a newer Millrace: start that one.',
      });
    }
    const memory = new Memory(plan);
    const encoded = new Map(states);
    for (const feature of plan.features) {
      if (encoded.has(feature.id)) memory.#states.set(feature.id, feature.decode(encoded.get(feature.id)));
    }
    return memory;
  }
}
