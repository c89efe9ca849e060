/** Everything the driver counts, in one place: what was sent, what came back, and how long it took. */

import { LatencyRecorder } from '../../simulators/drivers/latency.js';
import type { AlertWatch } from './alert-watch.js';
import { EventKind } from './workload.js';

const MAX_ERRORS = 20;

export class Tally {
  readonly ackLatency = new LatencyRecorder();
  readonly ackLatencyFromSend = new LatencyRecorder();
  readonly sendLag = new LatencyRecorder();
  readonly errors: string[] = [];
  sentCount = 0;
  acknowledgedCount = 0;
  hotCount = 0;
  malformedCount = 0;
  sentLate = 0;
  /** The measured interval has begun and not ended. */
  measuring = false;
  measuredAcknowledged = 0;
  readonly #watch: AlertWatch | null;
  readonly #lateAfterMs: number;
  /** Events due before this (driver's clock, ms) are warm-up: their latencies are not recorded. */
  measureFrom = Number.POSITIVE_INFINITY;
  measureTo = Number.POSITIVE_INFINITY;

  constructor(watch: AlertWatch | null, lateAfterMs: number) {
    this.#watch = watch;
    this.#lateAfterMs = lateAfterMs;
  }

  sent(kind: EventKind, device: number, seq: number, due: number, now: number): void {
    this.sentCount++;
    const measured = due >= this.measureFrom && due < this.measureTo;
    if (measured) this.sendLag.record(now - due);
    if (now - due > this.#lateAfterMs) this.sentLate++;
    if (kind === EventKind.normal) return;
    if (kind !== EventKind.hot) {
      this.malformedCount++;
      return;
    }
    this.hotCount++;
    this.#watch?.sent(device, seq, due, now, measured);
  }

  acknowledged(due: number, sent: number, now: number): void {
    this.acknowledgedCount++;
    if (this.measuring) this.measuredAcknowledged++;
    if (due < this.measureFrom || due >= this.measureTo) return;
    this.ackLatency.record(now - due);
    this.ackLatencyFromSend.record(now - sent);
  }

  hotAcknowledged(device: number, seq: number): void {
    this.#watch?.acknowledged(device, seq);
  }

  error(message: string): void {
    if (this.errors.length < MAX_ERRORS) this.errors.push(message);
  }
}
