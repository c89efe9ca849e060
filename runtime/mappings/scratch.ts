/**
 * Memory for the batches of one round, used again for the next: rounds are many and small, and each new buffer would
 * bring the next full garbage collection nearer.
 */
export interface Scratch {
  /** So many bytes, until the next `reset`. */
  allocate(bytes: number): Buffer;
  reset(): void;
}

/** Kept between rounds at the most; a round that needs more gets it, for once. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024;

export function createScratch(initialBytes = 64 * 1024): Scratch {
  let memory = Buffer.allocUnsafeSlow(initialBytes);
  let used = 0;
  let wanted = 0;
  return {
    allocate(bytes) {
      wanted += bytes;
      if (used + bytes > memory.length) return Buffer.allocUnsafeSlow(bytes);
      used += bytes;
      return memory.subarray(used - bytes, used);
    },
    reset() {
      if (wanted > memory.length && memory.length < MAX_KEPT_BYTES) {
        memory = Buffer.allocUnsafeSlow(Math.min(MAX_KEPT_BYTES, wanted * 2));
      }
      used = 0;
      wanted = 0;
    },
  };
}
