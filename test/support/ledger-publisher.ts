/**
 * A device gateway that never forgets: it publishes with QoS 1, keeps a ledger of what was acknowledged, and after a
 * lost connection sends again, unchanged and in order, whatever was not.
 */
import mqtt, { type MqttClient } from 'mqtt';
import { type DeviceEvent, payloadOf, topicOf } from './devices.js';

export interface LedgerPublisherOptions {
  readonly clientId: string;
  /** Makes the next event; each is sent until it is acknowledged. */
  readonly next: () => DeviceEvent;
  /** Events in flight at most. */
  readonly inFlight: number;
  /** New events per second at most; default: as many as are acknowledged. */
  readonly perSecond?: number;
}

/** How often a publisher that keeps to a rate looks whether another event is due (ms). */
const PACE_MS = 20;

export class LedgerPublisher {
  readonly #options: LedgerPublisherOptions;
  readonly #events: DeviceEvent[] = [];
  readonly #unacknowledged = new Set<DeviceEvent>();
  #client: MqttClient | undefined;
  #making = false;
  #pace: NodeJS.Timeout | undefined;
  /** Since when, and from how many events on, the rate is kept. */
  #paced = { since: 0, from: 0 };
  /** Publishes of events that had been sent before. */
  resent = 0;

  constructor(options: LedgerPublisherOptions) {
    this.#options = options;
  }

  /** Connects and begins to publish: first what is owed, then, unless `making` is false, new events without end. */
  async start(mqttUrl: string, making = true): Promise<void> {
    const client = await mqtt.connectAsync(
      mqttUrl,
      { clientId: this.#options.clientId, reconnectPeriod: 0, connectTimeout: 5_000 },
      false,
    );
    // A connection reset by a killed server is what these tests are about.
    client.on('error', () => undefined);
    this.#client = client;
    this.#making = making;
    if (making && this.#options.perSecond !== undefined) {
      this.#paced = { since: performance.now(), from: this.#events.length };
      this.#pace = setInterval(() => this.#fill(client), PACE_MS);
    }
    for (const event of [...this.#unacknowledged]) {
      this.resent++;
      this.#publish(client, event);
    }
    this.#fill(client);
  }

  /** Makes no further events; what is in flight may still be acknowledged. */
  pause(): void {
    this.#making = false;
    clearInterval(this.#pace);
  }

  /** Gives the connection up without a word. */
  drop(): void {
    this.pause();
    this.#client?.stream.destroy();
    this.#client?.end(true);
    this.#client = undefined;
  }

  /** Events that were acknowledged. */
  get acknowledged(): number {
    return this.#events.length - this.#unacknowledged.size;
  }

  get owed(): number {
    return this.#unacknowledged.size;
  }

  /** Every event ever made, once. */
  get events(): readonly DeviceEvent[] {
    return this.#events;
  }

  #fill(client: MqttClient): void {
    const { inFlight } = this.#options;
    while (this.#making && client === this.#client && this.#unacknowledged.size < inFlight && this.#isDue()) {
      const event = this.#options.next();
      this.#events.push(event);
      this.#unacknowledged.add(event);
      this.#publish(client, event);
    }
  }

  #isDue(): boolean {
    const { perSecond } = this.#options;
    if (perSecond === undefined) return true;
    const { since, from } = this.#paced;
    return this.#events.length - from < ((performance.now() - since) / 1000) * perSecond;
  }

  #publish(client: MqttClient, event: DeviceEvent): void {
    client.publish(topicOf(event.deviceId), payloadOf(event), { qos: 1 }, (error) => {
      // Without an acknowledgement it stays in the ledger as owed.
      if (error || client !== this.#client) return;
      this.#unacknowledged.delete(event);
      this.#fill(client);
    });
  }
}
