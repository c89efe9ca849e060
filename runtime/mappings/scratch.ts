/**
 * Memory of one lane, used again for each of its batches: batches are many and small, and each new buffer would bring
 * the next full garbage collection nearer.
 */
export interface Scratch {
  /** So many bytes, until the next call. */
  readonly allocate: (bytes: number) => Buffer;
}

/** Kept between batches at the most; a batch that needs more gets it, for once. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

export function createScratch(): Scratch {
  let memory = Buffer.alloc(0);
  return {
    allocate(bytes) {
      if (bytes > MAX_KEPT_BYTES) return Buffer.allocUnsafeSlow(bytes);
      if (bytes > memory.length) memory = Buffer.allocUnsafeSlow(Math.min(MAX_KEPT_BYTES, bytes * 2));
      return memory.subarray(0, bytes);
    },
  };
}
