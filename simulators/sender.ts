/**
 * Publishes over one real MQTT connection, which keeps order across devices, and keeps count. Unacknowledged publishes
 * are bounded in number and in bytes: a slow backend slows the caller down.
 */
import type { IClientPublishOptions, MqttClient } from 'mqtt';
import type { Publication } from './publication.js';

const IN_FLIGHT = 1000;
const IN_FLIGHT_BYTES = 16 << 20;

/** What the pump needs of a sender. */
export interface Outlet {
  /** Resolves when another message may be sent, or when it is to end. */
  room(): Promise<void>;
  publish(publication: Publication): void;
}

export class Sender implements Outlet {
  sent = 0;
  acknowledged = 0;
  /** Publishes that failed for good. */
  failed = 0;
  /** What went wrong, with publishes and with the connection: message -> how often. */
  readonly errors = new Map<string, number>();
  readonly #client: MqttClient;
  readonly #signal: AbortSignal | undefined;
  readonly #wake = () => {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  };
  #bytes = 0;
  #waiting: (() => void)[] = [];

  constructor(client: MqttClient, signal?: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#wake);
    // The client reconnects by itself and sends again what was not acknowledged.
    client.on('error', (error) => this.#note(error));
  }

  get outstanding(): number {
    return this.sent - this.acknowledged - this.failed;
  }

  get isFull(): boolean {
    return this.outstanding >= IN_FLIGHT || (this.#bytes >= IN_FLIGHT_BYTES && this.outstanding > 0);
  }

  async room(): Promise<void> {
    while (this.isFull && this.#signal?.aborted !== true) await this.#change();
  }

  /** Sends; the result is only counted. */
  publish({ topic, payload, qos, retain, properties }: Publication): void {
    const isVersion5 = this.#client.options.protocolVersion === 5;
    const options: IClientPublishOptions = {
      qos,
      retain,
      ...(isVersion5 && properties !== undefined ? { properties: { ...properties } } : {}),
    };
    const size = payload.length;
    this.sent++;
    this.#bytes += size;
    this.#client.publish(topic, payload, options, (error) => {
      this.#bytes -= size;
      if (error) {
        this.failed++;
        this.#note(error);
      } else this.acknowledged++;
      this.#wake();
    });
  }

  /** Waits until everything sent is acknowledged or has failed, or until `timeoutMs` have passed. */
  async drain(timeoutMs: number): Promise<void> {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      this.#wake();
    }, timeoutMs);
    while (this.outstanding > 0 && !isOver) await this.#change();
    clearTimeout(timer);
  }

  /** Disconnects; without waiting for what is not acknowledged by now. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#wake);
    await this.#client.endAsync(this.outstanding > 0);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #note(error: Error): void {
    this.errors.set(error.message, (this.errors.get(error.message) ?? 0) + 1);
  }
}
