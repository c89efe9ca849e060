/** Opens connections at the beginning, so many a second: a broker that is met by all at once refuses some. */
import type { Channel } from './channel.js';
import { wallNow } from './clock.js';

const TICK_MS = 10;

/** Looking the host up, starting processes, the last handshakes. */
const MARGIN_MS = 500;

/**
 * How long before scenario time 0 (`beginAt`) a driver should be started so that all who are there from the beginning
 * are connected by then, ms. Without it, their first publishes are late or, with QoS 0, unsent.
 */
export function leadMs(connections: number, connectRate: number): number {
  return MARGIN_MS + (connections * 1000) / connectRate;
}

export class Ramp {
  readonly #pending: Set<Channel>;
  readonly #perMs: number;
  #opened = 0;
  #timer: NodeJS.Timeout | null = null;

  /** @param connectRate connections per second */
  constructor(channels: Iterable<Channel>, connectRate: number) {
    this.#pending = new Set(channels);
    this.#perMs = connectRate / 1000;
  }

  get isDone(): boolean {
    return this.#pending.size === 0;
  }

  start(): void {
    this.#tick(wallNow());
  }

  /** The plan does not want it connected any more. */
  remove(channel: Channel): void {
    this.#pending.delete(channel);
  }

  stop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#pending.clear();
  }

  #tick(begin: number): void {
    const now = wallNow();
    const allowed = Math.floor((now - begin) * this.#perMs) + 1;
    for (const channel of this.#pending) {
      if (this.#opened >= allowed) break;
      this.#opened++;
      this.#pending.delete(channel);
      channel.open(now);
    }
    this.#timer = this.#pending.size === 0 ? null : setTimeout(() => this.#tick(begin), TICK_MS);
  }
}
