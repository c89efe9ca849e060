/** What one connection has sent and the server has not acknowledged, by message id, in order of the first sending. */
import type { Delivery } from './channel.js';
import { Outbox } from './outbox.js';
import { pubrel } from './packets.js';

const MAX_ID = 65_535;

export class InFlight {
  readonly #deliveries = new Map<number, Delivery>();
  #nextId = 1;

  get size(): number {
    return this.#deliveries.size;
  }

  get hasQos2(): boolean {
    for (const { publish } of this.#deliveries.values()) if (publish.qos === 2) return true;
    return false;
  }

  get(id: number): Delivery | undefined {
    return this.#deliveries.get(id);
  }

  /** Returns its message id; only with `size` below 65,535. */
  add(delivery: Delivery): number {
    for (;;) {
      const id = this.#nextId;
      this.#nextId = id === MAX_ID ? 1 : id + 1;
      if (this.#deliveries.has(id)) continue;
      this.#deliveries.set(id, delivery);
      return id;
    }
  }

  remove(id: number): Delivery | undefined {
    const delivery = this.#deliveries.get(id);
    if (delivery !== undefined) this.#deliveries.delete(id);
    return delivery;
  }

  /** What a new connection begins with: the publishes with DUP, and PUBREL for those the server already has. */
  again(version: 4 | 5, each: (delivery: Delivery) => void): Buffer {
    const packets: Buffer[] = [];
    const outbox = new Outbox(version);
    const flush = () => {
      packets.push(outbox.encoded(true));
      outbox.clear();
    };
    for (const [id, delivery] of this.#deliveries) {
      if (delivery.isReleased) {
        flush();
        packets.push(pubrel(id));
      } else outbox.add(delivery, id);
      each(delivery);
    }
    flush();
    return Buffer.concat(packets);
  }
}
