/** Everything a driver counts, in one place, and the summary made of it. */
import type { DriveSummary } from './driver.js';
import { LatencyRecorder } from './latency.js';

export class Tally {
  planned = 0;
  sent = 0;
  acknowledged = 0;
  late = 0;
  resent = 0;
  refused = 0;
  connects = 0;
  failedConnects = 0;
  /** Given up for good; what still waits at the end is added in the summary. */
  unsent = 0;
  readonly #beginAt: number;
  readonly #latency = new LatencyRecorder();
  readonly #schedulingError = new LatencyRecorder();
  readonly #reasons = new Map<string, number>();
  readonly #sentBySecond: number[] = [];
  readonly #acknowledgedBySecond: number[] = [];

  constructor(beginAt: number) {
    this.#beginAt = beginAt;
  }

  written(due: number, at: number): void {
    this.sent++;
    this.#schedulingError.record(at - due);
    count(this.#sentBySecond, this.#secondOf(at));
  }

  /** With QoS 0 at the write. */
  finished(due: number, at: number, isAcknowledged: boolean): void {
    this.#latency.record(at - due);
    if (!isAcknowledged) return;
    this.acknowledged++;
    count(this.#acknowledgedBySecond, this.#secondOf(at));
  }

  notInTime(reason: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  /** @param waiting what was kept and never sent */
  summary(waiting: number): DriveSummary {
    const seconds = Math.max(this.#sentBySecond.length, this.#acknowledgedBySecond.length);
    return {
      planned: this.planned,
      sent: this.sent,
      acknowledged: this.acknowledged,
      unsent: this.unsent + waiting,
      late: this.late,
      unsentReasons: Object.fromEntries(this.#reasons),
      resent: this.resent,
      refused: this.refused,
      connects: this.connects,
      failedConnects: this.failedConnects,
      latency: this.#latency.encoded(),
      schedulingError: this.#schedulingError.encoded(),
      throughput: Array.from({ length: seconds }, (_, second) => ({
        second,
        sent: this.#sentBySecond[second] ?? 0,
        acknowledged: this.#acknowledgedBySecond[second] ?? 0,
      })),
    };
  }

  #secondOf(at: number): number {
    return Math.max(0, Math.floor((at - this.#beginAt) / 1000));
  }
}

function count(bySecond: number[], second: number): void {
  while (bySecond.length <= second) bySecond.push(0);
  bySecond[second]!++;
}
