/** What a scenario does to the local backend, at its moments. */
import { setTimeout as delay } from 'node:timers/promises';
import { wallNow } from '../drivers/clock.js';
import type { ChaosStep } from '../scenario/scenario.js';
import type { LocalBackend } from './backend.js';

/** Something that was done. */
export interface ChaosEvent {
  /** Since scenario time 0, real seconds. */
  readonly second: number;
  readonly what: string;
}

export interface Chaos {
  /**
   * @param beginAt epoch ms at which scenario time 0 is
   * @param speed of scenario time; how long a backend is down, stopped or slow is on the wall all the same
   */
  start(beginAt: number, speed: number): void;
  /**
   * Begins no further step, ends the one that lasts, and sees to it that the backend is up and running. Throws what
   * went wrong with a step, so that no run passes whose chaos did not happen.
   */
  stop(): Promise<void>;
  readonly log: readonly ChaosEvent[];
}

/** One turn of running and being stopped of a slow backend, ms. */
const SLOW_TURN_MS = 100;

export type ChaosBackend = Pick<LocalBackend, 'kill' | 'start' | 'restart' | 'pause' | 'resume'>;

/** Steps are done one after the other, each at its moment or when the one before is over. */
export function createChaos(
  steps: readonly ChaosStep[],
  backend: ChaosBackend,
  onEvent: (event: ChaosEvent) => void = () => {},
): Chaos {
  const ordered = [...steps].sort((a, b) => a.at - b.at);
  const log: ChaosEvent[] = [];
  const ended = new AbortController();
  let running: Promise<void> | undefined;
  let failed: { readonly error: unknown } | undefined;

  const run = async (beginAt: number, speed: number) => {
    const note = (what: string) => {
      const event = { second: Math.round(wallNow() - beginAt) / 1000, what };
      log.push(event);
      onEvent(event);
    };
    for (const step of ordered) {
      if (await cut(beginAt + step.at / speed - wallNow(), ended.signal)) return;
      await perform(step, backend, note, ended.signal);
    }
  };
  return {
    log,
    start(beginAt, speed) {
      running = run(beginAt, speed).catch((error: unknown) => {
        failed = { error };
      });
    },
    async stop() {
      ended.abort();
      await running;
      if (failed !== undefined) throw failed.error;
    },
  };
}

/** Waits; true: it was cut short. */
async function cut(ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return true;
  if (ms <= 0) return false;
  try {
    await delay(ms, undefined, { signal });
    return false;
  } catch (error) {
    if (signal.aborted) return true;
    throw error;
  }
}

/** Whatever `signal` cuts short, the backend is up and running afterwards. */
async function perform(
  step: ChaosStep,
  backend: ChaosBackend,
  note: (what: string) => void,
  signal: AbortSignal,
): Promise<void> {
  switch (step.action) {
    case 'kill': {
      await backend.kill();
      note('killed (kill -9)');
      await cut(step.restartAfter, signal);
      await timed(() => backend.start(), 'up again', note);
      return;
    }
    case 'restart':
      note('told to stop (SIGTERM)');
      await timed(() => backend.restart(), 'drained, stopped and up again', note);
      return;
    case 'stop':
      backend.pause();
      note('stopped in its tracks (SIGSTOP)');
      await cut(step.lasts, signal);
      backend.resume();
      note('goes on (SIGCONT)');
      return;
    case 'slow': {
      note(`slowed to ${Math.round(step.share * 100)} % of its time`);
      const until = wallNow() + step.lasts;
      while (wallNow() < until && !signal.aborted) {
        backend.pause();
        await cut(SLOW_TURN_MS * (1 - step.share), signal);
        backend.resume();
        await cut(SLOW_TURN_MS * step.share, signal);
      }
      note('at full speed again');
    }
  }
}

async function timed(work: () => Promise<void>, what: string, note: (what: string) => void): Promise<void> {
  const began = wallNow();
  await work();
  note(`${what} after ${((wallNow() - began) / 1000).toFixed(1)} s`);
}
