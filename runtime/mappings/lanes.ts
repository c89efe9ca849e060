/**
 * Lanes: what an event source mapping works through one batch after the other. A lane is a partition, or, with
 * parallelizationFactor N, one of N slices of it by the hash of the key, so that a key's records stay in order. Each is
 * a consumer of its own, with a checkpoint of its own.
 */
import type { Checkpoints } from '../../streams/checkpoints.js';
import { murmur2 } from '../../streams/partitioner.js';

/** Lambda's limit. */
export const MAX_PARALLELIZATION = 10;

/** The consumer group of a function's mapping; with a factor above 1, the one that a lane's checkpoint is kept under. */
export function groupOf(functionName: string, stream: string, lane = 0, factor = 1): string {
  const group = `${functionName}:${stream}`;
  return factor === 1 ? group : `${group}/${lane}of${factor}`;
}

/** Every group that the function may have a checkpoint of the stream under, whatever its factor was. */
export function groupsOf(functionName: string, stream: string): string[] {
  return factors().flatMap((factor) => groupsWith(functionName, stream, factor));
}

/**
 * The lane of a key among `factor` of them.
 *
 * All keys of a partition have a hash in common with the number of partitions (see `partitioner.ts`), so that hash is
 * mixed once more: else lanes would stay empty. Source of the mixing: Austin Appleby's MurmurHash3, fmix32.
 */
export function laneOf(key: Uint8Array, factor: number): number {
  let h = murmur2(key);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) % factor;
}

/**
 * Where a lane goes on, or undefined when it has never begun: its own checkpoint, or that of another factor if that is
 * further. What lies below the lowest checkpoint of all the lanes of any factor is finished for every key.
 */
export function savedPosition(
  checkpoints: Checkpoints,
  functionName: string,
  stream: string,
  partition: number,
  lane: number,
  factor: number,
): bigint | undefined {
  let furthest = checkpoints.load(groupOf(functionName, stream, lane, factor), partition);
  for (const other of factors()) {
    const lowest = lowestOf(
      groupsWith(functionName, stream, other).map((group) => checkpoints.load(group, partition)),
    );
    if (lowest !== undefined && (furthest === undefined || lowest > furthest)) furthest = lowest;
  }
  return furthest;
}

function factors(): number[] {
  return Array.from({ length: MAX_PARALLELIZATION }, (_, index) => index + 1);
}

function groupsWith(functionName: string, stream: string, factor: number): string[] {
  return Array.from({ length: factor }, (_, lane) => groupOf(functionName, stream, lane, factor));
}

function lowestOf(offsets: readonly (bigint | undefined)[]): bigint | undefined {
  let lowest = offsets[0];
  for (const offset of offsets) {
    if (offset === undefined || lowest === undefined) return undefined;
    if (offset < lowest) lowest = offset;
  }
  return lowest;
}
