/** Kafka's error codes as this adapter treats them, and its errors as Millrace's. */
import { codeOf, MillraceError, messageOf } from '../../common/errors.js';

/** Source: https://kafka.apache.org/protocol#protocol_error_codes */
export const KafkaCode = {
  none: 0,
  offsetOutOfRange: 1,
  unknownTopicOrPartition: 3,
  messageTooLarge: 10,
  rebalanceInProgress: 27,
  recordListTooLarge: 18,
  invalidTopic: 17,
  illegalGeneration: 22,
  unknownMember: 25,
  topicAuthorizationFailed: 29,
  groupAuthorizationFailed: 30,
  clusterAuthorizationFailed: 31,
  invalidTimestamp: 32,
  unsupportedVersion: 35,
  topicAlreadyExists: 36,
  invalidPartitions: 37,
  invalidReplicationFactor: 38,
  invalidConfig: 40,
  invalidRequest: 42,
  unsupportedForMessageFormat: 43,
  policyViolation: 44,
  outOfOrderSequence: 45,
  duplicateSequence: 46,
  invalidProducerEpoch: 47,
  invalidProducerIdMapping: 49,
  saslAuthenticationFailed: 58,
  unknownProducerId: 59,
  memberIdRequired: 79,
  invalidRecord: 87,
} as const;

/** What no repetition cures: somebody has to change a setting, a right or the record. */
const FATAL: ReadonlySet<number> = new Set([
  KafkaCode.messageTooLarge,
  KafkaCode.recordListTooLarge,
  KafkaCode.invalidTopic,
  KafkaCode.topicAuthorizationFailed,
  KafkaCode.groupAuthorizationFailed,
  KafkaCode.clusterAuthorizationFailed,
  KafkaCode.invalidTimestamp,
  KafkaCode.unsupportedVersion,
  KafkaCode.invalidPartitions,
  KafkaCode.invalidReplicationFactor,
  KafkaCode.invalidConfig,
  KafkaCode.invalidRequest,
  KafkaCode.unsupportedForMessageFormat,
  KafkaCode.policyViolation,
  KafkaCode.saslAuthenticationFailed,
  KafkaCode.invalidRecord,
]);

const NOT_ALLOWED: ReadonlySet<number> = new Set([
  KafkaCode.topicAuthorizationFailed,
  KafkaCode.groupAuthorizationFailed,
  KafkaCode.clusterAuthorizationFailed,
]);

/** Codes of the client library that mean the same next time. */
const FATAL_CLIENT = new Set([
  'PLT_KFK_AUTHENTICATION',
  'PLT_KFK_USER',
  'PLT_KFK_UNSUPPORTED',
  'PLT_KFK_UNSUPPORTED_API',
  'PLT_KFK_UNSUPPORTED_COMPRESSION',
]);

export function isFatalCode(code: number): boolean {
  return FATAL.has(code);
}

/** The broker's error code in what the client library threw, or undefined when no broker answered. */
export function kafkaCodeOf(error: unknown): number | undefined {
  for (const one of withCauses(error)) {
    if ('apiCode' in one && typeof one.apiCode === 'number') return one.apiCode;
  }
  return undefined;
}

export function isFatal(error: unknown): boolean {
  const code = kafkaCodeOf(error);
  if (code !== undefined) return isFatalCode(code);
  if (error instanceof MillraceError) return !error.canRetry;
  return isRefusedLogin(error) || withCauses(error).some((one) => FATAL_CLIENT.has(codeOf(one) ?? ''));
}

/** @param what what was tried: "cannot create topic telemetry" */
export function kafkaError(error: unknown, what: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const code = kafkaCodeOf(error);
  const details = withCauses(error).map(messageOf);
  const message = `${what}: ${[...new Set(details)].join(': ')}`;
  if (isRefusedLogin(error)) {
    return new MillraceError(message, {
      code: 'KAFKA_LOGIN_REFUSED',
      hint: 'Check KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD.',
      cause: error,
    });
  }
  if (code === undefined && !isFatal(error)) {
    return new MillraceError(message, {
      code: 'KAFKA_UNREACHABLE',
      canRetry: true,
      hint: 'Check KAFKA_BROKERS, and that the brokers listen with (or without) TLS and SASL as set here.',
      cause: error,
    });
  }
  return new MillraceError(message, { ...codeDetails(code), canRetry: !isFatal(error), cause: error });
}

function codeDetails(code: number | undefined): { code: string; hint?: string } {
  if (code === KafkaCode.unknownTopicOrPartition) {
    return { code: 'TOPIC_MISSING', hint: 'It was deleted, or this client may not see it.' };
  }
  if (code === KafkaCode.messageTooLarge || code === KafkaCode.recordListTooLarge) {
    return { code: 'MESSAGE_TOO_LARGE', hint: 'Raise max.message.bytes of the topic.' };
  }
  if (code !== undefined && NOT_ALLOWED.has(code)) {
    return { code: 'KAFKA_NOT_ALLOWED', hint: 'The user needs an ACL for it.' };
  }
  return { code: 'KAFKA_ERROR' };
}

function isRefusedLogin(error: unknown): boolean {
  return withCauses(error).some(
    (one) =>
      codeOf(one) === 'PLT_KFK_AUTHENTICATION' ||
      ('apiCode' in one && one.apiCode === KafkaCode.saslAuthenticationFailed),
  );
}

/** The error, those it gathers, and its causes, outermost first. */
function withCauses(error: unknown, depth = 0): object[] {
  if (typeof error !== 'object' || error === null || depth > 8) return [];
  const inner = 'errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : [];
  const cause = 'cause' in error ? [error.cause] : [];
  return [error, ...[...inner, ...cause].flatMap((one) => withCauses(one, depth + 1))];
}
