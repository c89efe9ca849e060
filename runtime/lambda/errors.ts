/**
 * Errors as Lambda shows them. What a function throws need be no Error: then its type is the errorType, its text the
 * message, and there is no trace.
 */
import { types } from 'node:util';
import type { SerializedError } from '../environments/protocol.js';

/** The payload of a failed invocation. */
export interface LambdaError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

/** What ended the environment, by `code`: the function threw nothing, so there is no type and no trace of its own. */
const ENVIRONMENT_ERRORS: Readonly<Record<string, string>> = {
  FUNCTION_TIMEOUT: 'Sandbox.Timedout',
  FUNCTION_OUT_OF_MEMORY: 'Runtime.OutOfMemory',
  FUNCTION_EXITED: 'Runtime.ExitError',
};

export function lambdaErrorOf({ name, message, stack, code }: SerializedError): LambdaError {
  const ended = ENVIRONMENT_ERRORS[code ?? ''];
  if (ended !== undefined) return { errorType: ended, errorMessage: message, trace: [] };
  return { errorType: name, errorMessage: message, trace: stack ? stack.split('\n') : [] };
}

/** What a function threw, as an error that says what it was. */
export function errorOfThrown(thrown: unknown): Error {
  if (types.isNativeError(thrown) || thrown instanceof Error || looksLikeError(thrown))
    return thrown as Error;
  const error = new Error(textOf(thrown));
  error.name = typeof thrown;
  error.stack = '';
  return error;
}

function looksLikeError(value: unknown): boolean {
  const { name, message, stack } = Object(value) as Record<string, unknown>;
  return [name, message, stack].every((field) => typeof field === 'string' && field !== '');
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    // An object without toString, or one whose toString throws.
    return Object.prototype.toString.call(value);
  }
}
