/**
 * The environments of one function as things that are started, kept, replaced and ended: the pool says what they do.
 *
 * Provisioned ones are replaced as soon as they end; the others are started when they are needed and ended when they
 * had nothing to do for a while. The one that worked last is taken first, so that the rest can grow idle.
 */
import type { Timers } from '../../common/clock.js';
import type { OpenChannel } from './channel.js';
import { type FunctionConcurrency, unbounded } from './concurrency.js';
import type { Counters } from './counters.js';
import { type Environment, type PlatformHost, startEnvironment } from './environment.js';
import type { ThrottleReason } from './failures.js';
import type { EnvironmentSpec } from './protocol.js';

export interface Member {
  readonly environment: Environment;
  readonly provisioned: boolean;
  /** Its first invocation is over. */
  invoked: boolean;
  idleSince: number;
}

export interface Fleet {
  /** How many may take something now: idle ones, and those that may still be started. */
  readonly free: number;
  readonly size: number;
  /** An idle one, else a new one; a reason when no more may be started for now. Only while `free` is not 0. */
  take(): Member | ThrottleReason;
  giveBack(member: Member): void;
  /** Starts the provisioned ones, else one; rejects with what is wrong with the function. */
  warmUp(): Promise<void>;
  /** Undefined before one has started. */
  readonly isPlainHandler: boolean | undefined;
  /** When none is taken. */
  close(): Promise<void>;
}

export interface FleetOptions {
  readonly platform: PlatformHost;
  readonly environments: number;
  readonly provisionedConcurrency: number;
  readonly idleMs: number;
  readonly concurrency?: FunctionConcurrency;
  readonly timers: Timers;
  readonly open: OpenChannel;
  readonly counters: Counters;
}

/** A provisioned environment that cannot even start is started again after this (ms), doubling. */
const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 60_000;

export function createFleet(spec: EnvironmentSpec, options: FleetOptions): Fleet {
  const { platform, provisionedConcurrency, idleMs, timers, open, counters } = options;
  const { concurrency = unbounded } = options;
  const limit = Math.max(options.environments, provisionedConcurrency);
  const members = new Set<Member>();
  /** The one used last is last. */
  const idle: Member[] = [];
  let retryMs = FIRST_RETRY_MS;
  let stopRetry: (() => void) | undefined;
  let stopReaping: (() => void) | undefined;
  let closing = false;
  let isPlainHandler: boolean | undefined;
  /** Provisioned ones are kept from `warmUp` on. */
  let provisioning = false;

  const launch = (provisioned: boolean): Member => {
    const initializationType = provisioned ? 'provisioned-concurrency' : 'on-demand';
    const environment = startEnvironment(
      { ...spec, initializationType },
      { platform, timers, open, onEnd: () => lost(member) },
    );
    const member: Member = { environment, provisioned, invoked: false, idleSince: 0 };
    members.add(member);
    environment.ready.then(
      () => {
        counters.environmentStarted();
        isPlainHandler = environment.start?.isPlainHandler;
        if (provisioned) retryMs = FIRST_RETRY_MS;
      },
      () => undefined,
    );
    return member;
  };
  const lost = (member: Member) => {
    members.delete(member);
    const at = idle.indexOf(member);
    if (at >= 0) idle.splice(at, 1);
    if (!member.provisioned || closing) return;
    if (member.environment.start !== undefined) return provision();
    stopRetry?.();
    stopRetry = timers.after(retryMs, provision);
    retryMs = Math.min(MAX_RETRY_MS, retryMs * 2);
  };
  const provision = () => {
    let missing = provisionedConcurrency - [...members].filter(({ provisioned }) => provisioned).length;
    for (; missing > 0 && provisioning && !closing; missing--) rest(launch(true));
  };
  const rest = (member: Member) => {
    member.idleSince = timers.now();
    idle.push(member);
    if (!member.provisioned) stopReaping ??= timers.after(idleMs, reap);
  };
  const reap = () => {
    stopReaping = undefined;
    const now = timers.now();
    const reapable = idle.filter(({ provisioned }) => !provisioned);
    for (const member of reapable) {
      if (now - member.idleSince < idleMs) {
        stopReaping ??= timers.after(member.idleSince + idleMs - now, reap);
      } else void member.environment.close();
    }
  };

  return {
    get free() {
      return idle.length + Math.max(0, limit - members.size);
    },
    get size() {
      return members.size;
    },
    take() {
      const warm = idle.pop();
      if (warm !== undefined) return warm;
      return concurrency.gain(timers.now()) ?? launch(false);
    },
    giveBack(member) {
      if (!member.environment.ended) rest(member);
    },
    async warmUp() {
      provisioning = true;
      if (provisionedConcurrency > 0) provision();
      else if (members.size === 0) rest(launch(false));
      await Promise.all([...members].map(({ environment }) => environment.ready));
    },
    get isPlainHandler() {
      return isPlainHandler;
    },
    async close() {
      closing = true;
      stopRetry?.();
      stopReaping?.();
      await Promise.all([...members].map(({ environment }) => environment.close()));
    },
  };
}
