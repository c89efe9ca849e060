/**
 * Errors of the AWS SDK as Millrace's own. What to do is decided by the error's name, which the service's API
 * documents, or by what the SDK says of it; never by its message.
 */
import { MillraceError, messageOf } from '../../common/errors.js';

interface Meaning {
  readonly code: string;
  readonly canRetry: boolean;
  readonly hint?: string;
}

const THROTTLED: Meaning = {
  code: 'STREAM_THROTTLED',
  canRetry: true,
  hint: 'The stream has too few shards for its load, or too many readers.',
};
const AWAY: Meaning = { code: 'STREAM_UNAVAILABLE', canRetry: true };
const DENIED: Meaning = {
  code: 'STREAM_ACCESS_DENIED',
  canRetry: false,
  hint: 'Check the credentials and what their role may do with the stream.',
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  ProvisionedThroughputExceededException: THROTTLED,
  LimitExceededException: THROTTLED,
  ThrottlingException: THROTTLED,
  KMSThrottlingException: THROTTLED,
  InternalFailure: AWAY,
  InternalFailureException: AWAY,
  InternalServerError: AWAY,
  ServiceUnavailable: AWAY,
  RequestTimeout: AWAY,
  TimeoutError: AWAY,
  ExpiredIteratorException: { code: 'ITERATOR_EXPIRED', canRetry: true },
  ResourceNotFoundException: { code: 'STREAM_MISSING', canRetry: false, hint: 'Was the stream deleted?' },
  ResourceInUseException: { code: 'STREAM_IN_USE', canRetry: true },
  InvalidArgumentException: { code: 'STREAM_ARGUMENT', canRetry: false },
  ValidationException: { code: 'STREAM_ARGUMENT', canRetry: false },
  AccessDeniedException: DENIED,
  UnrecognizedClientException: DENIED,
  InvalidSignatureException: DENIED,
  ExpiredTokenException: DENIED,
  CredentialsProviderError: {
    code: 'STREAM_CREDENTIALS',
    canRetry: false,
    hint: 'Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or run with a role.',
  },
};

/** @param doing what was tried, for the message: `reading telemetry` */
export function kinesisError(doing: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const meaning = MEANINGS[nameOf(error)] ?? fallback(error);
  return new MillraceError(`${doing}: ${messageOf(error)}`, { ...meaning, cause: error });
}

/** Of one record that PutRecords refused, or the whole call. */
export function meaningOf(name: string): Meaning {
  return MEANINGS[name] ?? { code: 'STREAM_REFUSED', canRetry: true };
}

function nameOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'name' in error ? String(error.name) : '';
}

function fallback(error: unknown): Meaning {
  if (typeof error === 'object' && error !== null) {
    if ('code' in error && typeof error.code === 'string') return AWAY; // ECONNREFUSED and its like
    const status = '$metadata' in error && (error.$metadata as { httpStatusCode?: number }).httpStatusCode;
    if (typeof status === 'number' && status < 500 && status !== 429) {
      return { code: 'STREAM_REFUSED', canRetry: false };
    }
  }
  return AWAY;
}
