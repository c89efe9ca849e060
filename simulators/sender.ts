/**
 * Publishes over one real MQTT connection, which keeps order across devices, and keeps count. Unacknowledged publishes
 * are bounded in number and in bytes: a slow backend slows the caller down.
 *
 * What was not acknowledged is sent again after a lost connection. An MQTT 3.1.1 broker that does not want a message
 * has no other answer than to close the connection, each time anew: then this gives up.
 */
import type { IClientPublishOptions, MqttClient } from 'mqtt';
import { MillraceError } from '../common/errors.js';
import type { Publication } from './publication.js';

const IN_FLIGHT = 1000;
const IN_FLIGHT_BYTES = 16 << 20;
/** Connections in a row that ended without one acknowledgement. */
const MAX_FRUITLESS = 3;

/** What the pump needs of a sender. */
export interface Outlet {
  /** Resolves when another message may be sent, or when it is to end. Throws `REPLAY_REFUSED`. */
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
  /** Topics of what is not acknowledged, oldest first, by number. */
  readonly #open = new Map<number, string>();
  #bytes = 0;
  #fruitless = 0;
  #refusal: MillraceError | null = null;
  #waiting: (() => void)[] = [];

  constructor(client: MqttClient, signal?: AbortSignal) {
    this.#client = client;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#wake);
    // The client reconnects by itself and sends again what was not acknowledged.
    client.on('error', (error) => this.#note(error.message));
    let isConnected = client.connected;
    // Not 'connect': that comes once everything was sent again, and it may not come to that.
    client.on('packetreceive', ({ cmd }) => {
      if (cmd === 'connack') isConnected = true;
    });
    client.on('close', () => {
      if (isConnected && !client.disconnecting) this.#lost();
      isConnected = false;
    });
  }

  get outstanding(): number {
    return this.sent - this.acknowledged - this.failed;
  }

  get isFull(): boolean {
    return this.outstanding >= IN_FLIGHT || (this.#bytes >= IN_FLIGHT_BYTES && this.outstanding > 0);
  }

  async room(): Promise<void> {
    while (this.isFull && this.#signal?.aborted !== true && this.#refusal === null) await this.#change();
    if (this.#refusal !== null) throw this.#refusal;
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
    const number = this.sent++;
    this.#open.set(number, topic);
    this.#bytes += size;
    this.#client.publish(topic, payload, options, (error) => {
      this.#open.delete(number);
      this.#bytes -= size;
      if (error) {
        this.failed++;
        this.#note(error.message);
      } else {
        this.acknowledged++;
        this.#fruitless = 0;
      }
      this.#wake();
    });
  }

  /** Waits until everything is acknowledged or has failed, or until `timeoutMs` have passed. Throws as `room` does. */
  async drain(timeoutMs: number): Promise<void> {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      this.#wake();
    }, timeoutMs);
    while (this.outstanding > 0 && !isOver && this.#refusal === null) await this.#change();
    clearTimeout(timer);
    if (this.#refusal !== null) throw this.#refusal;
  }

  /** Disconnects; without waiting for what is not acknowledged by now. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#wake);
    await this.#client.endAsync(this.outstanding > 0);
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #lost(): void {
    this.#note('the connection was lost');
    if (this.outstanding === 0 || ++this.#fruitless < MAX_FRUITLESS) return;
    const topic = this.#open.values().next().value;
    this.#refusal = new MillraceError(
      `the broker closes the connection again and again; the first message that it did not acknowledge is on ${topic}`,
      {
        code: 'REPLAY_REFUSED',
        hint: 'Perhaps this client may not publish there: choose topics with --filter, or log in with -u and -P.',
      },
    );
    this.#wake();
  }

  #note(message: string): void {
    this.errors.set(message, (this.errors.get(message) ?? 0) + 1);
  }
}
