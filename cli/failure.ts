/** How the command says that something went wrong: one clear error, what to do about it, and a bad exit code. */
import { MillraceError, messageOf } from '../common/errors.js';

export function describeFailure(error: unknown): string {
  if (!(error instanceof MillraceError)) {
    return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
  }
  return [`${error.message}  [${error.code}]`, ...(error.hint ? [error.hint] : [])].join('\n  ');
}

export function reportAndExit(error: unknown): void {
  process.stderr.write(`millrace: ${describeFailure(error)}\n`);
  process.exitCode = 1;
}
