/** Counts what the driver tells, and hands it on to whoever judges the run. */
import type { DriveObserver } from '../drivers/driver.js';

/** Grows only. */
export interface Counts {
  sent: number;
  acknowledged: number;
  unsent: number;
  /** Connections that are there now. */
  connected: number;
  /** Losses of connections that nobody planned, and what went wrong besides. */
  errors: number;
}

/** Messages that differ are kept up to this many; all are counted. */
const MESSAGES_KEPT = 20;

export class CountingObserver implements DriveObserver {
  readonly counts: Counts = { sent: 0, acknowledged: 0, unsent: 0, connected: 0, errors: 0 };
  readonly #next: Partial<DriveObserver>;
  readonly #messages = new Set<string>();
  readonly #onMessage: (message: string) => void;

  /** @param onMessage told each message once */
  constructor(next: Partial<DriveObserver>, onMessage: (message: string) => void) {
    this.#next = next;
    this.#onMessage = onMessage;
  }

  readonly sent: DriveObserver['sent'] = (device, publish, due, sentAt) => {
    this.counts.sent++;
    this.#next.sent?.(device, publish, due, sentAt);
  };

  readonly acknowledged: DriveObserver['acknowledged'] = (device, publish, at) => {
    this.counts.acknowledged++;
    this.#next.acknowledged?.(device, publish, at);
  };

  readonly unsent: DriveObserver['unsent'] = (device, publish, reason) => {
    this.counts.unsent++;
    this.#next.unsent?.(device, publish, reason);
  };

  readonly connected: DriveObserver['connected'] = (device, tookMs) => {
    this.counts.connected++;
    this.#next.connected?.(device, tookMs);
  };

  readonly disconnected: DriveObserver['disconnected'] = (device, reason) => {
    this.counts.connected = Math.max(0, this.counts.connected - 1);
    if (reason !== null) this.#tell(reason);
    this.#next.disconnected?.(device, reason);
  };

  readonly error: DriveObserver['error'] = (message) => {
    this.#tell(message);
    this.#next.error?.(message);
  };

  #tell(message: string): void {
    this.counts.errors++;
    if (this.#messages.has(message) || this.#messages.size >= MESSAGES_KEPT) return;
    this.#messages.add(message);
    this.#onMessage(message);
  }
}
