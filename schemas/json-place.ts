/**
 * Where a JSON text is broken. Off the hot path: `JSON.parse` decides whether a text is JSON, this says where it
 * is not, because the engine's own message names the place only sometimes, and in words that change between
 * versions, while a quarantine entry must come out the same in every replay.
 */

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS = ['true', 'false', 'null'];

/** What the grammar allows next. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | 'colon' | 'comma or end';

/**
 * Index (UTF-16) of the first character at which `text` stops being JSON; its length when it ends too early;
 * -1 when it is JSON. Grammar: RFC 8259. Works on any depth of nesting: the stack is an array.
 */
export function jsonErrorAt(text: string): number {
  const closers: ('}' | ']')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  // Not one pattern: a pattern's stack of ways back overflows on a string of a megabyte.
  const matchString = (): boolean => {
    if (text[at] !== '"') return false;
    at++;
    for (;;) {
      const code = text.charCodeAt(at);
      if (code === 0x22) {
        at++;
        return true;
      }
      if (code === 0x5c ? !match(ESCAPE) : !(code >= 0x20)) return false;
      if (code !== 0x5c) at++;
    }
  };
  for (;;) {
    match(SPACE);
    if (expected === 'comma or end' && closers.length === 0) return at === text.length ? -1 : at;
    const char = text[at];
    if (char === undefined) return at;
    if ((expected === 'value or ]' || expected === 'key or }') && char === closers.at(-1)) {
      closers.pop();
      expected = 'comma or end';
      at++;
    } else if (expected === 'value' || expected === 'value or ]') {
      if (char === '{' || char === '[') {
        closers.push(char === '{' ? '}' : ']');
        expected = char === '{' ? 'key or }' : 'value or ]';
        at++;
        continue;
      }
      const word = WORDS.find((candidate) => text.startsWith(candidate, at));
      if (word !== undefined) at += word.length;
      else if (!(char === '"' ? matchString() : match(NUMBER))) return at;
      expected = 'comma or end';
    } else if (expected === 'key' || expected === 'key or }') {
      if (!matchString()) return at;
      expected = 'colon';
    } else if (expected === 'colon') {
      if (char !== ':') return at;
      expected = 'value';
      at++;
    } else if (char === ',') {
      expected = closers.at(-1) === '}' ? 'key' : 'value';
      at++;
    } else if (char === closers.at(-1)) {
      closers.pop();
      at++;
    } else return at;
  }
}

/** Line and column, both from 1, of an index into a text. */
export function lineAndColumn(text: string, index: number): { line: number; column: number } {
  const before = text.slice(0, index);
  const line = before.split('\n').length;
  return { line, column: index - before.lastIndexOf('\n') };
}

/** Whether objects and arrays in a JSON text are nested deeper than `limit`. */
export function nestedDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x7b || code === 0x5b) {
      if (++depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) depth--;
  }
  return false;
}
