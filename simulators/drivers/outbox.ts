/** Publishes of one connection that go out in one write. */
import type { Delivery } from './channel.js';
import { publishSize, writePublish } from './packets.js';

export class Outbox {
  /** Of everything added since the last `clear`, encoded. */
  byteLength = 0;
  readonly #version: 4 | 5;
  readonly #deliveries: Delivery[] = [];
  readonly #topicBytes: number[] = [];
  readonly #ids: number[] = [];

  constructor(version: 4 | 5) {
    this.#version = version;
  }

  get deliveries(): readonly Delivery[] {
    return this.#deliveries;
  }

  /** @param id message id; 0 with QoS 0 */
  add(delivery: Delivery, id: number): void {
    const topicBytes = Buffer.byteLength(delivery.publish.topic);
    this.byteLength += publishSize(delivery.publish, topicBytes, this.#version);
    this.#deliveries.push(delivery);
    this.#topicBytes.push(topicBytes);
    this.#ids.push(id);
  }

  /** All packets, one after the other. */
  encoded(dup: boolean): Buffer {
    const bytes = Buffer.allocUnsafe(this.byteLength);
    let at = 0;
    for (let i = 0; i < this.#deliveries.length; i++) {
      const { publish } = this.#deliveries[i]!;
      at = writePublish(bytes, at, publish, this.#topicBytes[i]!, this.#version, this.#ids[i]!, dup);
    }
    return bytes;
  }

  clear(): void {
    this.byteLength = 0;
    this.#deliveries.length = 0;
    this.#topicBytes.length = 0;
    this.#ids.length = 0;
  }
}

export function packetSize({ publish }: Delivery, version: 4 | 5): number {
  return publishSize(publish, Buffer.byteLength(publish.topic), version);
}
