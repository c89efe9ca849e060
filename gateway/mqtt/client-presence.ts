/**
 * The presence of devices at the embedded broker, from its connections.
 *
 * A connection speaks for the devices that it publishes telemetry of, from the first event on; for the device that its
 * last will is of, from CONNECT on; and where there is no such will, for the device that its client id names, if that
 * device has ever been told of (any client id could be a device's: those of dashboards must not become one). A
 * connection that takes another one's place (same client id) speaks for the devices of that.
 *
 * What is published on a presence topic goes nowhere: a connection may say `online` and `offline` of the devices that it
 * speaks for, and of the one whose id is its client id, and the broker tells it. A last will there is taken for what it
 * says about whom the connection is of; that it ends is known anyhow.
 *
 * Weakness: without authentication whoever publishes a device's telemetry speaks for it.
 */
import type { Client } from 'aedes';
import type { Timers } from '../../common/clock.js';
import { MillraceError } from '../../common/errors.js';
import type { MqttMessage } from '../../functions/contract.js';
import type { Counters } from '../counters.js';
import { type ConnectionPresence, Presence } from '../presence/presence.js';
import type { PresenceTopics } from '../presence/topics.js';
import { isDeviceId } from '../topics.js';
import type { RetainedMessage } from './retained.js';

export interface ClientPresenceOptions {
  readonly topics: PresenceTopics;
  readonly timers: Timers;
  /** How long the devices of an earlier run have to come back (ms). */
  readonly graceMs: number;
  readonly counters: Counters;
  readonly retained: (filter: string) => AsyncIterable<RetainedMessage>;
  readonly send: (message: MqttMessage) => Promise<void>;
  readonly failed: (error: unknown) => void;
}

export const ONLINE = 'online';
export const OFFLINE = 'offline';
const PAYLOADS = { true: Buffer.from(ONLINE), false: Buffer.from(OFFLINE) };

/** On the connection itself: looking it up is part of every event. */
const CONNECTION = Symbol('presence');
type Present = Client & { [CONNECTION]?: ConnectionPresence };
/** Of Aedes; its type declarations leave it out. */
interface WithWill {
  readonly will: { readonly topic: string } | null;
}
interface Publication {
  readonly topic: string;
  readonly payload: string | Uint8Array;
}

export class ClientPresence {
  readonly #options: ClientPresenceOptions;
  readonly #presence: Presence;
  /** Client id -> its connection. */
  readonly #connections = new Map<string, ConnectionPresence>();

  constructor(options: ClientPresenceOptions) {
    this.#options = options;
    const { topics, counters, failed, send } = options;
    this.#presence = new Presence({
      timers: options.timers,
      tell: (deviceId, online) =>
        send({ topic: topics.topicOf(deviceId), payload: PAYLOADS[`${online}`], qos: 1, retain: true }),
      failed,
      untracked: () => counters.increment('presence_untracked'),
    });
  }

  /** Devices that are online. */
  get online(): number {
    return this.#presence.online;
  }

  deviceOf(topic: string): string | undefined {
    return this.#options.topics.deviceOf(topic);
  }

  /** Takes over what was told before; to be called before the first connection. */
  async open(): Promise<void> {
    const { retained, topics, graceMs } = this.#options;
    const told: string[] = [];
    for await (const { topic, payload } of retained(topics.filter)) {
      const deviceId = topics.deviceOf(topic);
      if (deviceId !== undefined && textOf(payload) === ONLINE) told.push(deviceId);
    }
    this.#presence.restore(told, graceMs);
  }

  /** A connection whose client is not known yet. */
  opened(client: Client): void {
    const connection = this.#presence.connection();
    (client as Present)[CONNECTION] = connection;
    client.conn.once('close', () => {
      if (this.#connections.get(client.id) === connection) this.#connections.delete(client.id);
      connection.end();
    });
  }

  /** CONNECT was accepted. A connection of the same client that this one replaces may not have ended yet. */
  connected(client: Client): void {
    const connection = (client as Present)[CONNECTION];
    if (connection === undefined || client.conn.destroyed) return;
    const before = this.#connections.get(client.id);
    if (before !== undefined) connection.takeOver(before);
    this.#connections.set(client.id, connection);
    const { will } = client as unknown as WithWill;
    const named = will === null || will === undefined ? undefined : this.#options.topics.namedBy(will.topic);
    if (named !== undefined) connection.heard(named);
    else if (connection.speaksForNone && isDeviceId(client.id)) {
      this.#nameByClientId(client.id, connection).catch(this.#options.failed);
    }
  }

  /** An event of the device was accepted from the client. */
  heard(client: Client, deviceId: string): void {
    (client as Present)[CONNECTION]?.heard(deviceId);
  }

  /** The client, or a will, says something on the device's presence topic. Why that is refused, or null. */
  said(client: Client | null, packet: Publication, deviceId: string): MillraceError | null {
    if (client === null || isWill(client, packet)) return null;
    const connection = (client as Present)[CONNECTION];
    if (connection === undefined) return null;
    if (!connection.speaksFor(deviceId) && client.id !== deviceId) return foreign(deviceId);
    const text = textOf(packet.payload);
    if (text === ONLINE) connection.heard(deviceId);
    else if (text === OFFLINE) connection.left(deviceId);
    else return unknown;
    return null;
  }

  /** Nothing is told from now on; resolves when nothing is being told any more. */
  stop(): Promise<void> {
    return this.#presence.stop();
  }

  async #nameByClientId(clientId: string, connection: ConnectionPresence): Promise<void> {
    const { retained, topics } = this.#options;
    for await (const _ of retained(topics.topicOf(clientId))) {
      if (connection.speaksForNone) connection.heard(clientId);
      return;
    }
  }
}

/** Also one of an earlier run of the broker, which is published some time after a start. */
function isWill(client: Client, packet: Publication): boolean {
  return (client as unknown as WithWill).will === packet || 'brokerId' in packet;
}

function textOf(payload: string | Uint8Array): string {
  return typeof payload === 'string' ? payload : Buffer.from(payload).toString('latin1');
}

function foreign(deviceId: string): MillraceError {
  return new MillraceError(`this connection does not speak for ${deviceId}`, {
    code: 'PRESENCE_FOREIGN',
    hint: 'Publish telemetry of the device first, or connect with a last will on its presence topic.',
  });
}

const unknown = new MillraceError(`presence is '${ONLINE}' or '${OFFLINE}'`, {
  code: 'PRESENCE_INVALID',
  hint: 'Publish other states on a topic of relayTopics.',
});
