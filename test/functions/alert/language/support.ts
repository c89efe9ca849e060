/** A device that sends, its memory, and expressions asked about it. */
import { compile } from '../../../../functions/alert/language/compile.js';
import { type CompileContext, emptyContext } from '../../../../functions/alert/language/context.js';
import type { Expression } from '../../../../functions/alert/language/expression.js';
import type { AnyFeature, Sample } from '../../../../functions/alert/language/feature.js';
import { Memory, MemoryPlan } from '../../../../functions/alert/language/memory.js';
import type { Rule } from '../../../../functions/alert/language/rule.js';
import type { Device, EventObject } from '../../../../functions/alert/language/scope.js';

export const device: Device = { id: 'dev-1', type: 'reefer', tags: { site: 'north' } };

export const sampleOf = (event: EventObject, eventTime: number, of: Device = device): Sample => ({
  event,
  eventTime,
  arrivalTime: eventTime,
  device: of,
});

/** What of a rule memory is about. */
export function ruleOf(condition: Expression, deviceTypes: readonly string[] | null = null): Rule {
  return {
    name: 'A',
    group: '',
    version: '',
    condition,
    clear: null,
    forMs: 0,
    keepFiringMs: 0,
    noDataMs: null,
    active: null,
    fleet: null,
    severity: 'a',
    labels: {},
    annotations: {},
    deviceTypes,
    place: '',
  };
}

/** Sends events and asks an expression after each. */
export class Asked {
  readonly expression: Expression;
  readonly #plan: MemoryPlan;
  #memory: Memory;
  firing: readonly string[] = [];

  constructor(source: string, context: Partial<CompileContext> = {}) {
    this.expression = compile(source, emptyContext(context));
    this.#plan = new MemoryPlan([ruleOf(this.expression)]);
    this.#memory = new Memory(this.#plan);
  }

  /** @param at seconds */
  send(at: number, event: EventObject = {}): boolean | null {
    this.#memory.observe(sampleOf(event, at * 1000));
    return this.ask(at, event);
  }

  /** @param at seconds */
  ask(at: number, event: EventObject = {}): boolean | null {
    return this.expression.holds(this.scope(at, event));
  }

  scope(at: number, event: EventObject = {}) {
    const firing = (rule: string) => this.firing.includes(rule);
    return { event, device, at: at * 1000, memory: this.#memory, firing };
  }

  /** Seconds. */
  nextChange(at: number): number {
    return this.expression.nextChange(this.#memory, at * 1000) / 1000;
  }

  restart(): void {
    this.#memory = Memory.decode(this.#plan, this.#memory.encode());
  }
}

/** A feature fed with samples. */
export class Fed<S> {
  readonly feature: AnyFeature;
  state: S;

  constructor(feature: AnyFeature) {
    this.feature = feature;
    this.state = feature.start() as S;
  }

  take(sample: Sample): void {
    this.feature.observe(this.state, sample);
  }

  value(at: number): unknown {
    return this.feature.value(this.state, at);
  }

  /** As it is stored. */
  get text(): string {
    return JSON.stringify(this.feature.encode(this.state));
  }

  restored(): Fed<S> {
    const fed = new Fed<S>(this.feature);
    fed.state = this.feature.decode(JSON.parse(this.text)) as S;
    return fed;
  }
}
