/**
 * Batches on their way to an environment: all of one round in one piece of memory, which host and environment use
 * again. A message with an object and a buffer per batch costs several times as much as the wake-up it comes with, and
 * a buffer per round is garbage at both ends.
 *
 * Layout (little endian): u32 number of batches; per batch a header of 76 bytes: u32 source, u32 partition, u32 count,
 * u64 base offset, u32 place and u32 length of its frames, u32 length and u32 form of its offsets, u32 length of its
 * window, 36 bytes request id; then per batch its frames, offsets and window, one right after the other. Offsets are
 * distances from the base offset in 32 bits each, or, where these do not suffice (Kinesis sequence numbers), decimal
 * text. A window is JSON.
 *
 * Frames are placed as far from a multiple of eight as they lie where they come from: into shared memory V8 copies
 * word by word, and otherwise byte by byte, which takes six times as long (25 against 4 µs for 140 kB).
 */
import type { Batch } from '../../streams/batch.js';
import type { BatchInvocation, EventSource, WindowInvocation } from './invocation.js';

const PER_BATCH = 76;
/** The most that placing takes per batch. */
const WORD = 8;
const REQUEST_ID_BYTES = 36;
const NO_OFFSETS = 0;
const DISTANCES = 1;
const TEXT = 2;
const MAX_DISTANCE = 2n ** 32n;
const MAX_BASE = 2n ** 64n;

/** Batches that reach an environment together, with a request id each (UUIDs). */
export interface Round {
  readonly invocations: readonly BatchInvocation[];
  readonly requestIds: readonly string[];
}

/** A batch as the environment finds it; its bytes are views on the memory. */
export interface PackedInvocation {
  readonly invocation: BatchInvocation;
  readonly requestId: string;
}

/** What packing needs besides the frames: worked out once per round. */
interface Extras {
  readonly offsets: Buffer | null;
  readonly form: number;
  readonly window: Buffer | null;
}
const NONE: Extras = { offsets: null, form: NO_OFFSETS, window: null };

export interface Packing {
  /** Bytes that `write` needs. */
  readonly length: number;
  /** Writes the round to the beginning of `memory`. */
  write(memory: Buffer): void;
}

/** @param numberOf the number an event source goes by */
export function packRound(round: Round, numberOf: (source: EventSource) => number): Packing {
  const { invocations, requestIds } = round;
  const extras = invocations.map(extrasOf);
  let length = 4 + (PER_BATCH + WORD) * invocations.length;
  for (const { batch } of invocations) length += batch.frames.length;
  for (const { offsets, window } of extras) length += (offsets?.length ?? 0) + (window?.length ?? 0);
  return {
    length,
    write(memory) {
      let header = memory.writeUInt32LE(invocations.length, 0);
      let body = 4 + PER_BATCH * invocations.length;
      for (const [i, { source, batch }] of invocations.entries()) {
        const { offsets, form, window } = extras[i]!;
        body += (batch.frames.byteOffset - memory.byteOffset - body) & (WORD - 1);
        header = memory.writeUInt32LE(numberOf(source), header);
        header = memory.writeUInt32LE(batch.partition, header);
        header = memory.writeUInt32LE(batch.count, header);
        header = memory.writeBigUInt64LE(form === TEXT ? 0n : batch.baseOffset, header);
        header = memory.writeUInt32LE(body, header);
        header = memory.writeUInt32LE(batch.frames.length, header);
        header = memory.writeUInt32LE(offsets?.length ?? 0, header);
        header = memory.writeUInt32LE(form, header);
        header = memory.writeUInt32LE(window?.length ?? 0, header);
        header += memory.write(requestIds[i]!, header, REQUEST_ID_BYTES, 'latin1');
        for (const part of [batch.frames, offsets, window]) {
          if (part === null) continue;
          memory.set(part, body);
          body += part.length;
        }
      }
    },
  };
}

/** The round again; `memory` may be longer than it. */
export function unpackRound(memory: Buffer, sources: readonly EventSource[]): PackedInvocation[] {
  const round: PackedInvocation[] = [];
  let header = 4;
  let body = 0;
  const part = (length: number): Buffer => {
    body += length;
    return memory.subarray(body - length, body);
  };
  for (let left = memory.readUInt32LE(0); left > 0; left--) {
    const source = sources[memory.readUInt32LE(header)]!;
    const base = memory.readBigUInt64LE(header + 12);
    body = memory.readUInt32LE(header + 20);
    const frames = part(memory.readUInt32LE(header + 24));
    const offsets = offsetsOf(part(memory.readUInt32LE(header + 28)), memory.readUInt32LE(header + 32), base);
    const window = part(memory.readUInt32LE(header + 36));
    const count = memory.readUInt32LE(header + 8);
    const batch: Batch = {
      stream: source.stream,
      partition: memory.readUInt32LE(header + 4),
      baseOffset: offsets?.[0] ?? base,
      count,
      frames,
      ...(offsets === null || count === 0 ? {} : { offsets }),
    };
    const invocation: BatchInvocation =
      window.length === 0
        ? { source, batch }
        : { source, batch, window: JSON.parse(window.toString()) as WindowInvocation };
    round.push({
      invocation,
      requestId: memory.toString('latin1', header + PER_BATCH - REQUEST_ID_BYTES, header + PER_BATCH),
    });
    header += PER_BATCH;
  }
  return round;
}

function extrasOf({ batch, window }: BatchInvocation): Extras {
  const isShort = batch.baseOffset < MAX_BASE;
  if (batch.offsets === undefined && window === undefined && isShort) return NONE;
  const json = window === undefined ? null : Buffer.from(JSON.stringify(window));
  if (batch.offsets === undefined || batch.offsets.length === 0) {
    if (isShort) return { offsets: null, form: NO_OFFSETS, window: json };
    // A single record, or the end of a window, at a sequence number of Kinesis.
    return { offsets: Buffer.from(`${batch.baseOffset}`), form: TEXT, window: json };
  }
  const { baseOffset, offsets } = batch;
  if (offsets[offsets.length - 1]! - baseOffset >= MAX_DISTANCE || !isShort) {
    return { offsets: Buffer.from(offsets.join(',')), form: TEXT, window: json };
  }
  const distances = Buffer.allocUnsafe(4 * offsets.length);
  for (const [i, offset] of offsets.entries()) distances.writeUInt32LE(Number(offset - baseOffset), 4 * i);
  return { offsets: distances, form: DISTANCES, window: json };
}

function offsetsOf(bytes: Buffer, form: number, base: bigint): bigint[] | null {
  if (form === NO_OFFSETS) return null;
  if (form === TEXT) return bytes.toString('latin1').split(',').map(BigInt);
  const offsets: bigint[] = [];
  for (let at = 0; at < bytes.length; at += 4) offsets.push(base + BigInt(bytes.readUInt32LE(at)));
  return offsets;
}
