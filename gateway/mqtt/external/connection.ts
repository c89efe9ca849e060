/**
 * One connection to a broker, from CONNECT to its end. MQTT.js does the protocol but for incoming telemetry (see
 * `tap.ts`); reconnecting is the broker's business (see `external-broker.ts`), with a new client each time.
 */
import { type IConnackPacket, MqttClient } from 'mqtt';
import { codeOf, MillraceError } from '../../../common/errors.js';
import {
  connectionRefused,
  disconnected,
  publishRefused,
  subscriptionRefused,
  unreachable,
} from './broker-errors.js';
import type { Intake } from './intake.js';
import type { OutgoingChannel } from './outbox.js';
import type { ExternalBrokerSettings } from './settings.js';
import { Tap } from './tap.js';
import { openTransport } from './transport.js';

export type MqttVersion = 4 | 5;

export interface ConnectionOptions {
  readonly settings: ExternalBrokerSettings;
  readonly version: MqttVersion;
  readonly intake: Intake;
  readonly maxPacketBytes: number;
  /** Messages that may wait for their acknowledgement (MQTT 5: receive maximum). */
  readonly receiveMaximum: number;
  readonly connectTimeoutMs: number;
  /** Gives up, whatever stage it is at. */
  readonly signal: AbortSignal;
}

export interface Connection extends OutgoingChannel {
  readonly version: MqttVersion;
  /** Whether the broker knew the session. */
  readonly sessionPresent: boolean;
  /** Whether it has said that it does shared subscriptions; before MQTT 5 it cannot say. */
  readonly hasShared: boolean;
  /** Messages that were received and not acknowledged yet. */
  readonly unacknowledged: number;
  /**
   * QoS that was granted. Rejects with `MQTT_SUBSCRIPTION_REFUSED`. `again`: retained messages are wanted of a
   * subscription that is made again, too.
   */
  subscribe(filter: string, again?: boolean): Promise<number>;
  /** Reason codes, one for each filter; before MQTT 5 there are none. */
  unsubscribe(filters: readonly string[]): Promise<readonly number[]>;
  /** Resolves with the reason when the connection is over; never rejects. */
  readonly closed: Promise<MillraceError>;
  /** Says goodbye (DISCONNECT: no will, the session stays) and closes. */
  end(): Promise<void>;
  destroy(reason: Error): void;
}

/** The broker did not understand this version of MQTT: worth trying the other. */
export class VersionRefused extends MillraceError {}

/** Bytes of a PUBLISH beside topic and payload, with room to spare. */
const PUBLISH_OVERHEAD = 32;
const KEEPALIVE_SECONDS = 30;
/** PUBLISHes in flight where the broker gives no limit. */
const DEFAULT_WINDOW = 100;
/** A subscription that is made again brings no retained messages again (MQTT 5.0, 3.8.3.1: retain handling 1). */
const RETAINED_ONCE = { qos: 1, rh: 1 } as const;
const RETAINED_AGAIN = { qos: 1, rh: 0 } as const;
const UNACCEPTABLE_VERSION = [1, 132];

/** Rejects with MQTT_UNREACHABLE, MQTT_TLS, MQTT_AUTH, MQTT_REFUSED, or `VersionRefused`. */
export function openConnection(options: ConnectionOptions): Promise<Connection> {
  const { settings, version, intake } = options;
  const address = settings.url.href;
  const tap = new Tap(openTransport(settings), version, options.maxPacketBytes, {
    publish: (publish) => session.publish(publish),
    pubrel: (packetId) => session.pubrel(packetId),
    newSession: () => intake.forgetSession(),
  });
  const session = intake.attach({
    write: (bytes) => tap.add(bytes),
    pause: () => tap.hold(),
    resume: () => tap.release(),
    fail: (error) => tap.destroy(error),
  });
  const client = new MqttClient(() => tap as never, {
    protocolVersion: version,
    protocolId: 'MQTT',
    clientId: settings.clientId,
    clean: false,
    ...(settings.username === undefined ? {} : { username: settings.username }),
    ...(settings.password === undefined ? {} : { password: settings.password }),
    keepalive: KEEPALIVE_SECONDS,
    connectTimeout: options.connectTimeoutMs,
    reconnectPeriod: 0,
    resubscribe: false,
    ...(version === 5
      ? {
          properties: {
            sessionExpiryInterval: settings.sessionExpirySeconds,
            receiveMaximum: options.receiveMaximum,
          },
        }
      : {}),
  });
  const abort = () => void tap.destroy(new Error('closed'));
  options.signal.addEventListener('abort', abort);
  let reason: MillraceError | null = null;
  client.on('disconnect', (packet) => {
    reason ??= disconnected(address, packet.reasonCode ?? 0);
  });
  return new Promise((resolve, reject) => {
    let isConnected = false;
    client.on('error', (error) => {
      const code = (error as { code?: unknown }).code;
      if (typeof code === 'number' && !isConnected) reason ??= refusal(address, code);
      tap.failure ??= error;
    });
    const closed = new Promise<MillraceError>((tell) => {
      client.on('close', () => {
        options.signal.removeEventListener('abort', abort);
        session.end();
        const failure = tap.failure;
        reason ??= failure instanceof MillraceError ? failure : unreachable(address, failure);
        tell(reason);
        if (isConnected) return;
        // Brokers of old close the connection when they do not know the version.
        const isSilent = failure === null || codeOf(failure) === 'ECONNRESET';
        reject(isSilent && !(reason instanceof VersionRefused) && version === 5 ? asVersion(reason) : reason);
      });
    });
    client.on('connect', (connack) => {
      isConnected = true;
      resolve(connectionOf(client, tap, connack, closed, version, () => session.unacknowledged));
    });
  });
}

function refusal(address: string, code: number): MillraceError {
  const error = connectionRefused(address, code);
  return UNACCEPTABLE_VERSION.includes(code) ? asVersion(error) : error;
}

function asVersion(error: MillraceError): VersionRefused {
  const { code, canRetry, hint, cause } = error;
  return new VersionRefused(error.message, {
    code,
    canRetry,
    ...(hint === undefined ? {} : { hint }),
    cause,
  });
}

function connectionOf(
  client: MqttClient,
  tap: Tap,
  connack: IConnackPacket,
  closed: Promise<MillraceError>,
  version: MqttVersion,
  unacknowledged: () => number,
): Connection {
  const limits = connack.properties ?? {};
  const maximumPacket = limits.maximumPacketSize ?? Number.POSITIVE_INFINITY;
  return {
    version,
    sessionPresent: connack.sessionPresent,
    hasShared: limits.sharedSubscriptionAvailable !== false,
    window: Math.min(DEFAULT_WINDOW, limits.receiveMaximum ?? DEFAULT_WINDOW),
    closed,
    get unacknowledged() {
      return unacknowledged();
    },
    publish(message, done) {
      const { topic, payload } = message;
      if (Buffer.byteLength(topic) + payload.length + PUBLISH_OVERHEAD > maximumPacket) {
        // The broker would close the connection, again and again.
        queueMicrotask(() => done(tooLarge(topic, maximumPacket)));
        return;
      }
      const qos = Math.min(message.qos, limits.maximumQoS ?? 1) as 0 | 1;
      const retain = message.retain && limits.retainAvailable !== false;
      client.publish(topic, asBuffer(payload), { qos, retain }, (error) => {
        if (!error) done(null);
        else if (!isOver(client)) done(publishRefused(topic, numericCode(error)));
      });
    },
    async subscribe(filter, again = false) {
      try {
        const [grant] = await client.subscribeAsync(filter, again ? RETAINED_AGAIN : RETAINED_ONCE);
        return grant?.qos ?? 0;
      } catch (error) {
        const { packet } = error as { packet?: { granted?: unknown[] } };
        throw isOver(client)
          ? await closed
          : subscriptionRefused(filter, Number(packet?.granted?.[0] ?? 128));
      }
    },
    async unsubscribe(filters) {
      const unsuback = await client.unsubscribeAsync([...filters]);
      return ((unsuback as { granted?: number[] } | undefined)?.granted ?? []).map(Number);
    },
    async end() {
      if (!isOver(client)) client.end();
      await closed;
    },
    destroy: (reason) => void tap.destroy(reason),
  };
}

/** Whether callbacks come because the connection has ended, and not because the broker has answered. */
function isOver(client: MqttClient): boolean {
  return !client.connected || client.disconnecting || client.stream.destroyed;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function numericCode(error: Error): number {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : 128;
}

function tooLarge(topic: string, limit: number): MillraceError {
  return new MillraceError(
    `the broker takes packets of ${limit} bytes at most; one on '${topic}' is larger`,
    {
      code: 'MQTT_TOO_LARGE',
      hint: 'Raise the largest packet size at the broker.',
    },
  );
}
