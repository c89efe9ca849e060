/**
 * How to reach Kafka, from the environment:
 *
 * | variable | meaning |
 * | --- | --- |
 * | KAFKA_BROKERS | `host:port`, comma-separated; the port may be left out (9092) |
 * | KAFKA_CLIENT_ID | shown in the brokers' logs and quotas; default `millrace` |
 * | KAFKA_SASL_MECHANISM | `plain`, `scram-sha-256` or `scram-sha-512`; with KAFKA_SASL_USERNAME, KAFKA_SASL_PASSWORD |
 * | KAFKA_SSL | `true`: TLS with the system's authorities; any of the next three turns it on as well |
 * | KAFKA_SSL_CA, KAFKA_SSL_CERT, KAFKA_SSL_KEY | a PEM file, or the PEM text itself |
 * | KAFKA_SSL_KEY_PASSPHRASE | of the key |
 * | KAFKA_REPLICATION_FACTOR | of topics made here; topics with fewer replicas are refused |
 * | KAFKA_LINGER_MS | how long an append waits for company |
 */
import { readFileSync } from 'node:fs';
import { MillraceError, messageOf } from '../../common/errors.js';
import type { KafkaAddress, KafkaSasl } from './options.js';

const MECHANISMS: Readonly<Record<string, KafkaSasl['mechanism']>> = {
  plain: 'PLAIN',
  'scram-256': 'SCRAM-SHA-256',
  'scram-512': 'SCRAM-SHA-512',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
};

type Environment = Readonly<Record<string, string | undefined>>;

/** Throws `KAFKA_SETTINGS` with all problems at once, each naming its variable and none showing a password. */
export function kafkaSettings(env: Environment = process.env): KafkaAddress {
  const problems: string[] = [];
  const brokers = brokersOf(env.KAFKA_BROKERS ?? '', problems);
  const sasl = saslOf(env, problems);
  const tls = tlsOf(env, problems);
  const replicationFactor = wholeNumber(env, 'KAFKA_REPLICATION_FACTOR', 1, 32_767, problems);
  const lingerMs = wholeNumber(env, 'KAFKA_LINGER_MS', 0, 10_000, problems);
  if (problems.length > 0) {
    throw new MillraceError(problems.join('\n'), {
      code: 'KAFKA_SETTINGS',
      hint: 'Correct these variables of the environment.',
    });
  }
  return {
    brokers,
    clientId: env.KAFKA_CLIENT_ID || 'millrace',
    ...(sasl === undefined ? {} : { sasl }),
    ...(tls === undefined ? {} : { tls }),
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    ...(lingerMs === undefined ? {} : { lingerMs }),
  };
}

function brokersOf(text: string, problems: string[]): string[] {
  const entries = text.split(',').flatMap((entry) => (entry.trim() === '' ? [] : [entry.trim()]));
  if (entries.length === 0) problems.push('KAFKA_BROKERS: host:port of at least one broker is needed');
  return entries.flatMap((entry) => {
    const found = /^(?:\[([0-9a-fA-F:]+)\]|([^\s:/[\]]+))(?::(\d{1,5}))?$/.exec(entry);
    const port = Number(found?.[3] ?? 9092);
    if (found === null || port < 1 || port > 65_535) {
      problems.push(`KAFKA_BROKERS: '${entry}' is not host:port`);
      return [];
    }
    return [found[1] === undefined ? `${found[2]}:${port}` : `[${found[1]}]:${port}`];
  });
}

function saslOf(env: Environment, problems: string[]): KafkaSasl | undefined {
  const { KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME: username, KAFKA_SASL_PASSWORD: password } = env;
  if (!KAFKA_SASL_MECHANISM && !username && !password) return undefined;
  const mechanism = MECHANISMS[(KAFKA_SASL_MECHANISM || 'plain').toLowerCase()];
  if (mechanism === undefined) {
    problems.push(
      `KAFKA_SASL_MECHANISM: '${KAFKA_SASL_MECHANISM}' is none of plain, scram-sha-256, scram-sha-512`,
    );
  }
  if (!username) problems.push('KAFKA_SASL_USERNAME: missing, but SASL is asked for');
  if (!password) problems.push('KAFKA_SASL_PASSWORD: missing, but SASL is asked for');
  return mechanism && username && password ? { mechanism, username, password } : undefined;
}

function tlsOf(env: Environment, problems: string[]): KafkaAddress['tls'] {
  const wanted = (env.KAFKA_SSL ?? '').toLowerCase();
  if (!['', 'true', 'false', '1', '0'].includes(wanted)) problems.push('KAFKA_SSL: true or false');
  const files = { ca: 'KAFKA_SSL_CA', cert: 'KAFKA_SSL_CERT', key: 'KAFKA_SSL_KEY' } as const;
  const given = Object.entries(files).filter(([, name]) => env[name]);
  const isOff = wanted === 'false' || wanted === '0';
  if (isOff && given.length > 0) {
    problems.push(`KAFKA_SSL: false, but ${given.map(([, name]) => name).join(', ')} is set`);
  }
  if (Boolean(env.KAFKA_SSL_CERT) !== Boolean(env.KAFKA_SSL_KEY)) {
    problems.push('KAFKA_SSL_CERT and KAFKA_SSL_KEY: a client certificate needs both');
  }
  if (isOff || (wanted === '' && given.length === 0)) return undefined;
  const passphrase = env.KAFKA_SSL_KEY_PASSPHRASE;
  return {
    ...Object.fromEntries(given.map(([option, name]) => [option, pem(name, env[name]!, problems)])),
    ...(passphrase ? { passphrase } : {}),
  };
}

function pem(name: string, value: string, problems: string[]): string {
  if (value.includes('-----BEGIN')) return value;
  try {
    const text = readFileSync(value, 'utf8');
    if (!text.includes('-----BEGIN')) problems.push(`${name}: ${value} is not a PEM file`);
    return text;
  } catch (error) {
    problems.push(`${name}: ${messageOf(error)}`);
    return '';
  }
}

function wholeNumber(
  env: Environment,
  name: string,
  least: number,
  most: number,
  problems: string[],
): number | undefined {
  const text = env[name];
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  problems.push(`${name}: '${text}' is not a whole number from ${least} to ${most}`);
  return undefined;
}
