/**
 * Which broker, as whom: MQTT_URL and what goes with it. All problems are told at once, each with its variable.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { MillraceError, messageOf } from '../../../common/errors.js';

export interface TlsMaterial {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

export interface ExternalBrokerSettings {
  /** Without user and password: fit for logs. */
  readonly url: URL;
  readonly username?: string;
  readonly password?: string;
  readonly tls: TlsMaterial;
  /** Names the session at the broker: the same after a restart, another for every gateway. */
  readonly clientId: string;
  /** Gateways of a group share the telemetry. Null: an ordinary subscription, for one gateway alone. */
  readonly group: string | null;
  /** How long the broker keeps the session of a gateway that is away (s); MQTT 5 only. */
  readonly sessionExpirySeconds: number;
  /** A gateway that stops unsubscribes, hands its share to the others, and gets nothing while it is away. */
  readonly leaveOnStop: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SCHEMES = ['mqtt:', 'mqtts:', 'ws:', 'wss:'];
const DEFAULT_GROUP = 'millrace';
/** A week: longer than a long weekend. */
const DEFAULT_SESSION_SECONDS = 7 * 24 * 3_600;
/** The largest value means for ever (MQTT 5.0, 3.1.2.11.2). */
const MAX_SESSION_SECONDS = 0xffff_ffff;

/** Null without MQTT_URL: the broker is the embedded one. Throws `SETTING_INVALID`. */
export function externalBrokerSettings(env: Environment): ExternalBrokerSettings | null {
  if (!env.MQTT_URL) return null;
  const problems: string[] = [];
  const url = parseUrl(env.MQTT_URL, problems);
  const username = env.MQTT_USERNAME || decode(url.username, problems);
  const password = env.MQTT_PASSWORD || decode(url.password, problems);
  url.username = '';
  url.password = '';
  const group = env.MQTT_GROUP || DEFAULT_GROUP;
  if (/[/+#\p{Cc}]/u.test(group)) problems.push(`MQTT_GROUP is '${group}': it must have no /, + or #`);
  const clientId = env.MQTT_CLIENT_ID || `${group}-${hostname()}`;
  if (Buffer.byteLength(clientId) > 0xffff || clientId.includes('\0')) {
    problems.push('MQTT_CLIENT_ID has no NUL and at most 65535 bytes');
  }
  const tls = {
    ...file('ca', 'MQTT_CA', env, problems),
    ...file('cert', 'MQTT_CERT', env, problems),
    ...file('key', 'MQTT_KEY', env, problems),
  };
  if ((tls.cert === undefined) !== (tls.key === undefined))
    problems.push('MQTT_CERT and MQTT_KEY go together');
  const shared = flag('MQTT_SHARED', env, true, problems);
  const leaveOnStop = flag('MQTT_LEAVE_ON_STOP', env, false, problems);
  const sessionExpirySeconds = seconds('MQTT_SESSION_EXPIRY', env, problems);
  if (problems.length > 0) {
    throw new MillraceError(problems.join('; '), {
      code: 'SETTING_INVALID',
      hint: 'docs/mqtt-brokers.md lists the variables.',
    });
  }
  return {
    url,
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    tls,
    clientId,
    group: shared ? group : null,
    sessionExpirySeconds,
    leaveOnStop,
  };
}

function parseUrl(text: string, problems: string[]): URL {
  const shape = 'mqtt://host:1883, mqtts://host:8883, ws://host/mqtt or wss://host/mqtt';
  // The URL is not repeated: it may hold a password.
  if (!URL.canParse(text)) {
    problems.push(`MQTT_URL is no URL like ${shape}`);
    return new URL('mqtt://invalid');
  }
  const url = new URL(text);
  if (!SCHEMES.includes(url.protocol) || url.hostname === '') {
    problems.push(`MQTT_URL is to be like ${shape}`);
  }
  return url;
}

function decode(text: string, problems: string[]): string {
  try {
    return decodeURIComponent(text);
  } catch {
    problems.push('MQTT_URL has a user or password that is not percent-encoded');
    return '';
  }
}

function file<K extends keyof TlsMaterial>(
  key: K,
  name: string,
  env: Environment,
  problems: string[],
): { [P in K]?: Buffer } {
  const path = env[name];
  if (!path) return {};
  try {
    return { [key]: readFileSync(path) } as { [P in K]: Buffer };
  } catch (error) {
    problems.push(`${name} ${path} cannot be read: ${messageOf(error)}`);
    return {};
  }
}

function flag(name: string, env: Environment, fallback: boolean, problems: string[]): boolean {
  const value = env[name];
  if (!value) return fallback;
  if (value !== 'true' && value !== 'false')
    problems.push(`${name} is '${value}', which is not true or false`);
  return value === 'true';
}

function seconds(name: string, env: Environment, problems: string[]): number {
  const value = env[name];
  if (!value) return DEFAULT_SESSION_SECONDS;
  const number = Number(value);
  if (/^\d+$/.test(value) && number > 0 && number <= MAX_SESSION_SECONDS) return number;
  problems.push(`${name} is '${value}', which is not a number of seconds from 1 to ${MAX_SESSION_SECONDS}`);
  return DEFAULT_SESSION_SECONDS;
}
