/**
 * Quarantine entries as the API shows them. Payloads may be anything, and large: text stays text, everything else is
 * base64, and one answer carries a bounded amount of them (a Lambda answer ends at 6 MB). Pure.
 */
import { isUtf8 } from 'node:buffer';
import type { QuarantineEntry } from '../../stores/validation.js';
import { rfc3339 } from './timestamps.js';

/** Bytes of payload in one answer; the first entry's payload always fits, at the gateway's limits. */
const BUDGET = 2 * 1024 * 1024;

/** Entries in order; a payload beyond the budget is cut, and says so: asked for with `limit=1` it comes whole. */
export function quarantineViews(entries: readonly QuarantineEntry[], budget = BUDGET) {
  let left = budget;
  return entries.map((entry) => {
    const shown = payloadView(entry.payload, left);
    left -= shown.bytes;
    return {
      id: entry.id,
      deviceId: entry.deviceId,
      partition: entry.partition,
      offset: entry.offset.toString(),
      arrivalTime: rfc3339(entry.arrivalTime),
      code: entry.code,
      reason: entry.reason,
      keyword: entry.keyword,
      pointer: entry.pointer,
      payload: shown.text,
      payloadEncoding: shown.encoding,
      payloadBytes: entry.payload.byteLength,
      payloadTruncated: shown.bytes < entry.payload.byteLength,
    };
  });
}

function payloadView(payload: Uint8Array, most: number) {
  const isText = isUtf8(payload);
  let bytes = Math.min(payload.byteLength, most);
  // Not in the middle of a character: continuation bytes are 10xxxxxx.
  if (isText && bytes < payload.byteLength) while (bytes > 0 && (payload[bytes]! & 0xc0) === 0x80) bytes--;
  const encoding = isText ? 'utf-8' : 'base64';
  const text = Buffer.from(payload.buffer, payload.byteOffset, bytes).toString(isText ? 'utf8' : 'base64');
  return { text, encoding, bytes };
}
