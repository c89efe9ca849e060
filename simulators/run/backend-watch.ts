/** What a backend says of itself while a run goes on: how far its functions are behind, its CPU time and memory. */
import { performance } from 'node:perf_hooks';
import type { ProcessFigures } from './processes.js';

export interface BackendLook {
  /** Records not finished, by function. */
  readonly lag?: Readonly<Record<string, number>>;
  readonly process?: ProcessFigures;
}

/** A backend that is down or busy is not waited for: the next second asks again. */
const TIMEOUT_MS = 900;

export class BackendWatch {
  readonly #base: string;
  readonly #asksForProcess: boolean;
  #before: { readonly cpuSeconds: number; readonly at: number } | null = null;

  /** @param asksForProcess false when its process is looked at in /proc */
  constructor(base: string, asksForProcess: boolean) {
    this.#base = base.replace(/\/+$/, '');
    this.#asksForProcess = asksForProcess;
  }

  async look(): Promise<BackendLook> {
    const [accounting, metrics] = await Promise.all([
      this.#get('/accounting'),
      this.#asksForProcess ? this.#get('/metrics') : null,
    ]);
    const lag = accounting === null ? null : lagOf(accounting);
    const process = metrics === null ? null : this.#processOf(metrics);
    return { ...(lag === null ? {} : { lag }), ...(process === null ? {} : { process }) };
  }

  /** The text, or null for whatever reason there is none. */
  async #get(path: string): Promise<string | null> {
    try {
      const response = await fetch(this.#base + path, { signal: AbortSignal.timeout(TIMEOUT_MS) });
      return response.ok ? await response.text() : null;
    } catch {
      // Down, busy, or no such path: this second has no figures, which is what the chart shows.
      return null;
    }
  }

  #processOf(metrics: string): ProcessFigures | null {
    const cpuSeconds = metricOf(metrics, 'process_cpu_seconds_total');
    const rss = metricOf(metrics, 'process_resident_memory_bytes');
    if (cpuSeconds === null || rss === null) return null;
    const now = performance.now();
    const before = this.#before;
    this.#before = { cpuSeconds, at: now };
    // A backend that was started again counts from 0.
    const cpu = before === null ? 0 : ((cpuSeconds - before.cpuSeconds) * 1000) / (now - before.at);
    return { cpu: Math.max(0, cpu), rss };
  }
}

/** The value of a metric without labels, in Prometheus' text format. */
export function metricOf(text: string, name: string): number | null {
  const match = new RegExp(`^${name}\\s+(\\S+)`, 'm').exec(text);
  const value = match === null ? Number.NaN : Number(match[1]);
  return Number.isFinite(value) ? value : null;
}

/** Of the telemetry stream; null when the answer is another API's. */
function lagOf(accounting: string): Record<string, number> | null {
  let answer: unknown;
  try {
    answer = JSON.parse(accounting);
  } catch {
    // Some other server listens there.
    return null;
  }
  const lag: unknown = Object(Object(answer).total).lag;
  if (typeof lag !== 'object' || lag === null) return null;
  return Object.fromEntries(Object.entries(lag).filter(([, value]) => typeof value === 'number'));
}
