/** One attempt to send one message, whatever becomes of it. */
import { messageOf } from '../../common/errors.js';
import type { Target } from '../dispatch/config/types.js';
import type { Message } from './order.js';
import { failed, type Outcome, refused } from './outcome.js';
import { publicText, secretsOf } from './redact.js';
import type { Send } from './senders/sender.js';

/** Never rejects. @param timeoutMs what remains of the function's time may be less than the target's timeout */
export async function attempt(
  { document }: Message,
  target: Target,
  send: Send,
  now: number,
  timeoutMs: number,
): Promise<Outcome> {
  if (document === null) return refused('the notification cannot be read');
  const secrets = secretsOf(target);
  const withoutSecrets = (text: string) => publicText(text, secrets);
  const late = new AbortController();
  let give = (_: Outcome) => {};
  // What does not heed the signal must not hold up the target either.
  const tooLate = new Promise<Outcome>((resolve) => {
    give = resolve;
  });
  const timer = setTimeout(() => {
    late.abort();
    give(failed(`no answer within ${timeoutMs / 1_000} s`));
  }, timeoutMs);
  try {
    const attempting = { signal: late.signal, now, publicText: withoutSecrets };
    const sent = send(document, target, attempting).catch((error: unknown) =>
      failed(withoutSecrets(messageOf(error))),
    );
    return await Promise.race([tooLate, sent]);
  } finally {
    clearTimeout(timer);
  }
}
