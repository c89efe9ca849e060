/**
 * Text with characters in it that no store can hold: U+0000, which PostgreSQL has in no text type and libsql reads up to
 * only, and halves of surrogate pairs (JSON may have them, `"\ud800"`), which have no UTF-8: both kinds of store made
 * U+FFFD of them, and different names were one. U+0000 is stored as U+0001 U+0001, U+0001 as U+0001 U+0002, and a lone
 * surrogate as U+0001 U+0004 and its four hexadecimal digits: nothing is lost, two texts are equal exactly if what is
 * stored is, well-formed texts are in the order of their bytes exactly if what is stored is, and all text without such
 * characters, which is all there usually is, is stored as it is. (The encoding is that of FoundationDB's tuple layer, at
 * one remove.) Text goes through `stored` on its way in, and comes back through `original`.
 */
export function stored(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  if (!/[\u0000\u0001\ud800-\udfff]/.test(text)) return text;
  // With `u`, surrogates are the lone ones.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return text.replace(/[\u0000\u0001\ud800-\udfff]/gu, escaped);
}

export function original(text: string): string {
  if (!text.includes('\u0001')) return text;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what this is about
  return text.replace(/\u0001([\u0001\u0002]|\u0004[0-9a-f]{4})/g, unescaped);
}

function escaped(character: string): string {
  if (character === '\u0000') return '\u0001\u0001';
  if (character === '\u0001') return '\u0001\u0002';
  return `\u0001\u0004${character.charCodeAt(0).toString(16)}`;
}

function unescaped(_: string, code: string): string {
  if (code === '\u0001') return '\u0000';
  if (code === '\u0002') return '\u0001';
  return String.fromCharCode(Number.parseInt(code.slice(1), 16));
}
