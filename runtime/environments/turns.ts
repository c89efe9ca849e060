/**
 * Takes turns: at most so many pieces of work at a time, in order of arrival. Functions that stand back (`nice`) share
 * the processors but one this way, so that there is always one left for the gateway and for alerts: a thread's
 * priority alone does not see to that, because the scheduler lets a running thread finish its slice.
 */
export interface Turns {
  take<T>(work: () => Promise<T>): Promise<T>;
}

export function createTurns(atOnce: number): Turns {
  const waiting: (() => void)[] = [];
  let free = atOnce;
  return {
    async take(work) {
      if (free > 0) free--;
      else await new Promise<void>((resolve) => waiting.push(resolve));
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) free++;
        else next();
      }
    },
  };
}

/** For work whose turn is always now. */
export const atOnce: Turns = { take: (work) => work() };
