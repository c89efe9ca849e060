/**
 * A subscriber that misses nothing while a backend goes and comes back: its session is kept by the broker, and removed
 * at the end.
 */
import { readFileSync } from 'node:fs';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { MillraceError, messageOf } from '../../common/errors.js';
import { wallNow } from '../drivers/clock.js';
import type { Target } from '../drivers/driver.js';

export interface Subscription {
  readonly filter: string;
  /** @param receivedAt epoch ms */
  received(topic: string, payload: Buffer, receivedAt: number): void;
}

export interface Subscriber {
  close(): Promise<void>;
}

const RECONNECT_MS = 250;
const CONNECT_TIMEOUT_MS = 10_000;

/** Resolves when the broker has taken the subscriptions. Throws `MQTT_CONNECT`. Retained messages are passed over. */
export async function subscribe(
  target: Target,
  clientId: string,
  subscriptions: readonly Subscription[],
): Promise<Subscriber> {
  const url = urlOf(target);
  const options = { ...optionsOf(target), clientId, clean: false, reconnectPeriod: RECONNECT_MS };
  let client: MqttClient;
  try {
    // Once without trying again: a wrong address is to be told at once.
    client = await connectAsync(url, options, false);
  } catch (cause) {
    throw new MillraceError(`no MQTT connection to ${url}: ${messageOf(cause) || 'refused'}`, {
      code: 'MQTT_CONNECT',
      canRetry: true,
      hint: 'Is the backend running? -h and -p say where it listens.',
      cause,
    });
  }
  // The client connects again by itself; what is told meanwhile waits in its session.
  client.on('error', () => undefined);
  const matchers = subscriptions.map(({ filter, received }) => ({ matches: matcherOf(filter), received }));
  client.on('message', (topic, payload, { retain }) => {
    if (retain) return;
    const receivedAt = wallNow();
    for (const { matches, received } of matchers) if (matches(topic)) received(topic, payload, receivedAt);
  });
  const granted = await client.subscribeAsync(
    subscriptions.map(({ filter }) => filter),
    { qos: 1 },
  );
  const refused = granted.find(({ qos }) => qos > 2);
  if (refused !== undefined) {
    await client.endAsync(true);
    throw new MillraceError(`${url} refuses the subscription to ${refused.topic}`, {
      code: 'MQTT_SUBSCRIBE',
      hint: 'Give the user leave to subscribe to it.',
    });
  }
  return {
    async close() {
      await client.endAsync(true);
      await forget(url, { ...options, clean: true, reconnectPeriod: 0 });
    },
  };
}

/** A session goes when its client connects with a clean one. */
async function forget(url: string, options: IClientOptions): Promise<void> {
  let client: MqttClient;
  try {
    client = await connectAsync(url, options, false);
  } catch {
    // The broker is gone: so there is nobody to remember.
    return;
  }
  await client.endAsync();
}

function urlOf({ transport, host, port, path }: Target): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${transport}://${name}:${port}${transport.startsWith('ws') ? path : ''}`;
}

function optionsOf(target: Target): IClientOptions {
  const { username, password, ca, cert, key, insecure, keepaliveSeconds } = target;
  return {
    connectTimeout: CONNECT_TIMEOUT_MS,
    keepalive: keepaliveSeconds,
    rejectUnauthorized: !insecure,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca: readFileSync(ca) }),
    ...(cert === undefined ? {} : { cert: readFileSync(cert) }),
    ...(key === undefined ? {} : { key: readFileSync(key) }),
  };
}

/** MQTT 4.7: `+` is one level, `#` at the end is all that follow. */
export function matcherOf(filter: string): (topic: string) => boolean {
  const wanted = filter.split('/');
  return (topic) => {
    const levels = topic.split('/');
    for (const [index, level] of wanted.entries()) {
      if (level === '#') return true;
      if (index >= levels.length || (level !== '+' && level !== levels[index])) return false;
    }
    return levels.length === wanted.length;
  };
}
