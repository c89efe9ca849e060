/**
 * Where to and as whom, from a command line: mosquitto's and emqtt-bench's letters where they mean the same, or a URL.
 *
 *     -h host -p port  -u user -P password  -V mqttv311|mqttv5  -k keepalive
 *     --cafile --cert --key --insecure  --ws
 *     mqtt://user:password@host:1883  mqtts://  ws://host/path  wss://  http://host:8080/base  https://
 */
import { MillraceError } from '../../common/errors.js';
import type { Target, Transport } from './driver.js';

export interface TargetFlags {
  /** -h: a host, or a whole URL. */
  readonly host?: string;
  /** As host, for a command that takes the URL as an argument. */
  readonly url?: string;
  readonly port?: number | string;
  readonly username?: string;
  readonly password?: string;
  /** -V: mqttv311 (or 311, 4), mqttv5 (or 5). */
  readonly protocolVersion?: string | number;
  readonly cafile?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly insecure?: boolean;
  /** MQTT over WebSocket. */
  readonly ws?: boolean;
  /** -q */
  readonly qos?: number | string;
  /** -k, seconds; 0: none. */
  readonly keepalive?: number | string;
}

export interface ParsedTarget {
  readonly target: Target;
  /** Overrides what the scenario says; undefined: as the scenario says. */
  readonly qos: 0 | 1 | 2 | undefined;
}

const PORTS: Readonly<Record<Transport, number>> = {
  mqtt: 1883,
  mqtts: 8883,
  ws: 80,
  wss: 443,
  http: 80,
  https: 443,
};
const VERSIONS: Readonly<Record<string, 4 | 5>> = {
  mqttv311: 4,
  mqttv5: 5,
  '311': 4,
  '4': 4,
  '5': 5,
};
const KEEPALIVE_SECONDS = 60;

/** Throws `TARGET_INVALID` with everything that is wrong, at once. */
export function parseTarget(flags: TargetFlags): ParsedTarget {
  const problems: string[] = [];
  const given = flags.url ?? flags.host ?? '127.0.0.1';
  const url = given.includes('://') ? parseUrl(given, problems) : null;
  const host = url === null ? given : url.hostname.replace(/^\[|\]$/g, '');
  if (host === '' && problems.length === 0) problems.push(`'${given}' names no host`);
  const withTls = flags.cafile !== undefined || flags.cert !== undefined || flags.insecure === true;
  const transport = transportOf(url, flags, withTls, problems);
  const username = flags.username ?? textOf(url?.username);
  const password = flags.password ?? textOf(url?.password);
  if (password !== undefined && username === undefined) problems.push('-P needs -u: a password has a user');
  if ((flags.cert === undefined) !== (flags.key === undefined)) {
    problems.push('--cert and --key go together');
  }
  const version = VERSIONS[String(flags.protocolVersion ?? 'mqttv311')];
  if (version === undefined) problems.push('-V is mqttv311 or mqttv5');
  const port = numberOf('-p', flags.port ?? textOf(url?.port), PORTS[transport], 1, 65_535, problems);
  const keepalive = numberOf('-k', flags.keepalive, KEEPALIVE_SECONDS, 0, 65_535, problems);
  const qos = flags.qos === undefined ? undefined : numberOf('-q', flags.qos, 1, 0, 2, problems);
  if (problems.length > 0) {
    throw new MillraceError(problems.join('; '), {
      code: 'TARGET_INVALID',
      hint: 'For example: -h broker.example -p 1883 -u user -P secret, or mqtts://user:secret@broker.example.',
    });
  }
  const target: Target = {
    transport,
    host,
    port,
    path: pathOf(url, transport),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(flags.cafile === undefined ? {} : { ca: flags.cafile }),
    ...(flags.cert === undefined ? {} : { cert: flags.cert }),
    ...(flags.key === undefined ? {} : { key: flags.key }),
    insecure: flags.insecure === true,
    protocolVersion: version ?? 4,
    keepaliveSeconds: keepalive,
  };
  return { target, qos: qos as 0 | 1 | 2 | undefined };
}

function parseUrl(text: string, problems: string[]): URL | null {
  try {
    return new URL(text);
  } catch {
    problems.push(`'${text}' is no URL`);
    return null;
  }
}

function transportOf(url: URL | null, { ws }: TargetFlags, withTls: boolean, problems: string[]): Transport {
  if (url === null) return ws === true ? (withTls ? 'wss' : 'ws') : withTls ? 'mqtts' : 'mqtt';
  const scheme = url.protocol.slice(0, -1);
  if (!Object.hasOwn(PORTS, scheme)) {
    problems.push(`'${scheme}://' is none of ${Object.keys(PORTS).join('://, ')}://`);
    return 'mqtt';
  }
  const isMqtt = scheme === 'mqtt' || scheme === 'mqtts';
  if (ws === true && isMqtt) return scheme === 'mqtts' ? 'wss' : 'ws';
  return scheme as Transport;
}

/** A port from the scheme's default would be left out by URL: '' means that none was given. */
function textOf(part: string | undefined): string | undefined {
  return part === undefined || part === '' ? undefined : decodeURIComponent(part);
}

function pathOf(url: URL | null, transport: Transport): string {
  const path = url === null ? '' : url.pathname + url.search;
  if (transport === 'ws' || transport === 'wss') return path === '' || path === '/' ? '/mqtt' : path;
  return transport.startsWith('http') ? path.replace(/\/$/, '') : '';
}

function numberOf(
  flag: string,
  given: number | string | undefined,
  otherwise: number,
  least: number,
  most: number,
  problems: string[],
): number {
  if (given === undefined) return otherwise;
  const value = /^\d+$/.test(String(given)) ? Number(given) : Number.NaN;
  if (value >= least && value <= most) return value;
  problems.push(`${flag} is a whole number from ${least} to ${most}`);
  return otherwise;
}
