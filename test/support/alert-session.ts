/**
 * A subscriber with a persistent session (clean: false, QoS 1) on the alert topics that comes back after every loss
 * of its connection, and remembers every alert it was told, and how often.
 */
import mqtt, { type MqttClient } from 'mqtt';
import type { Json } from './json.js';

export class AlertSession {
  readonly #clientId: string;
  readonly #filter: string;
  #client: MqttClient | undefined;
  /** Alert id -> how often it was delivered. */
  readonly deliveries = new Map<string, number>();
  readonly #firing = new Set<string>();
  /** Whether the broker knew the session at the last connect. */
  sessionPresent = false;

  constructor(clientId: string, filter = 'alerts/#') {
    this.#clientId = clientId;
    this.#filter = filter;
  }

  async start(mqttUrl: string): Promise<void> {
    const client = mqtt.connect(mqttUrl, {
      clientId: this.#clientId,
      clean: false,
      reconnectPeriod: 0,
      resubscribe: false,
    });
    this.#client = client;
    client.on('message', (_topic, payload) => {
      if (payload.length === 0) return;
      const alert = JSON.parse(payload.toString()) as Json;
      if (alert.state === 'firing') this.#firing.add(alert.deviceId);
      this.deliveries.set(alert.id, (this.deliveries.get(alert.id) ?? 0) + 1);
    });
    await new Promise<void>((resolve, reject) => {
      client.once('connect', ({ sessionPresent }) => {
        this.sessionPresent = sessionPresent;
        resolve();
      });
      client.once('error', reject);
      client.once('close', () => reject(new Error('the connection closed')));
    });
    // A connection reset by a killed server is what these tests are about.
    client.on('error', () => undefined);
    await client.subscribeAsync(this.#filter, { qos: 1 });
  }

  /** Devices for which a firing alert was delivered. */
  firing(): ReadonlySet<string> {
    return this.#firing;
  }

  drop(): void {
    this.#client?.stream.destroy();
    this.#client?.end(true);
    this.#client = undefined;
  }

  /** Leaves with a DISCONNECT; the session stays. */
  async leave(): Promise<void> {
    await this.#client?.endAsync();
    this.#client = undefined;
  }
}
