/**
 * The host's side of one environment: starts it, gives it one thing to do at a time, holds each to the function's
 * timeout, and says what became of it.
 *
 * A timeout, a crash, an exit or running out of memory ends the environment and nothing else; what was under way fails
 * with an error that says so.
 */
import type { Timers } from '../../common/clock.js';
import type { MillraceError } from '../../common/errors.js';
import type { Channel, OpenChannel } from './channel.js';
import { deserializeError, serializeError } from './errors.js';
import { exited, timedOut } from './failures.js';
import type { BatchOutcome } from './invocation.js';
import type { Round } from './packing.js';
import {
  type EnvironmentSpec,
  type FromEnvironment,
  type PlatformCall,
  type Reply,
  sharedNow,
  type Usage,
  type Work,
} from './protocol.js';

/** Serves the calls a function makes on its platform. */
export type PlatformHost = (call: PlatformCall) => Promise<unknown>;

export interface RoundResult {
  /** One per batch; null where the environment ended before it came to the batch. */
  readonly outcomes: readonly (BatchOutcome | null)[];
  readonly usage: Usage;
}

export interface Environment {
  /** Resolves when the function was created; rejects with what the import or `create` threw. */
  readonly ready: Promise<void>;
  /** Times of the start and what was found there, once `ready`. */
  readonly start:
    | { readonly spawnMs: number; readonly importMs: number; readonly isPlainHandler: boolean }
    | undefined;
  /** Nothing can be done here any more. */
  readonly ended: boolean;
  /** Never rejects. */
  round(round: Round, measure: boolean): Promise<RoundResult>;
  /** Never rejects: what went wrong is an `error` reply. */
  invoke(requestId: string, work: Work, measure: boolean): Promise<Reply>;
  /** When nothing is under way. */
  close(): Promise<void>;
}

export interface EnvironmentDependencies {
  readonly open: OpenChannel;
  readonly platform: PlatformHost;
  readonly timers: Timers;
  /** Once, as soon as nothing can be done there any more. */
  readonly onEnd: () => void;
}

/** Lambda's time for init, which the function's timeout is added to: a longer init runs into it. */
const INIT_MS = 10_000;
/** How long a closing environment may take to close its stores (ms). */
const CLOSE_GRACE_MS = 2_000;
const SUCCEEDED: BatchOutcome = Object.freeze({ kind: 'success' });

const NO_USAGE: Usage = { durationsMs: [], memoryBytes: 0 };

interface Pending {
  readonly id: number;
  /** On the timers' clock. */
  readonly sentAt: number;
  /** Outcomes that came before the reply, by the batch's place. */
  readonly early: Map<number, BatchOutcome>;
  finish(result: Reply | MillraceError): void;
}

export function startEnvironment(spec: EnvironmentSpec, dependencies: EnvironmentDependencies): Environment {
  const { open, platform, timers, onEnd } = dependencies;
  const begun = sharedNow();
  let start: Environment['start'];
  let freezes = false;
  let pending: Pending | undefined;
  let end: MillraceError | undefined;
  let sequence = 0;
  let becomeReady: () => void;
  let failStart: (error: Error) => void;
  let gone: () => void;
  const ready = new Promise<void>((resolve, reject) => {
    becomeReady = resolve;
    failStart = reject;
  });
  // Whoever is interested looks at it; an environment that nobody waits for may fail as well.
  ready.catch(() => undefined);
  const exit = new Promise<void>((resolve) => {
    gone = resolve;
  });

  const drop = (reason: MillraceError) => {
    if (end !== undefined) return;
    end = reason;
    stopInitTimer();
    failStart(reason);
    onEnd();
    pending?.finish(reason);
  };
  const serve = async (id: number, call: PlatformCall) => {
    const answer = await platform(call).then(
      (value) => ({ type: 'answer', id, value }) as const,
      (error: unknown) => ({ type: 'answer', id, error: serializeError(error) }) as const,
    );
    if (end === undefined) channel.send(answer);
  };
  const rest = () => {
    if (freezes && end === undefined && pending === undefined) channel.freeze();
  };
  const onMessage = (message: FromEnvironment) => {
    if (end !== undefined) return;
    switch (message.type) {
      case 'ready':
        stopInitTimer();
        start = {
          spawnMs: message.startedAt - begun,
          importMs: message.importMs,
          isPlainHandler: message.freezes,
        };
        freezes = message.freezes;
        becomeReady();
        return rest();
      case 'failed':
        drop(deserializeError(message.error));
        return channel.terminate();
      case 'call':
        return void serve(message.id, message.call);
      case 'outcome':
        if (pending?.id === message.id) pending.early.set(message.index, message.outcome);
        return;
      case 'crashed':
        return;
      default:
        if (pending?.id === message.id) pending.finish(message);
    }
  };
  const channel: Channel = open(spec, {
    onMessage,
    onEnd(reason) {
      drop(reason);
      gone();
    },
  });
  const stopInitTimer = channel.enforcesTimeout
    ? timers.after(INIT_MS + spec.timeoutMs, () => {
        drop(timedOut(spec));
        channel.terminate();
      })
    : () => undefined;

  /** How long what is under way has taken, ms: the batch, not the round. */
  const elapsed = ({ id, sentAt }: Pending): number => {
    const progress = channel.progress();
    return progress.id === id ? progress.elapsedMs : timers.now() - sentAt;
  };
  const watch = (watched: Pending): (() => void) => {
    let stop: () => void;
    let due = false;
    const look = () => {
      const left = spec.timeoutMs - elapsed(watched);
      if (left > 0) {
        due = false;
        stop = timers.after(Math.ceil(left), look);
      } else if (!due) {
        // When the host itself was busy, the answer may lie unread: look again when that had its turn.
        due = true;
        stop = timers.after(1, look);
      } else {
        drop(timedOut(spec));
        channel.terminate();
      }
    };
    stop = timers.after(spec.timeoutMs, look);
    return () => stop();
  };

  /** Sends and waits for the reply, or for the end of the environment. */
  const run = (send: (id: number) => void): Promise<{ result: Reply | MillraceError; was: Pending }> =>
    new Promise((resolve) => {
      const id = ++sequence;
      const was: Pending = {
        id,
        sentAt: timers.now(),
        early: new Map(),
        finish(result) {
          stopWatch();
          pending = undefined;
          rest();
          resolve({ result, was });
        },
      };
      const stopWatch = channel.enforcesTimeout ? watch(was) : () => undefined;
      pending = was;
      send(id);
    });
  const failed = (reason: MillraceError, requestId: string) => ({
    ...serializeError(reason),
    requestId,
    functionName: spec.functionName,
  });

  return {
    ready,
    get start() {
      return start;
    },
    get ended() {
      return end !== undefined;
    },
    async round(round, measure) {
      const { requestIds } = round;
      const at = (error: MillraceError, index: number): BatchOutcome => ({
        kind: 'error',
        requestId: requestIds[index]!,
        error: failed(error, requestIds[index]!),
      });
      if (start === undefined) {
        const reason = await ready.then(() => undefined, asFailure);
        // Init is part of each invocation that waits for it.
        if (reason !== undefined)
          return { outcomes: requestIds.map((_, i) => at(reason, i)), usage: NO_USAGE };
      }
      if (end !== undefined) return { outcomes: requestIds.map((_, i) => at(end!, i)), usage: NO_USAGE };
      const { result, was } = await run((id) => channel.sendRound(id, round, measure));
      const outcomes: (BatchOutcome | null)[] = requestIds.map((id, i) =>
        identified(was.early.get(i) ?? SUCCEEDED, id, spec),
      );
      if (!(result instanceof Error)) {
        const last = requestIds.length - 1;
        if (result.type === 'finished' && result.outcome !== null) {
          outcomes[last] = identified(result.outcome, requestIds[last]!, spec);
        }
        return { outcomes, usage: result.usage };
      }
      const progress = channel.progress();
      const index = progress.id === was.id ? progress.index : 0;
      outcomes[index] = at(result, index);
      outcomes.fill(null, index + 1);
      const durationsMs = new Array<number>(index + 1).fill(0);
      durationsMs[index] = elapsed(was);
      return { outcomes, usage: { durationsMs, memoryBytes: 0 } };
    },
    async invoke(requestId, work, measure) {
      const error = (reason: MillraceError, usage: Usage): Reply => ({
        type: 'error',
        id: 0,
        error: failed(reason, requestId),
        usage,
      });
      if (start === undefined) {
        const reason = await ready.then(() => undefined, asFailure);
        if (reason !== undefined) return error(reason, NO_USAGE);
      }
      if (end !== undefined) return error(end, NO_USAGE);
      const { result, was } = await run((id) =>
        channel.send({ type: 'invoke', id, requestId, work, measure }),
      );
      if (result instanceof Error) return error(result, { durationsMs: [elapsed(was)], memoryBytes: 0 });
      if (result.type !== 'error') return result;
      return { ...result, error: { ...result.error, requestId, functionName: spec.functionName } };
    },
    async close() {
      if (end !== undefined) return;
      drop(exited(spec, 'being closed'));
      channel.send({ type: 'close' });
      const stop = timers.after(CLOSE_GRACE_MS, () => channel.terminate());
      await exit;
      stop();
    },
  };
}

const asFailure = (reason: MillraceError) => reason;

/** An outcome that is not a plain success says which invocation it is about. */
function identified(
  outcome: BatchOutcome,
  requestId: string,
  { functionName }: EnvironmentSpec,
): BatchOutcome {
  if (outcome.kind === 'success' || outcome.kind === 'throttled') return outcome;
  if (outcome.kind === 'partial') return { ...outcome, requestId };
  return { ...outcome, requestId, error: { ...outcome.error, requestId, functionName } };
}
