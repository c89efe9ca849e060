/**
 * How to reach Kinesis, from the environment:
 *
 * | variable | meaning |
 * | --- | --- |
 * | KINESIS_REGION | streams are in Kinesis, in this region |
 * | KINESIS_ENDPOINT | streams are in what answers at this URL: an emulator, a VPC endpoint |
 * | KINESIS | `true`: streams are in Kinesis, in the region of AWS_REGION, AWS_DEFAULT_REGION or the profile |
 * | KINESIS_STREAM_PREFIX | in front of the streams' names: `prod-` for `prod-telemetry`, `prod-alerts` |
 * | KINESIS_POLL_MS | between two reads of a shard while records flow |
 * | AWS_ACCESS_KEY_ID, AWS_PROFILE, … | credentials, wherever the AWS SDK looks for them |
 *
 * The AWS SDK is not imported here: a process that has no use for it starts without it.
 */
import { MillraceError } from '../../common/errors.js';

export interface KinesisAddress {
  /** Of an emulator, or of a private endpoint. Default: the region's own. */
  readonly endpoint?: string;
  /** Default: the SDK's usual places. */
  readonly region?: string;
  /** Default: the SDK's usual chain. */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly streamPrefix?: string;
  readonly pollMs?: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const SWITCH: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false, '': false };
const POLL_MS = { least: 20, most: 10_000 };

/** Null: the environment does not ask for Kinesis. Throws `KINESIS_SETTINGS` with all problems at once. */
export function kinesisSettings(env: Environment): KinesisAddress | null {
  const problems: string[] = [];
  const isAsked = SWITCH[(env.KINESIS ?? '').toLowerCase()];
  if (isAsked === undefined) problems.push(`KINESIS: '${env.KINESIS}' is neither true nor false`);
  const isOff = isAsked === false && env.KINESIS !== undefined && env.KINESIS !== '';
  if (isOff || !(isAsked || env.KINESIS_REGION || env.KINESIS_ENDPOINT)) {
    if (problems.length === 0) return null;
  }
  const endpoint = endpointOf(env.KINESIS_ENDPOINT, problems);
  const region = env.KINESIS_REGION || env.AWS_REGION || env.AWS_DEFAULT_REGION;
  const streamPrefix = env.KINESIS_STREAM_PREFIX ?? '';
  if (!/^[A-Za-z0-9_.-]{0,64}$/.test(streamPrefix)) {
    problems.push('KINESIS_STREAM_PREFIX: up to 64 letters, digits, dots, dashes and underscores');
  }
  const pollMs = env.KINESIS_POLL_MS ? Number(env.KINESIS_POLL_MS) : undefined;
  if (pollMs !== undefined && !(pollMs >= POLL_MS.least && pollMs <= POLL_MS.most)) {
    problems.push(
      `KINESIS_POLL_MS: '${env.KINESIS_POLL_MS}' is not from ${POLL_MS.least} to ${POLL_MS.most} ms`,
    );
  }
  if (problems.length > 0) {
    throw new MillraceError(problems.join('\n'), {
      code: 'KINESIS_SETTINGS',
      hint: 'Correct these variables of the environment.',
    });
  }
  return {
    ...(endpoint === undefined ? {} : { endpoint: endpoint.href }),
    // An endpoint says where it is; a signature has to name some region all the same.
    ...(region ? { region } : endpoint === undefined ? {} : { region: 'us-east-1' }),
    ...(endpoint === undefined || !isOpen(endpoint, env) ? {} : { credentials: ANY }),
    ...(streamPrefix === '' ? {} : { streamPrefix }),
    ...(pollMs === undefined ? {} : { pollMs }),
  };
}

/** Emulators take any; the SDK's chain would ask the network for some. */
const ANY = { accessKeyId: 'local', secretAccessKey: 'local' };

function isOpen({ hostname }: URL, env: Environment): boolean {
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return isLoopback && !env.AWS_ACCESS_KEY_ID && !env.AWS_PROFILE;
}

function endpointOf(text: string | undefined, problems: string[]): URL | undefined {
  if (!text) return undefined;
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
  problems.push(`KINESIS_ENDPOINT: '${text}' is no http or https URL`);
  return undefined;
}
