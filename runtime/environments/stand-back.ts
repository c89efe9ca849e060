/**
 * Lowers the scheduling priority of the calling thread alone, so that work that can wait does not delay work that
 * cannot. Linux schedules threads, not processes: setpriority(2) with a thread id is about that thread.
 */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/** @param nice 0 to 19, as nice(1) has it; does nothing on systems other than Linux */
export function standBack(nice: number): void {
  if (nice === 0 || process.platform !== 'linux') return;
  // The link is read by the calling thread: `<process>/task/<thread>`.
  setPriority(Number(basename(readlinkSync('/proc/thread-self'))), nice);
}
