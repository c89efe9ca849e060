/**
 * Signature of a webhook: HMAC-SHA256 over `{t}.{body}`, t being the moment of sending in seconds, in the header
 *
 *     X-Millrace-Signature: t=1795264199,v1=5257a869e7ec…
 *
 * The moment is signed, too, so that a receiver can refuse what somebody recorded and sends again later.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const SIGNATURE_HEADER = 'x-millrace-signature';

/** @param now epoch ms */
export function signatureOf(secret: string, body: string, now: number): string {
  const t = Math.floor(now / 1_000);
  return `t=${t},v1=${hmac(secret, t, body)}`;
}

/** What a receiver does. @param now epoch ms @param toleranceMs how far the clocks may differ */
export function verifies(
  secret: string,
  body: string,
  header: string,
  now: number,
  toleranceMs = 300_000,
): boolean {
  const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  if (t === undefined || v1 === undefined || Math.abs(now - Number(t) * 1_000) > toleranceMs) return false;
  return timingSafeEqual(Buffer.from(v1, 'hex'), Buffer.from(hmac(secret, Number(t), body), 'hex'));
}

function hmac(secret: string, t: number, body: string): string {
  return createHmac('sha256', secret).update(`${t}.${body}`).digest('hex');
}
