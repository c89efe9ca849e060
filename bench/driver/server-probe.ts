/** Watches the measured server: its CPU time over the measured interval, its memory all along it. */
import type { ServerFigures } from './config.js';
import { cpuSecondsOf, peakRssOf, resetPeakRss, rssOf } from './process-stats.js';

export class ServerProbe {
  readonly #pid: number;
  readonly #sampleMs: number;
  readonly #rss: { second: number; bytes: number }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #beganAt = 0;
  #cpuAtBegin = 0;
  #cpuSeconds = 0;
  #events = 0;
  #peak = 0;

  constructor(pid: number, sampleSeconds: number) {
    this.#pid = pid;
    this.#sampleMs = sampleSeconds * 1000;
  }

  begin(): void {
    resetPeakRss(this.#pid);
    this.#beganAt = performance.now();
    this.#cpuAtBegin = cpuSecondsOf(this.#pid);
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), this.#sampleMs);
  }

  /** @param events acknowledged within the interval */
  end(events: number): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#cpuSeconds = cpuSecondsOf(this.#pid) - this.#cpuAtBegin;
    this.#peak = peakRssOf(this.#pid);
    this.#events = events;
    this.#sample();
  }

  figures(): ServerFigures {
    return {
      cpuSeconds: this.#cpuSeconds,
      cpuSecondsPerMillion: (this.#cpuSeconds * 1e6) / Math.max(1, this.#events),
      peakRssBytes: this.#peak,
      rss: this.#rss,
    };
  }

  #sample(): void {
    const second = Math.round((performance.now() - this.#beganAt) / 100) / 10;
    this.#rss.push({ second, bytes: rssOf(this.#pid) });
  }
}
