/**
 * `console` inside plain handlers: every call is one structured log line with the request's id, at the level of its
 * method, as Lambda's JSON log format has it. What goes to `process.stdout` directly is left alone.
 */
import { format } from 'node:util';
import type { Logger } from 'pino';

const LEVELS = {
  trace: 'trace',
  debug: 'debug',
  log: 'info',
  info: 'info',
  warn: 'warn',
  error: 'error',
  /** Only Lambda's console has it. */
  fatal: 'fatal',
} as const;

let requestId: string | undefined;

/** Whose invocation the lines to come belong to. */
export function setRequestId(id: string | undefined): void {
  requestId = id;
}

/** Replaces the methods of this thread's or process's console; not to be done to a host. Doing it again is harmless. */
export function structureConsole(log: Logger): void {
  const methods = Object.entries(LEVELS).map(([method, level]) => [
    method,
    (...values: unknown[]) => log[level](...lineOf(values)),
  ]);
  Object.assign(console, Object.fromEntries(methods));
}

/** A single object stays one, an error among the values is kept with its stack, the rest is formatted as console does. */
function lineOf(values: readonly unknown[]): [object, string?] {
  const fields = requestId === undefined ? {} : { requestId };
  const error = values.find((value) => value instanceof Error);
  if (error !== undefined) {
    return [{ ...fields, err: error }, values.length === 1 ? (error as Error).message : format(...values)];
  }
  const [only] = values;
  if (values.length === 1 && typeof only === 'object' && only !== null) return [{ ...fields, message: only }];
  return [fields, format(...values)];
}
