/**
 * Rules at work on the side: the real life of alerts over events and ticks, kept in memory, telling nobody.
 *
 * Between events time passes in ticks, as it does in a deployment; those at which nothing is due are left out, which
 * makes a year of hourly readings a matter of seconds and changes nothing.
 */
import type { Alert, AlertStore, Told } from '../../../stores/alerts.js';
import { BatchEvaluation, type Incoming, type OnRuleError } from '../evaluate.js';
import type { TagsOf } from '../outcome.js';
import { RulePlan } from '../plan.js';
import type { Rule } from '../rules.js';
import { DEVICES, type DeviceState, WarmPartition } from '../warm.js';

export interface ShadowOptions {
  readonly tagsOf: TagsOf;
  readonly onRuleError: OnRuleError;
  /** Between ticks, ms; they are at its multiples. */
  readonly tickMs: number;
}

/** Nothing has been kept, and nothing is going to be. */
const NOTHING_STORED = {
  next: () => Promise.resolve(0n),
  rows: () => Promise.resolve([]),
  memories: () => Promise.resolve([]),
  due: () => Promise.resolve([]),
  active: () => Promise.resolve([]),
} satisfies Partial<AlertStore> as unknown as AlertStore;

export class ShadowAlerts {
  readonly #warm: WarmPartition;
  readonly #evaluation: BatchEvaluation;
  readonly #devices = new Map<string, DeviceState>();
  readonly #tickMs: number;
  #offset = 0n;
  #lastTick = Number.NEGATIVE_INFINITY;
  #lastArrival = Number.NEGATIVE_INFINITY;

  private constructor(warm: WarmPartition, { tagsOf, onRuleError, tickMs }: ShadowOptions) {
    this.#warm = warm;
    this.#evaluation = new BatchEvaluation(warm, tagsOf, null, onRuleError);
    this.#tickMs = tickMs;
  }

  static async start(rules: readonly Rule[], options: ShadowOptions): Promise<ShadowAlerts> {
    return new ShadowAlerts(
      await WarmPartition.load(0, new RulePlan(rules), NOTHING_STORED, DEVICES),
      options,
    );
  }

  /** In the order of the stream. */
  async event(deviceId: string, incoming: Incoming): Promise<void> {
    const { arrivalTime } = incoming;
    this.#lastArrival = Math.max(this.#lastArrival, arrivalTime);
    let device = this.#devices.get(deviceId);
    if (device === undefined) {
      device = (await this.#warm.devices([deviceId]))[0]!;
      this.#devices.set(deviceId, device);
    }
    const offset = this.#offset++;
    this.#evaluation.event(device, incoming, () => offset);
  }

  /** A tick of this time (epoch ms), as it stands in a stream. */
  tick(time: number): void {
    this.#lastTick = time;
    this.#evaluation.tick({ offset: this.#offset++, arrivalTime: time });
  }

  /** Lets time pass until just before this moment: what comes at a moment itself comes before its tick. */
  passTo(time: number): void {
    for (;;) {
      const due = this.#nextTick();
      if (due >= time) return;
      this.tick(due);
    }
  }

  /** Lets time pass up to this moment, its own tick included. */
  passThrough(time: number): void {
    this.passTo(time + 1);
  }

  /** The tick at which something may be due; Infinity: none. */
  #nextTick(): number {
    const due = this.#warm.due.earliest();
    if (due === Number.POSITIVE_INFINITY) return due;
    const after = Math.max(due, this.#lastArrival, this.#lastTick + 1);
    return Math.ceil(after / this.#tickMs) * this.#tickMs;
  }

  /** What has been told since this was asked last, in its order. */
  told(): Told[] {
    const { outcome } = this.#evaluation;
    outcome.ended.length = 0;
    outcome.changed.clear();
    outcome.touched.clear();
    return outcome.told.splice(0);
  }

  /** The current alert of each rule and device, resolved ones included. */
  alerts(): Alert[] {
    return [...this.#devices.values()].flatMap(({ entries }) =>
      (entries ?? []).flatMap((entry) => entry?.alert ?? []),
    );
  }
}
