/**
 * How far an environment is with its round: written by the environment before each batch, read by the host only when
 * the time of one may be up, or when the environment has ended. So each batch is held to the function's timeout at the
 * cost of no message.
 */
import { sharedNow } from './protocol.js';

export interface Progress {
  /** The round (or the single invocation) it is about. */
  readonly id: number;
  /** The batch under way. */
  readonly index: number;
  /** How long that one has been. */
  readonly elapsedMs: number;
}

/** Bytes: u32 id, u32 index, f64 begunAt. */
export const PROGRESS_BYTES = 16;

/** @param begunAt on `sharedNow()` */
export function writeProgress(bytes: Buffer, id: number, index: number, begunAt: number): void {
  bytes.writeDoubleLE(begunAt, 8);
  bytes.writeUInt32LE(index, 4);
  bytes.writeUInt32LE(id, 0);
}

export function readProgress(bytes: Buffer): Progress {
  const id = bytes.readUInt32LE(0);
  return { id, index: bytes.readUInt32LE(4), elapsedMs: sharedNow() - bytes.readDoubleLE(8) };
}
