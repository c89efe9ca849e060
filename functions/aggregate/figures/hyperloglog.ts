/**
 * HyperLogLog: how many different values there were, with a standard error of 1.6 % (4,096 registers), mergeable
 * without loss. While there are at most 512, they are kept by 25 bits of their hashes, which makes small numbers exact
 * for all purposes, and a row small. Sources: Heule, Nunkesser, Hall, "HyperLogLog in Practice", EDBT 2013 (the sparse
 * form); Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", 2017 (the estimate, which needs no
 * table of corrections). What results does not depend on the order of values or merges.
 */
import { hashNumber, hashText } from './hash.js';

const REGISTERS = 4_096;
/** More entries would take more memory than the registers. */
const MAX_ENTRIES = 512;
const SPARSE_REGISTERS = 2 ** 25;
/** Bits of the hash beyond those that choose the register, and the largest rank they can have. */
const BITS = 52;
const MAX_RANK = BITS + 1;
const SEEDS = [0x2545f491, 0x9e3779b9] as const;

/** Text form: `s` and the entries' differences, or `d` and a character per register. */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CODES = Uint8Array.from(DIGITS, (digit) => digit.charCodeAt(0));
const DIGIT_OF = new Uint8Array(128);
CODES.forEach((code, digit) => {
  DIGIT_OF[code] = digit;
});

export class HyperLogLog {
  /** Ordered; 25 bits of the hash, and 6 for the rank of the 39 others. */
  #entries: number[] | null = [];
  #registers: Uint8Array | null = null;

  static restore(text: string): HyperLogLog {
    const counter = new HyperLogLog();
    counter.merge(text);
    return counter;
  }

  addNumber(value: number): void {
    this.#addHash(hashNumber(value, SEEDS[0]), hashNumber(value, SEEDS[1]));
  }

  addText(value: string): void {
    this.#addHash(hashText(value, SEEDS[0]), hashText(value, SEEDS[1]));
  }

  /** @param text of `text()` */
  merge(text: string): void {
    if (text.startsWith('s')) {
      for (const entry of entriesOf(text)) this.#addEntry(entry);
      return;
    }
    const registers = this.#dense();
    for (let at = 0; at < REGISTERS; at++) {
      const rank = DIGIT_OF[text.charCodeAt(at + 1)] ?? 0;
      if (rank > registers[at]!) registers[at] = rank;
    }
  }

  text(): string {
    if (this.#entries !== null) return textOf(this.#entries);
    const codes = this.#registers!.map((rank) => CODES[rank]!);
    return `d${Buffer.from(codes.buffer).toString('latin1')}`;
  }

  /** A whole number. */
  estimate(): number {
    if (this.#entries === null) return Math.round(estimateOf(this.#registers!));
    const empty = SPARSE_REGISTERS - this.#entries.length;
    return Math.round(SPARSE_REGISTERS * Math.log(SPARSE_REGISTERS / empty));
  }

  #addHash(high: number, low: number): void {
    const rest = high & 127;
    const rank = rest === 0 ? Math.clz32(low) + 8 : Math.clz32(rest) - 24;
    this.#addEntry((high >>> 7) * 64 + rank);
  }

  #addEntry(entry: number): void {
    const entries = this.#entries;
    if (entries === null) {
      raise(this.#registers!, entry);
      return;
    }
    const register = entry >>> 6;
    let low = 0;
    let high = entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (entries[middle]! >>> 6 < register) low = middle + 1;
      else high = middle;
    }
    const known = entries[low];
    if (known !== undefined && known >>> 6 === register) {
      if (entry > known) entries[low] = entry;
    } else if (entries.length < MAX_ENTRIES) entries.splice(low, 0, entry);
    else raise(this.#dense(), entry);
  }

  #dense(): Uint8Array {
    if (this.#registers !== null) return this.#registers;
    const registers = new Uint8Array(REGISTERS);
    for (const entry of this.#entries!) raise(registers, entry);
    this.#entries = null;
    this.#registers = registers;
    return registers;
  }
}

/** An entry has 25 bits where a register goes by 12: the other 13 belong to what is ranked. */
function raise(registers: Uint8Array, entry: number): void {
  const register = entry >>> 19;
  const rest = (entry >>> 6) & 0x1fff;
  const rank = rest === 0 ? (entry & 63) + 13 : Math.clz32(rest) - 18;
  if (rank > registers[register]!) registers[register] = rank;
}

function textOf(entries: readonly number[]): string {
  let text = 's';
  let last = 0;
  for (const entry of entries) {
    // Five bits a character, the lowest first; the sixth says that more follow.
    let rest = entry - last;
    for (; rest > 31; rest >>>= 5) text += DIGITS[(rest & 31) | 32]!;
    text += DIGITS[rest]!;
    last = entry;
  }
  return text;
}

function entriesOf(text: string): number[] {
  const entries: number[] = [];
  let entry = 0;
  let shift = 0;
  for (let at = 1; at < text.length; at++) {
    const digit = DIGIT_OF[text.charCodeAt(at)] ?? 0;
    entry += (digit & 31) << shift;
    shift += 5;
    if (digit > 31) continue;
    entries.push(entry);
    shift = 0;
  }
  return entries;
}

/** Ertl, algorithm 6. */
function estimateOf(registers: Uint8Array): number {
  const counts = new Array<number>(MAX_RANK + 1).fill(0);
  for (const rank of registers) counts[rank]!++;
  let z = REGISTERS * tau(1 - counts[MAX_RANK]! / REGISTERS);
  for (let rank = BITS; rank >= 1; rank--) z = 0.5 * (z + counts[rank]!);
  z += REGISTERS * sigma(counts[0]! / REGISTERS);
  return (REGISTERS * REGISTERS) / (2 * Math.LN2 * z);
}

function sigma(x: number): number {
  if (x === 1) return Infinity;
  let square = x;
  let factor = 1;
  let z = x;
  for (let last = -1; z !== last; factor += factor) {
    square *= square;
    last = z;
    z += square * factor;
  }
  return z;
}

function tau(x: number): number {
  if (x === 0 || x === 1) return 0;
  let root = x;
  let factor = 1;
  let z = 1 - x;
  for (let last = -1; z !== last; ) {
    root = Math.sqrt(root);
    last = z;
    factor *= 0.5;
    z -= (1 - root) ** 2 * factor;
  }
  return z / 3;
}
