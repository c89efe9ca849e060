/** What an error of an AWS client means for a delivery. */
import { messageOf } from '../../../common/errors.js';
import { mayPass } from '../core.js';
import { failed, type Outcome, refused } from '../outcome.js';

interface AwsError {
  readonly name?: string;
  /** The SDK's own judgement, throttling among it. */
  readonly $retryable?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** Credentials that have run out are replaced by others; wrong ones, and topics that are not there, stay so. */
const PASSING = [
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'Throttling',
  'ThrottlingException',
  'Throttled',
  'ThrottledException',
];

export function outcomeOf(error: unknown, publicText: (text: string) => string): Outcome {
  const { name = '', $retryable, $metadata } = error as AwsError;
  const status = $metadata?.httpStatusCode ?? null;
  const message = publicText(`${name}: ${messageOf(error)}`);
  const passes = status === null || mayPass(status) || $retryable !== undefined || PASSING.includes(name);
  return passes ? failed(message, status) : refused(message, status);
}
