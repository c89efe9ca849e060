/** CPU time and memory of processes of this machine, from Linux' /proc (proc(5)). Elsewhere there is nothing to show. */
import { readFileSync } from 'node:fs';

/** USER_HZ: fixed at 100 in the kernel's interface to user space on all of Linux' mainstream architectures. */
const TICKS_PER_SECOND = 100;

export interface ProcessFigures {
  /** Cores in use since the last look. */
  readonly cpu: number;
  /** bytes */
  readonly rss: number;
}

/** Looks at named processes from time to time. */
export class ProcessWatch {
  readonly #pids: () => Readonly<Record<string, readonly number[]>>;
  readonly #before = new Map<number, { readonly cpuSeconds: number; readonly at: number }>();

  /** @param pids asked at every look: a backend that was killed comes back under another number */
  constructor(pids: () => Readonly<Record<string, readonly number[]>>) {
    this.#pids = pids;
  }

  /** @param now ms of a monotonic clock */
  look(now: number): Record<string, ProcessFigures> {
    const figures: Record<string, ProcessFigures> = {};
    for (const [name, pids] of Object.entries(this.#pids())) {
      let cpu = 0;
      let rss = 0;
      let found = false;
      for (const pid of pids) {
        const usage = usageOf(pid);
        if (usage === null) continue;
        found = true;
        const before = this.#before.get(pid);
        this.#before.set(pid, { cpuSeconds: usage.cpuSeconds, at: now });
        rss += usage.rss;
        if (before !== undefined && now > before.at) {
          cpu += ((usage.cpuSeconds - before.cpuSeconds) * 1000) / (now - before.at);
        }
      }
      if (found) figures[name] = { cpu: Math.max(0, cpu), rss };
    }
    return figures;
  }
}

/** Null: it has ended, or this is not Linux. */
export function usageOf(pid: number): { readonly cpuSeconds: number; readonly rss: number } | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field, the name, may contain anything; fields are counted from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? '0';
    const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return { cpuSeconds, rss: Number(kilobytes) * 1024 };
  } catch {
    // What cannot be looked at is not shown: a run must not fail because a process of its backend has ended.
    return null;
  }
}

/** Its living children, but for one. */
export function childrenOf(pid: number, except: number | null): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    return text === ''
      ? []
      : text
          .split(' ')
          .map(Number)
          .filter((child) => child !== except);
  } catch {
    // Not Linux, or a kernel that does not tell: its children are not counted.
    return [];
  }
}
