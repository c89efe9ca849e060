/** Where a deployment runs: what flags and environment variables say, as opposed to what serverless.yml wires. */
import { resolve } from 'node:path';
import { MillraceError } from '../common/errors.js';
import { type Backing, backingOf } from './backing.js';
import { parseRoles, ROLES, type Roles } from './roles.js';

export interface DeploymentOptions {
  /** Absolute path of serverless.yml. */
  readonly manifestFile: string;
  /** Absolute path of the data directory. */
  readonly dataDir: string;
  readonly host: string;
  /** 0 takes a free port. */
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly logLevel: string;
  readonly roles: Roles;
  readonly backing: Backing;
}

export interface Flags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly host?: string;
  readonly mqttPort?: string;
  readonly httpPort?: string;
  readonly roles?: string;
}

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

/** Flags win over the environment, which wins over the defaults. Throws `SETTING_INVALID`. */
export function deploymentOptions(
  flags: Flags,
  env: Readonly<Record<string, string | undefined>>,
  projectRoot: string,
): DeploymentOptions {
  const logLevel = env.MILLRACE_LOG_LEVEL || 'warn';
  if (!LOG_LEVELS.includes(logLevel)) {
    throw invalid('MILLRACE_LOG_LEVEL', logLevel, `one of ${LOG_LEVELS.join(', ')}`);
  }
  const roles = parseRoles(flags.roles ?? (env.MILLRACE_ROLES || ROLES.join()));
  return {
    manifestFile: resolve(flags.config ?? `${projectRoot}/serverless.yml`),
    dataDir: resolve(flags.dataDir ?? (env.MILLRACE_DATA_DIR || 'data')),
    host: flags.host ?? (env.MILLRACE_HOST || '127.0.0.1'),
    mqttPort: port('MILLRACE_MQTT_PORT', flags.mqttPort ?? (env.MILLRACE_MQTT_PORT || '1883')),
    httpPort: port('MILLRACE_HTTP_PORT', flags.httpPort ?? (env.MILLRACE_HTTP_PORT || '8080')),
    logLevel,
    roles,
    backing: backingOf(env, roles),
  };
}

function port(name: string, value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && number <= 65_535) return number;
  throw invalid(name, value, 'a port number from 0 to 65535');
}

function invalid(name: string, value: string, expected: string): MillraceError {
  return new MillraceError(`${name} is '${value}', which is not ${expected}`, {
    code: 'SETTING_INVALID',
    hint: `Set it to ${expected}.`,
  });
}
