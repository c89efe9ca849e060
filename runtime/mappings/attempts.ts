/**
 * Has a fetched batch processed: invokes the function, waits, tries again, gives up, until every record of the batch
 * is finished. The decisions are `progress.ts`'s; this keeps the order of things: a record that is given up is reported
 * first, then the checkpoint passes it.
 */

import type { OpenWindow } from '../../stores/window-states.js';
import { type Batch, offsetAt } from '../../streams/batch.js';
import type { BatchOutcome } from '../environments/invocation.js';
import { arrivedBefore, type Fetched, firstArrival, lowestFailed, part } from './fetched.js';
import { giveUp } from './give-up.js';
import { failureOf, invokeOnce } from './invoke-once.js';
import type { LaneContext } from './lane-context.js';
import type { Position } from './position.js';
import { afterExpiry, afterInvocation, type Portion, type Result, wholeBatch } from './progress.js';
import { isWorthLogging } from './repeated.js';
import { isTooLarge, windowAt } from './tumbling.js';
import type { Waiting } from './waiting.js';

export class Attempts {
  /** Why the lane is trying again, or null. */
  failing: string | null = null;
  /** Failed ones at what is being tried. */
  attempts = 0;
  /** arrivalTime of the first record in hand; null when there is none. */
  oldest: number | null = null;
  readonly #context: LaneContext;
  readonly #position: Position;
  readonly #waiting: Waiting;

  constructor(context: LaneContext, position: Position, waiting: Waiting) {
    this.#context = context;
    this.#position = position;
    this.#waiting = waiting;
  }

  /** Resolves when the batch is finished and the position saved, or when the lane is to stop. */
  async finish(fetched: Fetched): Promise<void> {
    const { batch } = fetched;
    this.#context.stats.filtered += fetched.filtered;
    let portions = wholeBatch(batch.count);
    while (portions.length > 0 && !this.#waiting.stopping) {
      const { from, to, attempts } = portions[0]!;
      const tried = part(batch, from, to);
      this.attempts = attempts;
      this.oldest = firstArrival(tried.frames);
      const left =
        (await this.#withoutLost(portions, tried, fetched)) ??
        (await this.#tryOnce(portions, tried, fetched));
      if (left === null) break;
      portions = left;
    }
    this.attempts = 0;
    this.oldest = null;
  }

  /**
   * Tells the function that the open window is over: tried until it succeeds. With `early` because its state is too
   * large, else because its time has passed. Resolves to false when the lane is to stop before that.
   */
  async finishWindow(early: boolean): Promise<boolean> {
    const { stream, partition, rules } = this.#context;
    const window = this.#position.window!;
    const empty: Batch = {
      stream: stream.name,
      partition,
      baseOffset: this.#position.next,
      count: 0,
      frames: Buffer.alloc(0),
    };
    for (let portions = wholeBatch(0); portions.length > 0; ) {
      const outcome = await invokeOnce(this.#context, empty, {
        ...window,
        isFinal: true,
        isTerminatedEarly: early,
      });
      const result = this.#resultOf(outcome, empty, 0, window);
      const step = afterInvocation(portions, result, { ...rules, maximumRetryAttempts: -1 });
      this.#report(outcome, result, empty, portions[0]!);
      portions = step.remaining;
      if (step.waitMs > 0 && !(await this.#waiting.sleep(step.waitMs))) return false;
    }
    await this.#position.advance(this.#position.next, null);
    return !this.#waiting.stopping;
  }

  /**
   * Gives up what is too old or too large to be tried (again); then says what is left. Undefined: there is nothing of
   * the kind. Null: the lane is to stop.
   */
  async #withoutLost(portions: readonly Portion[], tried: Batch, fetched: Fetched) {
    const { trigger, time } = this.#context;
    const maxAge = trigger.maximumRecordAgeMs;
    const expired = maxAge < 0 ? 0 : arrivedBefore(tried, time() - maxAge);
    if (expired === 0 && !fetched.isTooLarge) return undefined;
    const given = expired === 0 ? tried : part(tried, 0, expired);
    const condition = expired === 0 ? 'MaximumPayloadSizeExceeded' : 'RecordAgeExceeded';
    const isDone = await giveUp(this.#context, this.#waiting, {
      condition,
      batch: given,
      invokeCount: 1,
      functionError: null,
      requestId: undefined,
    });
    return isDone ? this.#passTo(fetched, afterExpiry(portions, given.count)) : null;
  }

  /** What is left after one invocation; null when the lane is to stop. */
  async #tryOnce(portions: readonly Portion[], tried: Batch, fetched: Fetched) {
    const { stats, rules } = this.#context;
    const head = portions[0]!;
    const window = await this.#windowFor(tried);
    if (window === undefined) return null;
    stats.iteratorAge = Math.max(0, this.#context.time() - this.oldest!);
    const flags = { isFinal: false, isTerminatedEarly: false };
    const outcome = await invokeOnce(
      this.#context,
      tried,
      window === null ? undefined : { ...window, ...flags },
    );
    const result = this.#resultOf(outcome, tried, head.from, window);
    const step = afterInvocation(portions, result, rules);
    this.#report(outcome, result, tried, head);
    if (step.givenUp !== null) {
      const isDone = await giveUp(this.#context, this.#waiting, {
        condition: 'RetryAttemptsExhausted',
        batch: tried,
        invokeCount: step.givenUp.attempts,
        functionError: result.kind === 'error' ? 'Unhandled' : null,
        requestId: 'requestId' in outcome ? outcome.requestId : undefined,
      });
      return isDone ? this.#passTo(fetched, step.remaining) : null;
    }
    const processed = (step.remaining[0]?.from ?? fetched.batch.count) - head.from;
    stats.records += processed;
    const state = processed > 0 && 'state' in outcome ? outcome.state : undefined;
    const after = window === null || state === undefined ? undefined : { ...window, state };
    const left = await this.#passTo(fetched, step.remaining, after);
    this.attempts = step.remaining[0]?.attempts ?? 0;
    if (step.waitMs > 0) await this.#waiting.sleep(step.waitMs);
    return left;
  }

  /** Saves that everything before what is left is finished. Null when the lane is to stop instead. */
  async #passTo(fetched: Fetched, portions: readonly Portion[], window?: OpenWindow) {
    const [head] = portions;
    const next = head === undefined ? fetched.end : offsetAt(fetched.batch, head.from);
    await this.#position.advance(next, window);
    return this.#position.next === next ? portions : null;
  }

  /** The window of these records; null without windows, undefined when the lane is to stop. */
  async #windowFor(tried: Batch): Promise<OpenWindow | null | undefined> {
    const { tumblingWindowMs } = this.#context.trigger;
    if (tumblingWindowMs === 0) return null;
    const open = this.#position.window;
    if (open !== null && isTooLarge(open) && !(await this.finishWindow(true))) return undefined;
    return this.#position.window ?? windowAt(firstArrival(tried.frames), tumblingWindowMs);
  }

  #resultOf(outcome: BatchOutcome, tried: Batch, from: number, window: OpenWindow | null): Result {
    if (outcome.kind === 'error' || outcome.kind === 'throttled') return { kind: outcome.kind };
    // Lambda's rule for windows: an answer without a state is a failed invocation.
    if (window !== null && outcome.state === undefined) return { kind: 'error' };
    if (outcome.kind === 'success') return outcome;
    const lowest = lowestFailed(tried, outcome.failures);
    return lowest === null ? { kind: 'success' } : { kind: 'partial', lowest: from + lowest };
  }

  #report(outcome: BatchOutcome, result: Result, tried: Batch, { attempts, waits }: Portion): void {
    const { functionName, partition, log, stats } = this.#context;
    this.failing = failureOf(outcome, result);
    if (this.failing === null) return;
    if (result.kind === 'throttled') stats.throttles++;
    else stats.errors++;
    if (!isWorthLogging(waits + 1)) return;
    const records = { offset: tried.baseOffset, count: tried.count };
    const requestId = 'requestId' in outcome ? outcome.requestId : undefined;
    const about = { functionName, requestId, partition, ...records, attempts, error: this.failing };
    log.warn(about, result.kind === 'throttled' ? 'an invocation was throttled' : 'an invocation failed');
  }
}
