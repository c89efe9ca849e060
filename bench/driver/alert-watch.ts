/**
 * Matches alerts to the events that must have caused them. Each hot event that was acknowledged owes exactly one
 * firing alert; one that was sent but not acknowledged may give one or not.
 */
import type { Buffer } from 'node:buffer';
import { LatencyRecorder } from '../../simulators/drivers/latency.js';
import type { AlertFigures } from './config.js';
import { deviceIdOf, deviceIndexOf } from './workload.js';

interface HotEvent {
  readonly due: number;
  readonly sent: number;
  readonly measured: boolean;
  acknowledged: boolean;
  alerts: number;
}

interface AlertDocument {
  readonly rule?: unknown;
  readonly state?: unknown;
  readonly deviceId?: unknown;
  readonly event?: { readonly seq?: unknown } | null;
}

const SEQ_SPAN = 100_000_000;

export class AlertWatch {
  readonly #rule: string;
  readonly #hot = new Map<number, HotEvent>();
  readonly #latency = new LatencyRecorder();
  readonly #latencyFromSend = new LatencyRecorder();
  #outstanding = 0;
  #duplicate = 0;
  #unexpected = 0;
  #resolved = 0;

  constructor(rule: string) {
    this.#rule = rule;
  }

  /** Acknowledged hot events whose alert has not come yet. */
  get outstanding(): number {
    return this.#outstanding;
  }

  /** A hot event was written. Times are ms of the driver's monotonic clock. */
  sent(device: number, seq: number, due: number, sent: number, measured: boolean): void {
    this.#hot.set(device * SEQ_SPAN + seq, { due, sent, measured, acknowledged: false, alerts: 0 });
  }

  acknowledged(device: number, seq: number): void {
    const event = this.#hot.get(device * SEQ_SPAN + seq);
    if (event === undefined || event.acknowledged) return;
    event.acknowledged = true;
    if (event.alerts === 0) this.#outstanding++;
  }

  /** @param document payload of a message on an alert topic: JSON */
  received(document: Buffer, now: number): void {
    const alert = JSON.parse(document.toString('utf8')) as AlertDocument;
    if (alert.rule !== this.#rule) return;
    if (alert.state === 'resolved') this.#resolved++;
    if (alert.state !== 'firing') return;
    const device = deviceIndexOf(String(alert.deviceId));
    const event = this.#hot.get(device * SEQ_SPAN + Number(alert.event?.seq));
    if (device < 0 || event === undefined) {
      this.#unexpected++;
      return;
    }
    if (event.alerts++ > 0) {
      this.#duplicate++;
      return;
    }
    if (event.acknowledged) this.#outstanding--;
    if (!event.measured) return;
    this.#latency.record(now - event.due);
    this.#latencyFromSend.record(now - event.sent);
  }

  figures(): AlertFigures {
    let expected = 0;
    let missing = 0;
    const missingExamples: string[] = [];
    for (const [key, event] of this.#hot) {
      if (!event.acknowledged) continue;
      expected++;
      if (event.alerts > 0) continue;
      missing++;
      if (missingExamples.length < 5) {
        missingExamples.push(`${deviceIdOf(Math.floor(key / SEQ_SPAN))}/${key % SEQ_SPAN}`);
      }
    }
    return {
      expected,
      received: expected - missing,
      missing,
      duplicate: this.#duplicate,
      unexpected: this.#unexpected,
      resolved: this.#resolved,
      latencyMs: this.#latency.figures(),
      latencyFromSendMs: this.#latencyFromSend.figures(),
      missingExamples,
    };
  }
}
