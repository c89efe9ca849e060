/** One sample for each second of a run, and the progress in between. */
import { wallNow } from '../drivers/clock.js';
import type { Progress } from '../report/output.js';
import type { Sample } from '../result.js';
import type { BackendWatch } from './backend-watch.js';
import type { Counts } from './observer.js';
import type { ProcessWatch } from './processes.js';

export interface Sampled {
  readonly beginAt: number;
  readonly phases: readonly { readonly name: string; readonly from: number; readonly until: number }[];
  readonly counts: Readonly<Counts>;
  /** So many alerts were told. */
  readonly alerts: () => number;
  /** Null: it has no query API. */
  readonly backend: BackendWatch | null;
  readonly processes: ProcessWatch;
  readonly onSample: (sample: Sample) => void;
  readonly onProgress: (progress: Progress) => void;
}

const PROGRESS_MS = 200;

export class Sampler {
  readonly samples: Sample[] = [];
  readonly #sampled: Sampled;
  #before = { sent: 0, acknowledged: 0, alerts: 0 };
  #lag: number | null = null;
  #second = 0;
  #timer: NodeJS.Timeout | null = null;
  #progress: NodeJS.Timeout | null = null;
  #looking: Promise<void> | null = null;

  constructor(sampled: Sampled) {
    this.#sampled = sampled;
  }

  start(): void {
    // The first look is what the next ones are compared with.
    this.#sampled.processes.look(wallNow());
    this.#progress = setInterval(() => this.#tell(), PROGRESS_MS);
    this.#arm();
  }

  /** Resolves when the last sample is told. */
  async stop(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#progress !== null) clearInterval(this.#progress);
    this.#timer = null;
    this.#progress = null;
    await this.#looking;
    this.#tell();
  }

  #arm(): void {
    const next = this.#sampled.beginAt + (this.#second + 1) * 1000;
    this.#timer = setTimeout(
      () => {
        this.#looking = this.#look().finally(() => {
          if (this.#timer === null) return;
          // Seconds that were missed because the machine was busy are left out, not made up.
          const now = Math.floor((wallNow() - this.#sampled.beginAt) / 1000);
          this.#second = Math.max(this.#second + 1, now);
          this.#arm();
        });
      },
      Math.max(0, next - wallNow()),
    );
  }

  async #look(): Promise<void> {
    const { counts, processes, backend, beginAt, onSample } = this.#sampled;
    const now = { sent: counts.sent, acknowledged: counts.acknowledged, alerts: this.#sampled.alerts() };
    const second = Math.round((wallNow() - beginAt) / 100) / 10;
    const local = processes.look(wallNow());
    const look = await backend?.look();
    if (look?.lag !== undefined) this.#lag = Math.max(0, ...Object.values(look.lag));
    const sample: Sample = {
      second,
      sent: now.sent - this.#before.sent,
      acknowledged: now.acknowledged - this.#before.acknowledged,
      alerts: now.alerts - this.#before.alerts,
      ...(look?.lag === undefined ? {} : { lag: look.lag }),
      processes: { ...(look?.process === undefined ? {} : { backend: look.process }), ...local },
    };
    this.#before = now;
    this.samples.push(sample);
    onSample(sample);
  }

  #tell(): void {
    const { counts, beginAt, phases, alerts, onProgress } = this.#sampled;
    const second = (wallNow() - beginAt) / 1000;
    const phase = phases.find(({ from, until }) => second >= from && second < until)?.name ?? null;
    onProgress({ second, phase, ...counts, alerts: alerts(), lag: this.#lag });
  }
}
