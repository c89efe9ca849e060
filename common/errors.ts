/**
 * Errors are data: a stable code, the cause, whether trying again can help, and what to do about it.
 * Callers decide on `code` and `canRetry`; nothing in Millrace matches on message text.
 */
export interface ErrorDetails {
  /** Stable, upper-case, never reused for another meaning. */
  readonly code: string;
  /** Whether the same call may succeed later without anybody changing anything. */
  readonly canRetry?: boolean;
  /** What the reader can do about it, one sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class MillraceError extends Error {
  readonly code: string;
  readonly canRetry: boolean;
  readonly hint: string | undefined;

  constructor(message: string, details: ErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'MillraceError';
    this.code = details.code;
    this.canRetry = details.canRetry ?? false;
    this.hint = details.hint;
  }
}

/** The message of anything that was thrown, in this thread or, as data, in another. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}

/** The `code` of a system or Millrace error, or undefined. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code;
  }
  return undefined;
}
