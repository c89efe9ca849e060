/** A function's error as Lambda answers it. */
import type { SerializedError } from '../environments/protocol.js';

export interface FunctionError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}

export function functionError({ name, message, stack }: SerializedError): FunctionError {
  return { errorType: name, errorMessage: message, trace: stack === undefined ? [] : stack.split('\n') };
}
