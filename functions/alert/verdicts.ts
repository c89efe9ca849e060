/** What a rule says of a device: about an event, or about a moment without one. */
import { Memory } from './language/memory.js';
import type { Rule } from './language/rule.js';
import type { EventObject, Scope } from './language/scope.js';
import type { Verdict } from './machine.js';
import type { TagsOf } from './outcome.js';
import type { RulePlan } from './plan.js';
import { Remembered } from './remembered.js';
import type { Entry } from './rows.js';
import type { DeviceState } from './warm.js';

/** Told when a rule cannot be evaluated. */
export type OnRuleError = (rule: Rule, deviceId: string, error: unknown) => void;

/** An accepted event. */
export interface Incoming {
  readonly deviceType: string;
  readonly body: EventObject;
  readonly eventTime: number;
  readonly arrivalTime: number;
}

export const NOTHING: EventObject = Object.freeze({});

export class Verdicts {
  readonly #plan: RulePlan;
  readonly #tagsOf: TagsOf;
  readonly #onError: OnRuleError;
  /** One object for all evaluations: good until the next one is set up. */
  readonly #scope: { -readonly [K in keyof Scope]: Scope[K] };
  #device: DeviceState | null = null;

  constructor(plan: RulePlan, tagsOf: TagsOf, onError: OnRuleError) {
    this.#plan = plan;
    this.#tagsOf = tagsOf;
    this.#onError = onError;
    this.#scope = {
      event: NOTHING,
      device: { id: '', type: '', tags: {} },
      at: 0,
      memory: null,
      firing: (name) => isFiring(this.#device?.entries?.[this.#plan.indexOf(name) ?? -1]),
    };
  }

  /** Sets up for an event. @param remembers whether the event is to be remembered: it is, once */
  over(state: DeviceState, incoming: Incoming, remembers: boolean): Scope {
    const { body, deviceType, eventTime, arrivalTime } = incoming;
    const scope = this.#set(state, body, deviceType, eventTime, this.#tagsOf(state.id, body));
    if (remembers) {
      state.remembered ??= new Remembered(new Memory(this.#plan.memory));
      state.remembered.observe({ event: body, eventTime, arrivalTime, device: scope.device });
    }
    scope.memory = state.remembered?.memory ?? null;
    return scope;
  }

  /** Sets up for a moment without an event. @param clock of the device */
  atRest(state: DeviceState, clock: number): Scope {
    const { remembered } = state;
    const tags = this.#tagsOf(state.id, remembered?.event ?? NOTHING);
    const scope = this.#set(state, NOTHING, remembered?.type ?? '', clock, tags);
    scope.memory = remembered?.memory ?? null;
    return scope;
  }

  /** Null: nothing is known. @param live whether an alert is there that may end */
  of(rule: Rule, scope: Scope, live: boolean): Verdict | null {
    const { condition, clear } = rule;
    try {
      const holds = condition.holds(scope);
      if (holds === true) return 'holds';
      if (clear === null || !live) return holds === null ? null : 'clears';
      if (clear.holds(scope) === true) return 'clears';
      return holds === null ? null : 'between';
    } catch (error) {
      this.#onError(rule, scope.device.id, error);
      return null;
    }
  }

  #set(
    state: DeviceState,
    event: EventObject,
    type: string,
    at: number,
    tags: Readonly<Record<string, string>>,
  ): { -readonly [K in keyof Scope]: Scope[K] } {
    const scope = this.#scope;
    this.#device = state;
    scope.event = event;
    scope.device = { id: state.id, type, tags };
    scope.at = at;
    return scope;
  }
}

export function isLive(entry: Entry | undefined): entry is Entry {
  return entry !== undefined && entry.machine.phase !== 'inactive';
}

export function isFiring(entry: Entry | undefined): boolean {
  return entry?.machine.phase === 'firing';
}
