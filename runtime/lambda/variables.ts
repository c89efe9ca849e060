/**
 * The environment variables of a function: those that Lambda sets, those of serverless.yml, and of the host's only
 * what is needed to run and to reach AWS or a stand-in for it. Nothing else of a laptop's shell is seen, so that a
 * function that works here does not depend on it.
 *
 * As on Lambda, serverless.yml may replace `TZ`, `LANG` and `PATH`, but none of the reserved names.
 */
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EnvironmentSpec } from '../environments/protocol.js';

/** Names without which Node.js, its native modules or the programs it starts do not run; and Windows' own. */
const TO_RUN = [
  'PATH',
  'HOME',
  'TMPDIR',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  ...['SYSTEMROOT', 'COMSPEC', 'PATHEXT', 'TEMP', 'TMP', 'USERPROFILE', 'APPDATA', 'LOCALAPPDATA'],
];
const TO_REACH_AWS = [
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_PROFILE',
  'AWS_CONFIG_FILE',
  'AWS_SHARED_CREDENTIALS_FILE',
  'AWS_CA_BUNDLE',
];
const NEEDED = new Set([...TO_RUN, ...TO_REACH_AWS]);
const NEEDED_PREFIXES = ['NODE_', 'AWS_ENDPOINT_URL'];

/** Folder of Millrace's own runtime, which stands in for /var/runtime. */
const runtimeFolder = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * @param host the host's environment variables
 * @returns the whole `process.env` of one new environment; its log stream's name is made here
 */
export function lambdaEnvironment(
  spec: EnvironmentSpec,
  host: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return {
    ...fromHost(host),
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    ...spec.environment,
    _HANDLER: spec.handler,
    AWS_REGION: spec.region,
    AWS_DEFAULT_REGION: spec.region,
    AWS_EXECUTION_ENV: `AWS_Lambda_${spec.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: spec.functionName,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(spec.memoryMB),
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: spec.initializationType,
    AWS_LAMBDA_LOG_FORMAT: 'JSON',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroupName(spec),
    AWS_LAMBDA_LOG_STREAM_NAME: newLogStreamName(),
    LAMBDA_TASK_ROOT: spec.settings.root,
    LAMBDA_RUNTIME_DIR: runtimeFolder,
  };
}

export function logGroupName(spec: EnvironmentSpec): string {
  return `/aws/lambda/${spec.functionName}`;
}

/** `2026/11/21/[$LATEST]` and 32 hexadecimal digits: one per environment, of the day it was started. */
export function newLogStreamName(): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[$LATEST]${randomBytes(16).toString('hex')}`;
}

function fromHost(host: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const taken: Record<string, string> = {};
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined) continue;
    // Windows writes `Path`, `SystemRoot` and so on.
    const known = NEEDED.has(name) || (process.platform === 'win32' && NEEDED.has(name.toUpperCase()));
    if (known || NEEDED_PREFIXES.some((prefix) => name.startsWith(prefix))) taken[name] = value;
  }
  return taken;
}
