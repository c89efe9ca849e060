/**
 * Half-space trees (Tan, Ting and Liu, Fast Anomaly Detection for Streaming Data, IJCAI 2011) on shingles: how few of the
 * latest readings looked as this one does together with those before it. Each tree halves the space again and again, the
 * dimension drawn at random; each node counts, within one window, the shingles that came by.
 */
const DEPTH = 6;
const NODES = 2 ** (DEPTH + 1) - 1;
/** Shingles that are counted before they replace those of the window before. No counter exceeds it: they are bytes. */
const WINDOW = 250;
/** A node with fewer is not followed further: its children say nothing. */
const SIZE_LIMIT = 12;
/** Of readings that are ordinary, nodes are about so many times emptier than the fullest can be. */
const USUAL = 8;

export class HalfSpaceTrees {
  /** By tree and node, in the order of a heap: of the window before, and of the one that is being filled. */
  readonly masses: Uint8Array;
  /** Shingles of the window that is being filled, and whether one was filled before. */
  readonly counts = new Uint8Array(2);
  readonly cells;
  readonly #trees: readonly Tree[];

  constructor(trees: number, dimensions: number, seed: number) {
    this.masses = new Uint8Array(trees * NODES * 2);
    this.cells = [this.masses, this.counts];
    this.#trees = treesOf(trees, dimensions, seed);
  }

  /**
   * How empty the shingle's surroundings were before it is counted, as a multiple of what is usual, roughly.
   * @param shingle each coordinate from 0 to 1
   */
  observe(shingle: ArrayLike<number>): number {
    const score = this.#score(shingle);
    this.#learn(shingle);
    return score;
  }

  #score(shingle: ArrayLike<number>): number {
    const first = this.counts[1] === 0;
    const reference = first ? 1 : 0;
    const total = first ? this.counts[0]! : WINDOW;
    let sum = 0;
    for (const [index, tree] of this.#trees.entries()) {
      const offset = (index * 2 + reference) * NODES;
      let node = 0;
      let depth = 0;
      while (depth < DEPTH && this.masses[offset + node]! > SIZE_LIMIT) {
        node = 2 * node + (shingle[tree.dimensions[node]!]! < tree.thresholds[node]! ? 1 : 2);
        depth++;
      }
      // log2 of the share per volume, halved with each level: mass * 2^depth in the paper.
      sum += Math.log2((this.masses[offset + node]! + 1) / (total + 1)) + depth;
    }
    // As a ratio, not in doublings: the tail of what is rare is to be long.
    return 2 ** Math.max(0, DEPTH - sum / this.#trees.length) / USUAL;
  }

  #learn(shingle: ArrayLike<number>): void {
    for (const [index, tree] of this.#trees.entries()) {
      const offset = (index * 2 + 1) * NODES;
      let node = 0;
      this.masses[offset]!++;
      for (let depth = 0; depth < DEPTH; depth++) {
        node = 2 * node + (shingle[tree.dimensions[node]!]! < tree.thresholds[node]! ? 1 : 2);
        this.masses[offset + node]!++;
      }
    }
    this.counts[0]!++;
    if (this.counts[0]! < WINDOW) return;
    for (let index = 0; index < this.#trees.length; index++) {
      const offset = index * 2 * NODES;
      this.masses.copyWithin(offset, offset + NODES, offset + 2 * NODES);
      this.masses.fill(0, offset + NODES, offset + 2 * NODES);
    }
    this.counts[0] = 0;
    this.counts[1] = 1;
  }
}

interface Tree {
  readonly dimensions: Uint8Array;
  readonly thresholds: Float64Array;
}

const made = new Map<string, readonly Tree[]>();

/** The same for the same seed; made once for all devices. */
function treesOf(count: number, dimensions: number, seed: number): readonly Tree[] {
  const key = `${count} ${dimensions} ${seed}`;
  let trees = made.get(key);
  if (trees === undefined) {
    const unit = generator(seed);
    trees = Array.from({ length: count }, () => grow(dimensions, unit));
    made.set(key, trees);
  }
  return trees;
}

/** The work space of each dimension reaches beyond 0..1, around a point drawn at random, as in the paper. */
function grow(dimensions: number, unit: () => number): Tree {
  const bounds = Array.from({ length: dimensions }, (): [number, number] => {
    const middle = unit();
    const half = 2 * Math.max(middle, 1 - middle);
    return [middle - half, middle + half];
  });
  const tree = { dimensions: new Uint8Array(NODES), thresholds: new Float64Array(NODES) };
  const split = (node: number, depth: number, space: readonly (readonly [number, number])[]) => {
    if (depth === DEPTH) return;
    const dimension = Math.floor(unit() * dimensions);
    const [low, high] = space[dimension]!;
    const middle = (low + high) / 2;
    tree.dimensions[node] = dimension;
    tree.thresholds[node] = middle;
    split(2 * node + 1, depth + 1, space.with(dimension, [low, middle]));
    split(2 * node + 2, depth + 1, space.with(dimension, [middle, high]));
  };
  split(0, 0, bounds);
  return tree;
}

/** mulberry32 by Tommy Ettinger (public domain): numbers from 0 to 1. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}
