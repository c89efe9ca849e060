/**
 * Texts for logs and attempts. Addresses of targets are secrets (whoever knows the URL of a chat's webhook may write
 * there), and what a server answers or a library throws may repeat them.
 */
import type { Target } from '../dispatch/config/types.js';

const LONGEST = 300;
/** Shorter parts of an address are words, not secrets. */
const SHORTEST_SECRET = 8;

/** What must not appear in any text about the target, longest first. */
export function secretsOf(target: Target): readonly string[] {
  const secrets = new Set<string>();
  const add = (text: string | null) => {
    if (text !== null && text.length > 0) secrets.add(text);
  };
  const address = (text: string) => {
    add(text);
    const { href, pathname, search, username, password } = new URL(text);
    add(href);
    if (pathname.length + search.length > 1) add(pathname + search);
    for (const part of [...pathname.split('/'), ...search.split(/[?&=]/)]) {
      if (part.length >= SHORTEST_SECRET) add(part);
    }
    add(decoded(username));
    add(decoded(password));
    add(password);
  };
  if (target.kind === 'email') address(target.smtp);
  else if (target.kind !== 'sns' && target.kind !== 'iot') address(target.url);
  if (target.kind === 'webhook') add(target.secret);
  if (target.kind === 'pagerduty') add(target.routingKey);
  return [...secrets].sort((a, b) => b.length - a.length);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // A lone `%` stands for itself.
    return part;
  }
}

/** One line, cut, without the secrets. */
export function publicText(text: string, secrets: readonly string[]): string {
  let line = text;
  for (const secret of secrets) line = line.replaceAll(secret, '***');
  line = line.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}
