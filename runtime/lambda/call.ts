/**
 * Calls a handler in whichever way it was written, with the rules of Lambda's Node.js runtime:
 *
 * - What an async handler returns, or any thenable, is the answer; what another one returns is not looked at.
 * - `callback(error)` answers at once; `callback(null, answer)` when the event loop has emptied, unless the handler
 *   sets `context.callbackWaitsForEmptyEventLoop = false`.
 * - `context.succeed`, `fail` and `done`, of the runtime's first version, answer at once.
 * - The first answer counts, later ones are ignored.
 * - When the event loop empties without an answer, it is null; an `async` function that can never settle has failed.
 */
import type { Callback, Context } from 'aws-lambda';
import type { LambdaContext } from './context.js';
import { errorOfThrown } from './errors.js';
import type { EventLoop } from './event-loop.js';

export type AnyHandler = (event: unknown, context: Context, callback: Callback) => unknown;

/** @returns what the handler answered; rejects with what it threw, as an Error */
export function callHandler(
  handler: AnyHandler,
  event: unknown,
  own: LambdaContext,
  loop: EventLoop,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    let answered = false;
    let stopWaiting = () => {};
    const once = <A extends unknown[]>(answer: (...args: A) => void) => {
      return (...args: A) => {
        if (answered) return;
        answered = true;
        stopWaiting();
        answer(...args);
      };
    };
    const fail = (thrown: unknown) => reject(errorOfThrown(thrown));
    const done = (thrown: unknown, answer?: unknown) => {
      if (thrown === undefined || thrown === null) resolve(answer);
      else fail(thrown);
    };
    const callback = once((thrown: unknown, answer?: unknown) => {
      const waits = context.callbackWaitsForEmptyEventLoop && loop.canTell;
      if (thrown === undefined || thrown === null) {
        if (waits) loop.whenEmpty(() => resolve(answer));
        else resolve(answer);
      } else fail(thrown);
    });
    const context: Context = {
      ...own,
      callbackWaitsForEmptyEventLoop: true,
      succeed: once((answer?: unknown) => done(null, answer)),
      fail: once((thrown: unknown) => done(thrown ?? 'handled')),
      done: once(done),
    };
    let returned: unknown;
    try {
      returned = handler(event, context, callback as Callback);
      if (isThenable(returned)) returned.then(context.succeed, context.fail);
    } catch (thrown) {
      once(fail)(thrown);
    }
    if (answered) return;
    if (!loop.canTell && handler.length < 2 && !isThenable(returned)) {
      // Nobody will say when the loop is empty, and this handler has nothing to answer with.
      once(resolve)(null);
    } else {
      stopWaiting = loop.whenEmpty(once(() => (isAsync(handler) ? fail(neverSettled()) : resolve(null))));
    }
  });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}

function isAsync(handler: AnyHandler): boolean {
  return handler.constructor.name === 'AsyncFunction';
}

/** Lambda's words, which people search for. */
function neverSettled(): Error {
  const error = new Error(
    'The Lambda runtime client detected an unexpected Node.js exit code. This is most commonly caused by a Promise ' +
      'that was never settled.',
  );
  error.name = 'Runtime.NodeJsExit';
  return error;
}
