/** Identifiers that depend on their text alone: a retry, another process and a replay make the same. */
import { createHash } from 'node:crypto';

/** A UUID of version 5 (RFC 9562, name-based, SHA-1) without a namespace. */
export function stableUuid(name: string): string {
  const bytes = createHash('sha1').update(name).digest().subarray(0, 16);
  bytes[6] = (bytes[6]! & 0x0f) | 0x50;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
