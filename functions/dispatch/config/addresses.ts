/** Checks of what targets are addressed by. None repeats a value in a problem: they may be secrets. */
import type { Reader } from '../../aggregate/definitions/reader.js';
import { isUnresolved } from './secrets.js';

/** A URL of one of these protocols (`https:`); undefined when a problem was reported. */
export function urlOf(reader: Reader, protocols: readonly string[], fallback?: string): string | undefined {
  if (!reader.given && fallback !== undefined) return fallback;
  const text = reader.text();
  if (text === undefined || isUnresolved(text)) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const names = protocols.map((protocol) => `${protocol}//`).join(' or ');
  if (url === undefined || !protocols.includes(url.protocol) || url.hostname === '') {
    return reader.refuse(`must be a URL that begins with ${names}`);
  }
  return text;
}

/** `ops@example.org` or `Operations <ops@example.org>`. */
export function addressOf(reader: Reader): string | undefined {
  const text = reader.text();
  if (text === undefined || isUnresolved(text)) return undefined;
  const address = /^[^<>\r\n]*<([^<>]+)>$/.exec(text)?.[1] ?? text;
  return /^[^\s@<>,]+@[^\s@<>,]+$/.test(address) ? text : reader.refuse('must be an e-mail address');
}

/** A text in which no variable is missing. */
export function secretOf(reader: Reader): string | undefined {
  const text = reader.text();
  return text === undefined || isUnresolved(text) ? undefined : text;
}
