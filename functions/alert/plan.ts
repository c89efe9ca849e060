/** All rules, as they are evaluated: which for which devices, in which order, and which when only time passes. */
import { Hours } from './hours.js';
import { MemoryPlan } from './language/memory.js';
import type { Rule } from './language/rule.js';

/** Places of rules in the list of rules. */
type Indices = readonly number[];

/** The rules for events of one device type. */
export interface TypePlan {
  /** Those whose condition can hold for it. */
  readonly applies: Indices;
  /** The others: to be looked at while an alert of theirs is there, as the device had another type before. */
  readonly others: Indices;
}

export class RulePlan {
  readonly rules: readonly Rule[];
  readonly memory: MemoryPlan;
  /** Rules about single devices, each after those that it asks for with `firing`. */
  readonly order: Indices;
  readonly hours: readonly (Hours | null)[];
  /** By rule: those that it asks for. */
  readonly asks: readonly Indices[];
  /** By rule: time alone may change what it says. */
  readonly isTimed: readonly boolean[];
  /** Whether anything is kept of devices besides their alerts. */
  readonly remembers: boolean;
  readonly #byName: ReadonlyMap<string, number>;
  readonly #byType = new Map<string, TypePlan>();

  /** @param notes whether something is kept with devices that rules do not remember themselves */
  constructor(rules: readonly Rule[], notes = rules.some(({ fleet }) => fleet !== null)) {
    this.rules = rules;
    this.memory = new MemoryPlan(rules);
    this.remembers = notes || this.memory.features.length > 0;
    this.#byName = new Map(rules.map(({ name }, index) => [name, index]));
    this.hours = rules.map(({ active }) => (active === null ? null : new Hours(active)));
    this.asks = rules.map(({ condition, clear }) =>
      [...condition.firing, ...(clear?.firing ?? [])].flatMap((name) => this.#byName.get(name) ?? []),
    );
    this.isTimed = rules.map(({ condition, clear }) =>
      [condition, clear].some((expression) => expression !== null && expression.features.length > 0),
    );
    this.order = inOrder(rules, this.asks);
  }

  indexOf(name: string): number | undefined {
    return this.#byName.get(name);
  }

  of(deviceType: string): TypePlan {
    let plan = this.#byType.get(deviceType);
    if (plan === undefined) {
      const applies = this.order.filter((index) => this.canHold(index, deviceType));
      plan = { applies, others: this.order.filter((index) => !applies.includes(index)) };
      this.#byType.set(deviceType, plan);
    }
    return plan;
  }

  canHold(index: number, deviceType: string): boolean {
    return this.rules[index]!.deviceTypes?.includes(deviceType) ?? true;
  }
}

/** Depth first: there are no cycles, rule files with one are refused. */
function inOrder(rules: readonly Rule[], asks: readonly Indices[]): Indices {
  const order = new Set<number>();
  const visit = (index: number): void => {
    if (order.has(index) || rules[index]!.fleet !== null) return;
    for (const asked of asks[index]!) visit(asked);
    order.add(index);
  };
  for (const index of rules.keys()) visit(index);
  return [...order];
}
