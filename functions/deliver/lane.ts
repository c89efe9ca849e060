/**
 * One target's deliveries in one run: claims some, sends each group in its order and several groups at a time, settles,
 * and goes on until nothing is due, the breaker is open or the time is over. Nothing here knows of other targets.
 */
import type { Logger } from 'pino';
import type { Delivery, DeliveryStore, Settlement, TargetState } from '../../stores/notifications.js';
import type { Target } from '../dispatch/config/types.js';
import { attempt } from './attempt.js';
import { claimLimit, type Sizes, sawClaimed } from './claims.js';
import {
  admission,
  BREAKER_FAILURES,
  breakerAfter,
  expired,
  givenBack,
  isExpired,
  settlementOf,
} from './core.js';
import { type Message, type Order, orderOf } from './order.js';
import type { Send } from './senders/sender.js';

/** Deliveries taken at a time: so many come again with the same id after a crash. */
const BATCH = 64;
/** Before a probe more is looked at, as what a target that is away was to be told is made less then. */
const PROBE_BATCH = 256;
/** Requests under way to one target, each of another group. */
const CONCURRENCY = 4;
/** Of one batch, no attempt begins later than so many ms after its claim. */
const BATCH_MS = 10_000;
/** How long a claim outlasts the last attempt under it, ms. */
const CLAIM_MARGIN_MS = 5_000;
/** Outcomes are kept back so long at the most, to be written together. */
const SETTLE_MS = 200;

export interface LaneDeps {
  readonly store: DeliveryStore;
  readonly send: Send;
  readonly log: Logger;
  readonly sizes: Sizes;
  /** Epoch ms. */
  now(): number;
  /** Of an attempt that begins now; null: there is no time for one. */
  timeoutMs(target: Target): number | null;
}

/** @param target null: the configuration has none of this name (any more) */
export async function deliverTo(state: TargetState, target: Target | null, deps: LaneDeps): Promise<void> {
  const { store, now } = deps;
  if (target === null) return withoutTarget(state, deps);
  let breaker = state;
  for (;;) {
    const admitted = admission(breaker, now());
    const timeoutMs = deps.timeoutMs(target);
    if (admitted === 'open' || timeoutMs === null) return;
    const until = now() + BATCH_MS + timeoutMs + CLAIM_MARGIN_MS;
    const limit = claimLimit(deps.sizes, state.target, admitted === 'probe' ? PROBE_BATCH : BATCH);
    const claimed = await store.claim(state.target, now(), until, limit);
    sawClaimed(deps.sizes, state.target, claimed);
    if (claimed.length === 0) return;
    const round = new Round(breaker, target, deps);
    await round.send(orderOf(claimed, now()), admitted === 'probe');
    breaker = round.breaker;
  }
}

async function withoutTarget({ target }: TargetState, { store, now }: LaneDeps): Promise<void> {
  for (;;) {
    const at = now();
    const claimed = await store.claim(target, at, at + BATCH_MS, BATCH);
    if (claimed.length === 0) return;
    const error = `notifications.yml has no target ${target}`;
    const settlements = claimed.map((delivery) =>
      settlementOf(delivery, { kind: 'refused', status: null, error }, at, at),
    );
    await store.settle(settlements, { target, failures: 0, openUntil: 0 });
  }
}

class Round {
  breaker: TargetState;
  readonly #target: Target;
  readonly #deps: LaneDeps;
  readonly #end: number;
  #unsettled: Settlement[] = [];
  #settledAt: number;

  constructor(breaker: TargetState, target: Target, deps: LaneDeps) {
    this.breaker = breaker;
    this.#target = target;
    this.#deps = deps;
    this.#settledAt = deps.now();
    this.#end = this.#settledAt + BATCH_MS;
  }

  async send({ groups, superseded }: Order, probing: boolean): Promise<void> {
    // Before anything is sent: what is superseded must not come again after a crash, behind its successor.
    if (superseded.length > 0) await this.#deps.store.settle(superseded, this.breaker);
    const queue = groups.map((messages) => [...messages]);
    // The one that was tried least is the fairest probe: another may be what the target fails on.
    if (probing) queue.sort((a, b) => attemptsOf(a) - attemptsOf(b));
    // While it is in doubt whether the target is there, one request at a time is enough to find out.
    while (this.breaker.failures > 0 && this.#goesOn() && queue.length > 0) {
      const messages = queue.shift()!;
      const message = messages.shift()!;
      const taken = await this.#attempt(message);
      if (messages.length > 0 && taken) queue.unshift(messages);
      else if (messages.length > 0) this.#giveBack(messages);
    }
    const workers = Array.from({ length: CONCURRENCY }, () => this.#work(queue));
    const ended = await Promise.allSettled(workers);
    const failure = ended.find((end) => end.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
    const failedProbe = probing && this.breaker.failures >= BREAKER_FAILURES;
    for (const messages of queue) this.#giveBack(messages, failedProbe);
    await this.#settle();
  }

  async #work(queue: Message[][]): Promise<void> {
    while (this.#goesOn()) {
      const messages = queue.shift();
      if (messages === undefined) return;
      while (messages.length > 0) {
        if (!this.#goesOn() || !(await this.#attempt(messages.shift()!))) break;
      }
      this.#giveBack(messages);
    }
  }

  #goesOn(): boolean {
    const { now, timeoutMs } = this.#deps;
    return this.breaker.openUntil <= now() && now() < this.#end && timeoutMs(this.#target) !== null;
  }

  /** Whether what follows in its group may be sent: it was taken, or never will be. */
  async #attempt(message: Message): Promise<boolean> {
    const { now, timeoutMs, send, log } = this.#deps;
    const { delivery } = message;
    const at = now();
    const outcome = await attempt(message, this.#target, send, at, timeoutMs(this.#target) ?? 1);
    const settlement = settlementOf(delivery, outcome, at, now());
    this.breaker = breakerAfter(this.breaker, outcome, now());
    this.#unsettled.push(settlement);
    const { state, attempts, lastError } = settlement.delivery;
    const about = { target: delivery.target, delivery: delivery.id, attempt: attempts, reason: lastError };
    if (state === 'dead') log.error(about, 'a delivery is a dead letter: it can be redriven');
    else if (state === 'waiting') log.warn(about, 'a target did not take a delivery; it is tried again');
    if (now() - this.#settledAt >= SETTLE_MS) await this.#settle();
    return state !== 'waiting';
  }

  #giveBack(messages: readonly Message[], failedProbe = false): void {
    const now = this.#deps.now();
    const over = (delivery: Delivery) => failedProbe && isExpired(delivery, now);
    for (const { delivery } of messages) {
      this.#unsettled.push(over(delivery) ? expired(delivery, now) : givenBack(delivery));
    }
  }

  async #settle(): Promise<void> {
    const settlements = this.#unsettled;
    if (settlements.length === 0) return;
    this.#unsettled = [];
    this.#settledAt = this.#deps.now();
    await this.#deps.store.settle(settlements, this.breaker);
  }
}

function attemptsOf(messages: readonly Message[]): number {
  return messages[0]?.delivery.attempts ?? 0;
}
