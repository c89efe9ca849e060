/**
 * One run: all targets with something due at a time, each in a lane of its own. While a slow one keeps the run going,
 * what falls due for the others is still sent.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Target } from '../dispatch/config/types.js';
import { admission, CLOSED } from './core.js';
import { deliverTo, type LaneDeps } from './lane.js';

/** How often it is asked what has fallen due, ms. */
const POLL_MS = 250;
/** Targets at a time; further ones take their turn. */
const MAX_LANES = 64;

export interface RunDeps extends LaneDeps {
  target(id: string): Target | null;
  /** Whether there is time to begin anything at all. */
  hasTime(): boolean;
}

/** Rejects with the first failure of a store, when everything that was under way has ended. */
export async function run(deps: RunDeps): Promise<void> {
  const { store, now, log } = deps;
  const lanes = new Map<string, Promise<void>>();
  const failures: unknown[] = [];
  /** When each target's lane ended: what it left is not for this moment. */
  const ended = new Map<string, number>();

  const start = (state: Parameters<typeof deliverTo>[0]) => {
    const { target } = state;
    const lane = deliverTo(state, deps.target(target), deps)
      .catch((error: unknown) => {
        if (failures.push(error) > 1) log.error({ err: error, target }, 'deliveries of a target failed');
      })
      .finally(() => {
        lanes.delete(target);
        ended.set(target, now());
      });
    lanes.set(target, lane);
  };

  const startDue = async () => {
    const due = await store.dueTargets(now());
    if (due.length === 0) return;
    const states = new Map((await store.targets()).map((state) => [state.target, state]));
    for (const target of due) {
      if (lanes.size >= MAX_LANES) return;
      if (lanes.has(target) || now() - (ended.get(target) ?? Number.NEGATIVE_INFINITY) < POLL_MS) continue;
      const state = states.get(target) ?? { target, ...CLOSED };
      if (admission(state, now()) !== 'open') start(state);
    }
  };

  try {
    do {
      await startDue();
      const until = new AbortController();
      // The poll's timer must not outlive the run.
      const poll = delay(POLL_MS, undefined, { signal: until.signal }).catch(() => undefined);
      await Promise.race([Promise.all(lanes.values()), poll]);
      until.abort();
    } while (lanes.size > 0 && failures.length === 0 && deps.hasTime());
  } catch (error) {
    failures.unshift(error);
  }
  await Promise.all(lanes.values());
  if (failures.length > 0) throw failures[0];
}
