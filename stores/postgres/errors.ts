/** What PostgreSQL and its client throw, as errors that say whether a retry helps; the codes are those of SQLite's stores. */
import { MillraceError, messageOf } from '../../common/errors.js';

/** By SQLSTATE, or its first two characters (the class); source: PostgreSQL's manual, appendix A. */
const RETRIABLE: Readonly<Record<string, { readonly code: string; readonly what: string }>> = {
  '40': { code: 'STORE_BUSY', what: 'another transaction was in the way' },
  '55P03': { code: 'STORE_BUSY', what: 'another transaction held a lock for too long' },
  '57014': { code: 'STORE_BUSY', what: 'the statement took too long' },
  '53100': { code: 'STORE_FULL', what: "the server's disk is full" },
  '53': { code: 'STORE_UNREACHABLE', what: 'the server is short of resources' },
  '58': { code: 'STORE_IOERR', what: "the server's disk failed" },
  '57': { code: 'STORE_UNREACHABLE', what: 'the server is starting or shutting down' },
  '08': { code: 'STORE_UNREACHABLE', what: 'the connection broke' },
  '25006': { code: 'STORE_UNREACHABLE', what: 'the server only reads; is it a standby?' },
  '25P03': { code: 'STORE_BUSY', what: 'this process was paused within a transaction' },
};

/** Refused logins, a database or schema that is not there, privileges: nothing that passes. */
const UNUSABLE = /^(28...|3D000|3F000|42501)$/;

/** Not the database's, whoever threw them. */
const MISTAKES = new Set(['TypeError', 'RangeError', 'ReferenceError', 'SyntaxError']);

/** @param where names the database without its password */
export function storeError(error: unknown, where: string): unknown {
  if (error instanceof MillraceError) return error;
  if (!isError(error) || MISTAKES.has(error.name)) return error;
  const state = sqlState(error);
  if (state === undefined) {
    // The client's own: no connection, a broken one, no answer in time.
    return retriable('STORE_UNREACHABLE', `cannot reach ${where}: ${messageOf(error)}`, error);
  }
  if (UNUSABLE.test(state)) {
    return new MillraceError(`cannot use ${where}: ${messageOf(error)}`, {
      code: 'STORE_UNUSABLE',
      hint: "Are the database, the role and its password in DATABASE_URL right, and may the role create tables in the database's schema?",
      cause: error,
    });
  }
  const known = RETRIABLE[state] ?? RETRIABLE[state.slice(0, 2)];
  if (known === undefined) return error;
  return retriable(known.code, `cannot use ${where}: ${known.what} (${messageOf(error)})`, error);
}

/** Not `instanceof`: errors of Node itself may be another realm's. */
function isError(error: unknown): error is Error {
  return typeof error === 'object' && error !== null && 'message' in error && 'name' in error;
}

/** The SQLSTATE of what the server reported, or undefined. */
export function sqlState(error: unknown): string | undefined {
  if (!isError(error) || !('severity' in error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

function retriable(code: string, message: string, cause: unknown): MillraceError {
  return new MillraceError(message, {
    code,
    canRetry: true,
    hint: 'The invocation is tried again; look at the database server if this does not pass.',
    cause,
  });
}
