/**
 * A quick look at the bytes, before JSON is parsed: what must occur in an event for a pattern to match.
 *
 * Sound because JSON has one way to write a plain ASCII text unless it escapes something: when the bytes have no
 * backslash, a field of that name, or a text with that beginning or end, is there byte by byte. With a backslash
 * anywhere, or a text that JSON would have to escape, nothing is concluded.
 */
import type { ObjectPattern, Pattern } from './pattern.js';

/** All groups must be found in the bytes; of a group, one. */
export type Needles = readonly (readonly Buffer[])[];

const BACKSLASH = 0x5c;
const PLAIN = /^[\x20-\x5b\x5d-\x7e]*$/;

interface Group {
  /** One of these must occur. */
  readonly texts: readonly string[];
  readonly isName: boolean;
}

/** What the value of a data field must contain for this pattern; empty when nothing can be said. */
export function needlesOf(pattern: Pattern): Needles {
  const groups: Group[] = [];
  collect(pattern, groups);
  // Texts tell events apart better than names of fields do; a second look rarely pays.
  const best = groups.sort((a, b) => rank(a) - rank(b))[0];
  return best === undefined ? [] : [best.texts.map((text) => Buffer.from(text))];
}

function rank({ texts, isName }: Group): number {
  return texts.length + (isName ? 1_000 : 0);
}

/** Whether the bytes may match. */
export function mayMatch(bytes: Buffer, needles: Needles): boolean {
  for (const group of needles) {
    if (!group.some((needle) => bytes.includes(needle))) return bytes.includes(BACKSLASH);
  }
  return true;
}

function collect(pattern: Pattern, groups: Group[]): void {
  if (pattern.kind === 'leaf') {
    const { literals } = pattern;
    if (literals?.every((literal) => PLAIN.test(literal) && isQuotedOnce(literal))) {
      groups.push({ texts: literals, isName: false });
    }
    return;
  }
  for (const [name, inner] of pattern.fields) {
    if (!needsPresence(inner)) continue;
    if (PLAIN.test(name) && !name.includes('"')) groups.push({ texts: [`"${name}"`], isName: true });
    collect(inner, groups);
  }
}

function isQuotedOnce(literal: string): boolean {
  return !literal.replace(/^"/, '').replace(/"$/, '').includes('"');
}

/** Whether the pattern can match nothing but an event that has the field. */
function needsPresence(pattern: Pattern): boolean {
  if (pattern.kind === 'leaf') return !pattern.matchesAbsence;
  return objectNeedsPresence(pattern);
}

function objectNeedsPresence(pattern: ObjectPattern): boolean {
  return (
    pattern.fields.some(([, inner]) => needsPresence(inner)) ||
    pattern.alternatives.some((alternatives) => alternatives.every(objectNeedsPresence))
  );
}
