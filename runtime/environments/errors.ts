import { MillraceError } from '../../common/errors.js';
import type { SerializedError } from './protocol.js';

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

export function deserializeError(data: SerializedError): MillraceError {
  const error = new MillraceError(data.message, {
    code: data.code ?? 'FUNCTION_ERROR',
    canRetry: data.canRetry,
    ...(data.hint === undefined ? {} : { hint: data.hint }),
  });
  if (data.stack !== undefined) error.stack = data.stack;
  return error;
}
