/** Errors across the border of an environment: class instances do not survive the crossing. */
import { MillraceError } from '../../common/errors.js';
import type { SerializedError } from './protocol.js';

/** What a function threw, or what its environment died of, on the host's side. */
export class FunctionError extends MillraceError {
  readonly requestId: string | undefined;
  readonly functionName: string | undefined;

  constructor(data: SerializedError) {
    super(data.message, {
      code: data.code ?? 'FUNCTION_ERROR',
      canRetry: data.canRetry,
      ...(data.hint === undefined ? {} : { hint: data.hint }),
    });
    this.requestId = data.requestId;
    this.functionName = data.functionName;
    if (data.stack !== undefined) this.stack = data.stack;
  }
}

export function serializeError(error: unknown): SerializedError {
  const known = error instanceof Error ? error : new Error(String(error));
  const millrace = error instanceof MillraceError ? error : undefined;
  return {
    name: known.name,
    message: known.message,
    stack: known.stack,
    code:
      millrace?.code ??
      (typeof (known as { code?: unknown }).code === 'string'
        ? (known as { code?: string }).code
        : undefined),
    canRetry: millrace?.canRetry ?? false,
    hint: millrace?.hint,
  };
}

export function deserializeError(data: SerializedError): FunctionError {
  return new FunctionError(data);
}
