/**
 * Publishes over real MQTT connections and keeps count. A device always uses the same connection, so its events keep
 * their order. At most `inFlight` publishes are unacknowledged at a time: a slow backend slows the caller down.
 */
import { connectAsync, type MqttClient } from 'mqtt';
import { MillraceError, messageOf } from '../common/errors.js';

export interface PublisherOptions {
  readonly host: string;
  readonly port: number;
  readonly qos: 0 | 1 | 2;
  readonly connections: number;
  readonly inFlight: number;
  /** Client ids are this and a number. */
  readonly clientIdPrefix: string;
}

/** Connects once, without trying again: a wrong address is to be told at once. Throws `MQTT_CONNECT` (canRetry). */
export async function connectMqtt(host: string, port: number, clientId: string): Promise<MqttClient> {
  try {
    return await connectAsync(
      `mqtt://${host}:${port}`,
      { clientId, clean: true, connectTimeout: 10_000 },
      false,
    );
  } catch (cause) {
    throw new MillraceError(`no MQTT connection to ${host}:${port}: ${messageOf(cause) || 'refused'}`, {
      code: 'MQTT_CONNECT',
      canRetry: true,
      hint: 'Is Millrace running (npm start)? --host and --port say where it listens.',
      cause,
    });
  }
}

export class Publisher {
  sent = 0;
  acknowledged = 0;
  /** Publishes that failed for good. */
  failed = 0;
  /** What went wrong, with publishes and with connections: message -> how often. */
  readonly errors = new Map<string, number>();
  readonly #options: PublisherOptions;
  readonly #clients: readonly MqttClient[];
  #waiting: (() => void)[] = [];

  private constructor(options: PublisherOptions, clients: readonly MqttClient[]) {
    this.#options = options;
    this.#clients = clients;
    // The client reconnects by itself and sends again what was not acknowledged.
    for (const client of clients) client.on('error', (error) => this.#note(error));
  }

  static async open(options: PublisherOptions): Promise<Publisher> {
    const connecting = Array.from({ length: options.connections }, (_, index) =>
      connectMqtt(options.host, options.port, `${options.clientIdPrefix}-${index}`),
    );
    const settled = await Promise.allSettled(connecting);
    const clients = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const refused = settled.find((one) => one.status === 'rejected');
    if (refused !== undefined) {
      await Promise.all(clients.map((client) => client.endAsync(true)));
      throw refused.reason;
    }
    return new Publisher(options, clients);
  }

  get outstanding(): number {
    return this.sent - this.acknowledged - this.failed;
  }

  /** Resolves when another event may be sent. */
  async room(): Promise<void> {
    while (this.outstanding >= this.#options.inFlight) await this.#change();
  }

  /** Sends; the result is only counted. `device` (any integer from 0) chooses the connection. */
  publish(device: number, topic: string, payload: string): void {
    this.sent++;
    const client = this.#clients[device % this.#clients.length]!;
    client.publish(topic, payload, { qos: this.#options.qos }, (error) => {
      if (error) {
        this.failed++;
        this.#note(error);
      } else this.acknowledged++;
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const wake of waiting) wake();
    });
  }

  /** Waits until everything sent is acknowledged or has failed, or until `timeoutMs` have passed. */
  async drain(timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (this.outstanding > 0 && performance.now() < deadline) {
      await Promise.race([this.#change(), after(Math.min(200, deadline - performance.now()))]);
    }
  }

  /** Disconnects; with `force`, without waiting for acknowledgements. */
  async close(force = false): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.endAsync(force)));
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #note(error: Error): void {
    this.errors.set(error.message, (this.errors.get(error.message) ?? 0) + 1);
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
