/** Waiting for something to become true. */
import { setTimeout as delay } from 'node:timers/promises';

/** @returns whether it did within so many ms */
export async function delayUntil(
  isSo: () => boolean | Promise<boolean>,
  timeoutMs: number,
  pollMs: number,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    if (await isSo()) return true;
    if (performance.now() >= deadline) return false;
    await delay(pollMs);
  }
}
