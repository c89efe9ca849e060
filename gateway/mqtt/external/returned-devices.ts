/**
 * Presence at a broker that is not ours. It knows who is connected, and tells it by the last wills of devices on their
 * presence topics; that they are back it does not tell. So a device whose `offline` was heard, and whose telemetry is
 * heard since, is told `online` here. Of a device that has never been told offline nothing is told: nobody would ever
 * take it back. And `offline` is never told: silence may be a long interval.
 *
 * The telemetry may be older than it looks, for example what a device publishes just before it says goodbye. What was
 * published before an `offline` comes before it in the gateway's session, so a device is told of when none has come for
 * `SETTLE_MS` to twice that.
 *
 * Weakness: telemetry that another gateway has left behind for so long may tell a device online that is not.
 */
import type { Timers } from '../../../common/clock.js';
import type { PresenceTopics } from '../../presence/topics.js';

export interface ReturnedDevicesOptions {
  readonly topics: PresenceTopics;
  readonly timers: Timers;
  /** Publishes `online`, retained, on the topic. */
  readonly tell: (topic: string) => Promise<void>;
  /** For tests. */
  readonly maxDevices?: number;
}

export const SETTLE_MS = 1_000;
/** Devices told offline that are remembered; beyond it those told longest ago are not told online. */
const MAX_DEVICES = 200_000;
/** Messages at a time, so that alerts do not wait behind a fleet that is back. */
const CHUNK = 100;
const OFFLINE = Buffer.from('offline');

export class ReturnedDevices {
  readonly topics: PresenceTopics;
  readonly #options: ReturnedDevicesOptions;
  readonly #offline = new Set<string>();
  /** Heard of since the last turn, and since the one before. */
  #fresh = new Set<string>();
  #settling = new Set<string>();
  #cancelTurn: (() => void) | null = null;
  #isStopped = false;

  constructor(options: ReturnedDevicesOptions) {
    this.#options = options;
    this.topics = options.topics;
  }

  /** A message on the device's presence topic, whoever published it. */
  said(deviceId: string, payload: Uint8Array): void {
    this.#forget(deviceId);
    if (!OFFLINE.equals(payload)) return;
    const { maxDevices = MAX_DEVICES } = this.#options;
    if (this.#offline.size >= maxDevices) {
      for (const oldest of this.#offline) {
        this.#offline.delete(oldest);
        break;
      }
    }
    this.#offline.add(deviceId);
  }

  /** Telemetry of the device that the broker has for the first time. Called for every event. */
  heard(deviceId: string): void {
    if (this.#offline.size === 0 || !this.#offline.delete(deviceId)) return;
    this.#fresh.add(deviceId);
    this.#turnLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTurn?.();
  }

  #forget(deviceId: string): void {
    this.#offline.delete(deviceId);
    this.#fresh.delete(deviceId);
    this.#settling.delete(deviceId);
  }

  #turnLater(): void {
    if (this.#cancelTurn !== null || this.#isStopped) return;
    this.#cancelTurn = this.#options.timers.after(SETTLE_MS, () => void this.#turn());
  }

  async #turn(): Promise<void> {
    const settled = this.#settling;
    this.#settling = this.#fresh;
    this.#fresh = new Set();
    const left = settled[Symbol.iterator]();
    for (;;) {
      const chunk = [...take(left, CHUNK)];
      if (chunk.length === 0 || this.#isStopped) break;
      await Promise.all(chunk.map((deviceId) => this.#tell(deviceId)));
    }
    this.#cancelTurn = null;
    if (this.#fresh.size > 0 || this.#settling.size > 0) this.#turnLater();
  }

  async #tell(deviceId: string): Promise<void> {
    try {
      await this.#options.tell(this.topics.topicOf(deviceId));
    } catch {
      // The broker is away or has too much to do, which whoever publishes is told: with the next event again.
      this.#offline.add(deviceId);
    }
  }
}

function* take<T>(from: Iterator<T>, count: number): Generator<T> {
  for (let taken = 0; taken < count; taken++) {
    const { done, value } = from.next();
    if (done) return;
    yield value;
  }
}
