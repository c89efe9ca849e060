/** CPU time and memory of another process, from Linux' /proc. Source: proc(5). */
import { readFileSync, writeFileSync } from 'node:fs';
import { MillraceError } from '../../common/errors.js';

/** USER_HZ: fixed at 100 in the kernel's interface to user space on all of Linux' mainstream architectures. */
const TICKS_PER_SECOND = 100;

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (cause) {
    throw new MillraceError(`the process to measure, ${pid}, cannot be read`, {
      code: 'BENCH_PROCESS_GONE',
      hint: 'It ended, or this is not Linux: the benchmark reads CPU time and memory from /proc.',
      cause,
    });
  }
}

/** User and system time of all threads, living and ended, in seconds; 10 ms resolution. */
export function cpuSecondsOf(pid: number): number {
  const stat = read(pid, 'stat');
  // The second field, the name, may contain anything; fields are counted from the last parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function statusBytes(pid: number, name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(read(pid, 'status'));
  return match === null ? 0 : Number(match[1]) * 1024;
}

export function rssOf(pid: number): number {
  return statusBytes(pid, 'VmRSS');
}

export function peakRssOf(pid: number): number {
  return statusBytes(pid, 'VmHWM');
}

/** Lets the peak start again from the present size. A container may forbid it: then the peak is since the start. */
export function resetPeakRss(pid: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
    return true;
  } catch {
    return false;
  }
}
