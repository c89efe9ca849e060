/** One function's side of the queue: takes what is due, invokes, writes down what became of it. */
import type { Logger } from 'pino';
import type { Timers } from '../../common/clock.js';
import { codeOf } from '../../common/errors.js';
import type { AsynchronousStore, WaitingEvent } from '../../stores/asynchronous.js';
import { invocationRecord } from '../destinations/invocation-record.js';
import type { DirectInvocation, DirectResult } from '../environments/invocation.js';
import { lambdaErrorOf } from '../lambda/errors.js';
import { stableUuid } from '../lambda/stable-uuid.js';
import type { AsynchronousFunction } from './asynchronous.js';
import { type Attempt, type Condition, fateAfter, isTooOld } from './core.js';

export interface LaneOptions {
  readonly fn: AsynchronousFunction;
  readonly invoke: (invocation: DirectInvocation) => Promise<DirectResult>;
  readonly store: AsynchronousStore;
  readonly timers: Timers;
  readonly time: () => number;
  readonly log: Logger;
  readonly concurrency: number;
  /** Told that a report for this destination was written. */
  readonly reported: (destination: string) => void;
}

export interface Lane {
  start(): void;
  /** Looks into the queue now: something may be due. */
  wake(): void;
  stop(): Promise<void>;
}

/** Timers are capped (Node's end at 2^31 ms), which also bounds how late a clock set forward is noticed. */
const LONGEST_WAIT_MS = 60_000;
/** A store that fails is asked again so much later (ms). */
const STORE_RETRY_MS = 1_000;

export function createLane(options: LaneOptions): Lane {
  const { fn, store, timers, time, log } = options;
  const settings = fn.asynchronous;
  const underWay = new Map<number, Promise<void>>();
  let stopped = true;
  let cancel = () => {};

  const wake = () => {
    if (stopped) return;
    cancel();
    cancel = () => {};
    try {
      const free = options.concurrency - underWay.size;
      const found = free > 0 ? store.due(fn.name, time(), free, [...underWay.keys()]) : [];
      for (const event of found) begin(event);
      // With every place taken, the first run that ends looks again.
      if (underWay.size >= options.concurrency) return;
      const next = store.nextDue(fn.name, [...underWay.keys()]);
      if (next !== undefined) sleep(next - time());
    } catch (error) {
      log.error(
        { function: fn.name, err: error },
        'the queue of asynchronous invocations cannot be read for now',
      );
      sleep(STORE_RETRY_MS);
    }
  };
  const sleep = (ms: number) => {
    cancel = timers.after(Math.min(Math.max(ms, 1), LONGEST_WAIT_MS), wake);
  };

  const begin = (event: WaitingEvent) => {
    const run = handle(event).finally(() => {
      underWay.delete(event.sequence);
      wake();
    });
    underWay.set(event.sequence, run);
  };

  /** Never rejects. */
  const handle = async (event: WaitingEvent): Promise<void> => {
    if (fn.reservedConcurrency === 0) return settle(event, 'ZeroReservedConcurrency', 0);
    if (isTooOld(event, settings, time())) return settle(event, 'EventAgeExceeded', event.attempts);
    const { attempt, result } = await attemptOf(event);
    const fate = fateAfter(event, attempt, settings, time());
    if (fate.kind === 'settled') return settle(event, fate.condition, fate.invokeCount, result);
    await written(() => store.postpone(event.sequence, fate.due, fate.attempts, fate.throttles));
  };

  const attemptOf = async (event: WaitingEvent): Promise<{ attempt: Attempt; result?: DirectResult }> => {
    try {
      const result = await options.invoke({ payload: event.payload });
      return { attempt: result.kind, result };
    } catch (error) {
      if (codeOf(error) !== 'FUNCTION_THROTTLED') {
        log.error(
          { function: fn.name, event: event.id, err: error },
          'an asynchronous invocation was not begun',
        );
      }
      return { attempt: 'throttled' };
    }
  };

  const settle = async (
    event: WaitingEvent,
    condition: Condition,
    invokeCount: number,
    result?: DirectResult,
  ): Promise<void> => {
    const destination = condition === 'Success' ? settings.onSuccess : settings.onFailure;
    if (condition !== 'Success') {
      const error = result?.kind === 'error' ? result.error.message : undefined;
      const fields = { function: fn.name, event: event.id, condition, attempts: invokeCount, error };
      log.error(
        fields,
        destination === undefined ? 'an event was given up' : 'an event goes to its destination',
      );
    }
    const now = time();
    const report =
      destination === undefined
        ? undefined
        : { destination, document: JSON.stringify(recordOf(event, condition, invokeCount, result, now)) };
    await written(() => store.settle(event.sequence, now, report));
    if (destination !== undefined) options.reported(destination);
  };

  /**
   * Until it is written: the run has happened, and forgetting its outcome would repeat it. When the lane is stopped
   * meanwhile, it will be repeated.
   */
  const written = async (write: () => void): Promise<void> => {
    for (;;) {
      try {
        write();
        return;
      } catch (error) {
        log.error(
          { function: fn.name, err: error },
          'the outcome of an asynchronous invocation cannot be written',
        );
      }
      if (stopped) return;
      await new Promise<void>((resolve) => {
        timers.after(STORE_RETRY_MS, resolve);
      });
    }
  };

  const recordOf = (
    event: WaitingEvent,
    condition: Condition,
    invokeCount: number,
    result: DirectResult | undefined,
    now: number,
  ) =>
    invocationRecord({
      requestId: result?.requestId ?? stableUuid(`${fn.name} ${event.id}`),
      functionArn: fn.arn,
      condition,
      invokeCount,
      requestPayload: parsed(event.payload),
      ...(result === undefined ? {} : { response: responseOf(result) }),
      now,
    });

  return {
    start() {
      stopped = false;
      wake();
    },
    wake,
    async stop() {
      stopped = true;
      cancel();
      await Promise.all(underWay.values());
    },
  };
}

function responseOf(result: DirectResult) {
  return result.kind === 'success'
    ? { payload: parsed(result.payload) }
    : { payload: lambdaErrorOf(result.error), functionError: 'Unhandled' as const };
}

/** No bytes are null, as Lambda has it; what is no JSON is shown as text. */
function parsed(json: Uint8Array): unknown {
  if (json.byteLength === 0) return null;
  const text = Buffer.from(json).toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
