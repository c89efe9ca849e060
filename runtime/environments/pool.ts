/**
 * The environments of one function, and what waits for them.
 *
 * Each environment handles one thing at a time. As long as there may be more of them, another one is started rather
 * than let work wait (unless the bounds on concurrency refuse: then it is throttled); when all that this machine may
 * have are at work, work waits, and batches that wait together travel together, because waking an environment costs
 * more than most batches do.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import { monotonicTimers, type Timers } from '../../common/clock.js';
import type { OpenChannel } from './channel.js';
import { type FunctionConcurrency, unbounded } from './concurrency.js';
import { createCounters, errorOf } from './counters.js';
import type { PlatformHost, RoundResult } from './environment.js';
import { deserializeError, serializeError } from './errors.js';
import { closed, throttled } from './failures.js';
import { createFleet, type Member } from './fleet.js';
import type { FunctionPool } from './invocation.js';
import { openChannel } from './open.js';
import type { EnvironmentSpec, Reply, Usage, Work } from './protocol.js';
import { createQueue, type Portion, type WaitingBatch, type WaitingCall } from './queue.js';
import { type Report, reportLine } from './report.js';
import { atOnce, type Turns } from './turns.js';

export interface PoolOptions {
  readonly platform: PlatformHost;
  readonly log: Logger;
  /** The most environments at a time, 1 at least; see `LocalFunctionSettings`. */
  readonly environments: number;
  readonly provisionedConcurrency: number;
  readonly idleMs: number;
  readonly concurrency?: FunctionConcurrency;
  readonly turns?: Turns;
  readonly timers?: Timers;
  readonly open?: OpenChannel;
}

export function createPool(spec: EnvironmentSpec, options: PoolOptions): FunctionPool {
  const { log, concurrency = unbounded, turns = atOnce, timers = monotonicTimers } = options;
  const { functionName } = spec;
  const queue = createQueue();
  const counters = createCounters();
  const fleet = createFleet(spec, { ...options, timers, open: options.open ?? openChannel, counters });
  let working = 0;
  let flushing = false;
  let closing = false;
  let becomeIdle: (() => void) | undefined;
  if (spec.isolation === 'inline') {
    log.warn({ function: functionName }, 'isolation is inline: neither timeout nor memorySize is enforced');
  }

  /** Once per turn: what is asked for in one turn of the event loop goes together. */
  const wake = () => {
    if (flushing) return;
    flushing = true;
    process.nextTick(() => {
      flushing = false;
      flush();
    });
  };
  const flush = () => {
    for (;;) {
      const free = fleet.free;
      if (free === 0 || queue.length === 0) break;
      const refusal = concurrency.enter();
      const portion = queue.take(free)!;
      if (refusal !== null) {
        throttle(portion, throttled(functionName, refusal));
        continue;
      }
      const member = fleet.take();
      if (typeof member === 'string') {
        concurrency.leave();
        throttle(portion, throttled(functionName, member));
        continue;
      }
      working++;
      void turns
        .take(() => handle(portion, member))
        .finally(() => {
          working--;
          concurrency.leave();
          fleet.giveBack(member);
          wake();
        });
    }
    if (working === 0 && queue.length === 0) becomeIdle?.();
  };
  const throttle = (portion: Portion, error: Error) => {
    for (const item of portion.type === 'call' ? [portion] : portion.batches) {
      counters.throttle();
      if (item.type === 'call') item.refuse(error);
      else item.settle({ kind: 'throttled', error: serializeError(error) });
    }
  };

  const handle = (portion: Portion, member: Member) =>
    portion.type === 'call' ? call(portion, member) : round(portion.batches, member);
  const round = async (batches: readonly WaitingBatch[], member: Member) => {
    const requestIds = batches.map(() => randomUUID());
    const invocations = batches.map(({ invocation }) => invocation);
    const debug = log.isLevelEnabled('debug');
    const result = await member.environment.round({ invocations, requestIds }, debug);
    const initMs = initOf(member, result.usage);
    if (debug) reportRound(requestIds, result, initMs);
    // Before their owners hear of the others: what was not begun is the next to go.
    const unbegun = batches.filter((_, i) => result.outcomes[i] === null);
    if (unbegun.length > 0) queue.putBack(unbegun);
    for (const [i, outcome] of result.outcomes.entries()) {
      if (outcome === null) continue;
      counters.invocation(result.usage.durationsMs[i] ?? 0, errorOf(outcome));
      batches[i]!.settle(outcome);
    }
  };
  const call = async ({ requestId, work, wantsReport, settle }: WaitingCall, member: Member) => {
    const debug = log.isLevelEnabled('debug');
    const reply = await member.environment.invoke(requestId, work, debug || wantsReport);
    const durationMs = reply.usage.durationsMs[0] ?? 0;
    counters.invocation(durationMs, reply.type === 'error' ? reply.error : null);
    const initMs = initOf(member, reply.usage);
    let line = '';
    if (debug || wantsReport) line = report(requestId, durationMs, reply.usage, initMs, debug);
    settle(reply, line);
  };
  /** Init's time with the environment's first invocation, and never again. */
  const initOf = (member: Member, { durationsMs }: Usage): number | undefined => {
    const { start } = member.environment;
    if (member.invoked || start === undefined) return undefined;
    member.invoked = true;
    counters.coldStart({ ...start, firstInvokeMs: durationsMs[0] ?? 0 });
    return start.spawnMs + start.importMs;
  };
  const reportRound = (requestIds: readonly string[], { usage }: RoundResult, initMs: number | undefined) => {
    for (const [i, durationMs] of usage.durationsMs.entries()) {
      report(requestIds[i]!, durationMs, usage, i === 0 ? initMs : undefined, true);
    }
  };
  const report = (
    requestId: string,
    durationMs: number,
    { memoryBytes }: Usage,
    initMs: number | undefined,
    debug: boolean,
  ): string => {
    const { memoryMB } = spec;
    const fields: Report = {
      requestId,
      durationMs,
      memoryMB,
      memoryBytes,
      ...(initMs === undefined ? {} : { initMs }),
    };
    const line = reportLine(fields);
    if (debug) log.debug({ function: functionName, ...fields }, line);
    return line;
  };

  const ask = (
    work: Work,
    wantsReport: boolean,
  ): Promise<{ reply: Reply; report: string; requestId: string }> =>
    new Promise((resolve, refuse) => {
      if (closing) return refuse(closed(functionName));
      const requestId = randomUUID();
      const settle = (reply: Reply, report: string) => resolve({ reply, report, requestId });
      queue.push({ type: 'call', requestId, work, settle, refuse, wantsReport });
      wake();
    });
  const answerOf = async <T extends Reply['type']>(work: Work, expected: T) => {
    const { reply } = await ask(work, false);
    if (reply.type === 'error') throw deserializeError(reply.error);
    if (reply.type !== expected) throw new Error(`unexpected answer '${reply.type}' from ${functionName}`);
    return reply as Extract<Reply, { type: T }>;
  };

  return {
    functionName,
    warmUp: () => (concurrency.off ? Promise.resolve() : fleet.warmUp()),
    processBatch(invocation) {
      if (closing) return Promise.resolve({ kind: 'error', error: serializeError(closed(functionName)) });
      return new Promise((settle) => {
        queue.push({ type: 'batch', invocation, settle });
        wake();
      });
    },
    async isPlainHandler() {
      if (fleet.isPlainHandler === undefined) await fleet.warmUp();
      return fleet.isPlainHandler ?? false;
    },
    async scheduled(run) {
      await answerOf({ type: 'scheduled', run }, 'done');
    },
    async fetch(request) {
      return (await answerOf({ type: 'fetch', request }, 'response')).response;
    },
    async invoke(invocation) {
      const { reply, report: line, requestId } = await ask({ type: 'event', invocation }, true);
      const common = { requestId, report: line };
      if (reply.type === 'payload') return { ...common, kind: 'success', payload: reply.payload };
      if (reply.type === 'error') return { ...common, kind: 'error', error: reply.error };
      throw new Error(`unexpected answer '${reply.type}' from ${functionName}`);
    },
    get stats() {
      return counters.snapshot({ environments: fleet.size, concurrentExecutions: working });
    },
    async close() {
      closing = true;
      if (working > 0 || queue.length > 0) {
        await new Promise<void>((resolve) => {
          becomeIdle = resolve;
        });
      }
      await fleet.close();
    },
  };
}
