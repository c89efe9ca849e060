/**
 * Text with U+0000 in it, which PostgreSQL cannot hold in any text type and libsql reads up to it only. U+0000 is stored
 * as U+0001 U+0001, and U+0001 as U+0001 U+0002: nothing is lost, two texts are equal or in order of bytes exactly if what is stored is, and all text
 * without the two characters, which is all there usually is, is stored as it is. (The encoding is that of FoundationDB's
 * tuple layer, at one remove.) Text goes through `stored` on its way in, and comes back through `original`.
 */
export function stored(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return /[\u0000\u0001]/.test(text) ? text.replace(/[\u0000\u0001]/g, escaped) : text;
}

export function original(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return text.includes('\u0001') ? text.replace(/\u0001([\u0001\u0002])/g, unescaped) : text;
}

function escaped(character: string): string {
  return character === '\u0000' ? '\u0001\u0001' : '\u0001\u0002';
}

function unescaped(_: string, second: string): string {
  return second === '\u0001' ? '\u0000' : '\u0001';
}
