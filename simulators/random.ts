/**
 * Random numbers that are the same everywhere and for ever: xoshiro128** 1.1 by David Blackman and Sebastiano Vigna
 * (https://prng.di.unimi.it/xoshiro128starstar.c, public domain), its state filled by splitmix64 (Vigna,
 * https://prng.di.unimi.it/splitmix64.c, public domain) from a seed and a stream number. Streams of one seed are
 * independent of how many there are.
 */
const MASK_64 = (1n << 64n) - 1n;
const GOLDEN = 0x9e3779b97f4a7c15n;

/** The splitmix64 sequence that starts at `state`. */
export function* splitmix64(state: bigint): Generator<bigint, never> {
  let at = state & MASK_64;
  for (;;) {
    at = (at + GOLDEN) & MASK_64;
    let z = at;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK_64;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & MASK_64;
    yield z ^ (z >> 31n);
  }
}

export class Random {
  readonly #state: Int32Array;

  /** @param state four 32-bit words, not all zero */
  constructor(state: Int32Array) {
    this.#state = state;
  }

  /** Stream number `stream` of `seed`; both are integers from 0. */
  static of(seed: number, stream: number): Random {
    // The seed is mixed before the stream number is added, so that (1, 2) and (2, 1) have nothing in common.
    const mixed = splitmix64(BigInt(seed)).next().value;
    return Random.#filled(splitmix64(mixed + BigInt(stream) * GOLDEN));
  }

  static #filled(words: Generator<bigint, never>): Random {
    const state = new Int32Array(4);
    for (let i = 0; i < 4; i += 2) {
      const word = words.next().value;
      state[i] = Number(BigInt.asIntN(32, word));
      state[i + 1] = Number(BigInt.asIntN(32, word >> 32n));
    }
    return new Random(state);
  }

  /**
   * The stream of `seed` that a name stands for (FNV-1a, 64 bits). What draws under a name of its own is not shifted
   * by what others draw.
   */
  static named(seed: number, name: string): Random {
    let hash = 0xcbf29ce484222325n;
    for (const byte of Buffer.from(name, 'utf8')) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & MASK_64;
    return Random.#filled(splitmix64(splitmix64(BigInt(seed)).next().value ^ hash));
  }

  /** Uniform among the unsigned 32-bit integers. */
  uint32(): number {
    const s = this.#state;
    const result = Math.imul(rotateLeft(Math.imul(s[1]!, 5), 7), 9);
    const t = s[1]! << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotateLeft(s[3]!, 11);
    return result >>> 0;
  }

  /** Uniform in [0, 1), 32 bits of it. */
  unit(): number {
    return this.uint32() / 0x1_0000_0000;
  }

  /** Uniform in [low, high). */
  between(low: number, high: number): number {
    return low + this.unit() * (high - low);
  }

  /** Uniform among the integers from low to high, both included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }
}

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}
