/**
 * Sends an HTTP message. Redirects are not followed: a signed message with alerts in it goes where the configuration
 * says, and nowhere else. Of an answer that is no success the beginning is kept as the reason.
 */
import { codeOf, messageOf } from '../../../common/errors.js';
import { mayPass, retryAfterMs } from '../core.js';
import type { HttpMessage } from '../formats/request.js';
import { failed, type Outcome, refused } from '../outcome.js';
import type { Attempting } from './sender.js';

const REASON_BYTES = 1_024;

export async function post(message: HttpMessage, attempting: Attempting): Promise<Outcome> {
  const { signal, now, publicText } = attempting;
  const { url, authorization } = addressOf(message.url);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...message.headers, ...authorization },
      body: message.body,
      redirect: 'manual',
      signal,
    });
    const { status } = response;
    if (status >= 200 && status < 300) {
      // It was taken: what becomes of the rest of the answer does not matter.
      await response.body?.cancel().catch(() => undefined);
      return { kind: 'delivered', status, note: null };
    }
    const said = publicText(await beginningOf(response));
    const error = said === '' ? `status ${status}` : `status ${status}: ${said}`;
    if (status >= 300 && status < 400) return refused(`${error} (redirects are not followed)`, status);
    if (!mayPass(status)) return refused(error, status);
    return failed(error, status, retryAfterMs(response.headers.get('retry-after'), now));
  } catch (error) {
    if (signal.aborted) return failed('no answer in time');
    return failed(publicText(reasonOf(error)));
  }
}

/** `fetch` takes no user and password in a URL, and says so with the URL in its message. */
function addressOf(text: string): { url: string; authorization: Record<string, string> } {
  const url = new URL(text);
  if (url.username === '' && url.password === '') return { url: url.href, authorization: {} };
  const credentials = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return {
    url: url.href,
    authorization: { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
  };
}

async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  if (response.body === null) return '';
  try {
    for await (const chunk of response.body) {
      chunks.push(chunk as Uint8Array);
      length += (chunk as Uint8Array).byteLength;
      if (length >= REASON_BYTES) break;
    }
  } catch {
    // The status is known, and decides; of the reason there is what came.
  }
  return Buffer.concat(chunks).subarray(0, REASON_BYTES).toString('utf8');
}

/** What `fetch` throws says "fetch failed"; what failed is its cause. */
function reasonOf(error: unknown): string {
  const cause = (error as { readonly cause?: unknown }).cause ?? error;
  const code = codeOf(cause);
  const message = messageOf(cause);
  return code === undefined || message.includes(code) ? message : `${code} ${message}`;
}
