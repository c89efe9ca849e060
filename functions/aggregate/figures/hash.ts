/**
 * MurmurHash3 (x86, 32 bits, by Austin Appleby) of numbers and strings: the same on every machine, as what is kept of
 * it has to be.
 */
const WORDS = new Uint32Array(2);
const NUMBER = new Float64Array(WORDS.buffer);

export function hashNumber(value: number, seed: number): number {
  NUMBER[0] = value;
  return finish(mix(mix(seed, WORDS[0]!), WORDS[1]!), 8);
}

/** Of the UTF-16 code units, two to a word. */
export function hashText(text: string, seed: number): number {
  let hash = seed;
  const even = text.length & ~1;
  for (let at = 0; at < even; at += 2) {
    hash = mix(hash, text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
  }
  if (even < text.length) hash ^= scramble(text.charCodeAt(even));
  return finish(hash, text.length * 2);
}

function scramble(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593);
}

function mix(hash: number, word: number): number {
  const h = hash ^ scramble(word);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number, length: number): number {
  let h = hash ^ length;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
