/**
 * Documents posted to a URL. What the receiver may take later (no connection, no answer in time, 429, 5xx) is tried
 * again, with a wait that doubles; any other answer but 2xx is final.
 *
 * The lane that gave the records up waits meanwhile, so there is an end to it: what could not be delivered then is
 * appended to a file, and counts as sent. Nothing is lost, and one dead receiver does not hold up a partition.
 */
import type { Logger } from 'pino';
import type { Timers } from '../../common/clock.js';
import { messageOf } from '../../common/errors.js';
import type { LineFile } from './line-file.js';

export const ATTEMPTS = 6;
export const FIRST_WAIT_MS = 1_000;
export const ANSWER_TIMEOUT_MS = 10_000;

export interface WebhookDeps {
  readonly log: Logger;
  readonly timers: Timers;
  /** Where what cannot be delivered is kept. */
  readonly undelivered: LineFile;
  readonly fetch?: typeof fetch;
}

type Delivery = { readonly delivered: true } | { readonly reason: string; readonly canRetry: boolean };

/** Resolves when the receiver has the document or the file does; rejects only when not even the file can be written. */
export function createWebhook(
  name: string,
  url: string,
  { log, timers, undelivered, fetch: send = fetch }: WebhookDeps,
): (document: string) => Promise<void> {
  const post = async (body: string): Promise<Delivery> => {
    const late = new AbortController();
    const stop = timers.after(ANSWER_TIMEOUT_MS, () => late.abort());
    try {
      const response = await send(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'millrace' },
        body,
        redirect: 'manual',
        signal: late.signal,
      });
      await response.body?.cancel();
      const { status } = response;
      if (status >= 200 && status < 300) return { delivered: true };
      return { reason: `status ${status}`, canRetry: status === 429 || status >= 500 };
    } catch (error) {
      const reason = late.signal.aborted
        ? `no answer within ${ANSWER_TIMEOUT_MS / 1000} s`
        : messageOf(error);
      return { reason, canRetry: true };
    } finally {
      stop();
    }
  };

  return async (document) => {
    for (let attempt = 1; ; attempt++) {
      const result = await post(document);
      if ('delivered' in result) return;
      const { reason } = result;
      if (!result.canRetry || attempt === ATTEMPTS) {
        await undelivered.append(document);
        log.error(
          { destination: name, attempts: attempt, reason, file: undelivered.path },
          'a destination did not take a document: it was kept in a file',
        );
        return;
      }
      log.warn({ destination: name, attempt, reason }, 'a destination did not take a document; trying again');
      await new Promise<void>((resolve) => timers.after(FIRST_WAIT_MS * 2 ** (attempt - 1), resolve));
    }
  };
}
