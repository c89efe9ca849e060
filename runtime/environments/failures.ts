/** What goes wrong with an environment as a whole, or with getting one, as errors. */
import { MillraceError } from '../../common/errors.js';
import type { EnvironmentSpec } from './protocol.js';

/** Lambda's wording, which people search their logs for. */
export function timedOut(spec: EnvironmentSpec): MillraceError {
  return new MillraceError(`Task timed out after ${(spec.timeoutMs / 1000).toFixed(2)} seconds`, {
    code: 'FUNCTION_TIMEOUT',
    canRetry: true,
    hint: `Raise timeout of '${spec.functionName}' in serverless.yml, or make its batches smaller.`,
  });
}

export function outOfMemory(spec: EnvironmentSpec, cause?: unknown): MillraceError {
  return new MillraceError(`'${spec.functionName}' ran out of memory (${spec.memoryMB} MB)`, {
    code: 'FUNCTION_OUT_OF_MEMORY',
    canRetry: true,
    hint: 'Raise memorySize in serverless.yml.',
    cause,
  });
}

export function crashed(spec: EnvironmentSpec, error: Error): MillraceError {
  return new MillraceError(`'${spec.functionName}' crashed: ${error.message}`, {
    code: 'FUNCTION_CRASHED',
    canRetry: true,
    hint: 'Its stack trace says where.',
    cause: error,
  });
}

/** @param how `exit code 3` or a signal's name */
export function exited(spec: EnvironmentSpec, how: string): MillraceError {
  return new MillraceError(`'${spec.functionName}' ended its environment with ${how}`, {
    code: 'FUNCTION_EXITED',
    canRetry: true,
  });
}

export function closed(functionName: string): MillraceError {
  return new MillraceError(`'${functionName}' takes nothing new: it is being stopped`, {
    code: 'FUNCTION_CLOSED',
    canRetry: true,
  });
}

/** Lambda's reasons for an answer 429. */
export type ThrottleReason =
  | 'ReservedFunctionConcurrentInvocationLimitExceeded'
  | 'ConcurrentInvocationLimitExceeded';

export class ThrottledError extends MillraceError {
  readonly reason: ThrottleReason;

  constructor(functionName: string, reason: ThrottleReason) {
    super(`'${functionName}' is throttled: ${reason}`, {
      code: 'FUNCTION_THROTTLED',
      canRetry: true,
      hint:
        reason === 'ConcurrentInvocationLimitExceeded'
          ? 'Raise concurrency under custom.millrace, or spread the work out.'
          : `Raise reservedConcurrency of '${functionName}' in serverless.yml.`,
    });
    this.reason = reason;
  }
}

export function throttled(functionName: string, reason: ThrottleReason): ThrottledError {
  return new ThrottledError(functionName, reason);
}
