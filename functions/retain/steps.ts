/** Deleting in short transactions, while there is time. */
import type { InvocationContext } from '../contract.js';

/** Nothing new is begun with less time than this left (ms). */
export const MARGIN = 1_000;
/** Rows per transaction. */
export const STEP = 1_000;

/** @param trim deletes at most `STEP` rows and says how many they were */
export async function inSteps(context: InvocationContext, trim: () => Promise<number>): Promise<number> {
  let total = 0;
  while (context.remainingTimeMs() >= MARGIN) {
    const gone = await trim();
    total += gone;
    if (gone < STEP) break;
  }
  return total;
}
