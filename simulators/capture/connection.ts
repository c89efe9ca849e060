/**
 * An MQTT connection to a target for recording and replaying: mqtt.js, over TCP, TLS or WebSocket, MQTT 3.1.1 or 5.
 * It reconnects by itself; only the first connect is tried once, for a wrong address is to be told at once.
 */
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { MillraceError, messageOf } from '../../common/errors.js';
import type { Target } from '../drivers/driver.js';
import { readTlsFiles } from '../drivers/tls-files.js';

const CONNECT_TIMEOUT_MS = 10_000;
const RECONNECT_MS = 1000;

export interface ConnectionOptions {
  readonly target: Target;
  readonly clientId: string;
  /** Whether the broker is to forget the client when it is gone. */
  readonly clean: boolean;
  /** MQTT 5: how long the broker keeps a session that is not clean, in seconds. */
  readonly sessionSeconds?: number;
}

/** How a target is written: `mqtts://broker.example:8883`, without credentials. */
export function addressOf({ transport, host, port, path }: Target): string {
  return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}

/** Throws `MQTT_CONNECT` (canRetry), `MQTT_TRANSPORT` for HTTP, `DRIVER_TLS`. */
export async function connectTarget(options: ConnectionOptions): Promise<MqttClient> {
  const { target } = options;
  if (target.transport === 'http' || target.transport === 'https') {
    throw new MillraceError(`${addressOf(target)} is HTTP, and this needs MQTT`, {
      code: 'MQTT_TRANSPORT',
      hint: 'Write mqtt://, mqtts://, ws:// or wss://.',
    });
  }
  try {
    return await connectAsync(addressOf(target), clientOptions(options), false);
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    throw new MillraceError(`no MQTT connection to ${addressOf(target)}: ${messageOf(cause) || 'refused'}`, {
      code: 'MQTT_CONNECT',
      canRetry: true,
      hint: 'Is Millrace or another broker running there? --host and --port say where it listens.',
      cause,
    });
  }
}

function clientOptions({ target, clientId, clean, sessionSeconds }: ConnectionOptions): IClientOptions {
  const { username, password, protocolVersion, keepaliveSeconds, insecure } = target;
  const keepsSession = protocolVersion === 5 && sessionSeconds !== undefined;
  return {
    clientId,
    clean,
    protocolVersion,
    keepalive: keepaliveSeconds,
    connectTimeout: CONNECT_TIMEOUT_MS,
    reconnectPeriod: RECONNECT_MS,
    // Whoever subscribes does so on every connect: mqtt.js would not tell when a subscription is refused later on.
    resubscribe: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(keepsSession ? { properties: { sessionExpiryInterval: sessionSeconds } } : {}),
    ...readTlsFiles(target)?.pem,
    rejectUnauthorized: !insecure,
  };
}
