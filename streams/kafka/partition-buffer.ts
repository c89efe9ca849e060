/**
 * Records of one partition that were fetched ahead: a run of offsets without holes, from which batches are cut. Pure;
 * whoever owns it fetches at `end` while `isWanting`, and pushes what comes.
 */
import type { Batch } from '../batch.js';
import type { ReadLimits } from '../stream.js';
import type { Chunk } from './decode.js';

interface Piece {
  readonly chunk: Chunk;
  /** Records `[first, last)` of the chunk. */
  readonly first: number;
  readonly last: number;
}

export class PartitionBuffer {
  /** The next offset to fetch. */
  end: bigint;
  /** Offsets below this one that are not here are nowhere any more. */
  trimmedTo = 0n;
  readonly #stream: string;
  readonly #partition: number;
  readonly #limitBytes: number;
  #chunks: Chunk[] = [];
  #bytes = 0;
  /** Behind the furthest record handed out; undefined: nothing was. */
  #handedOut: bigint | undefined;

  constructor(stream: string, partition: number, offset: bigint, limitBytes: number) {
    this.#stream = stream;
    this.#partition = partition;
    this.#limitBytes = limitBytes;
    this.end = offset;
  }

  get start(): bigint {
    return this.#chunks[0]?.from ?? this.end;
  }

  /** Whether more should be fetched: half of the room is for what nobody has read yet. */
  get isWanting(): boolean {
    const handedOut = this.#handedOut ?? this.start;
    let unread = 0;
    for (const { next, frames } of this.#chunks) if (next > handedOut) unread += frames.length;
    return unread * 2 < this.#limitBytes;
  }

  /** Whether a read of that offset means that the reader goes on from there, rather than that a slower one lags. */
  isAhead(offset: bigint): boolean {
    return this.#handedOut === undefined || offset >= this.#handedOut;
  }

  /** Forgets everything and goes on at `offset`. */
  reset(offset: bigint): void {
    this.#chunks = [];
    this.#bytes = 0;
    this.#handedOut = undefined;
    this.end = offset;
  }

  /** Answers false, and takes nothing, when the chunk is not what was wanted next. */
  push(chunk: Chunk): boolean {
    if (chunk.from !== this.end || chunk.next <= chunk.from) return false;
    this.#chunks.push(chunk);
    this.#bytes += chunk.frames.length;
    this.end = chunk.next;
    this.#evict();
    return true;
  }

  /** Records from `offset` on; undefined when they are not here. Empty, with a `baseOffset` beyond, for a hole. */
  take(offset: bigint, limits: ReadLimits): Batch | undefined {
    const from = offset < this.trimmedTo ? this.trimmedTo : offset;
    if (from < this.start || from >= this.end) return undefined;
    const pieces = this.#cut(from, limits);
    const batch = batchOf(this.#stream, this.#partition, pieces, limits);
    const lastPiece = pieces.at(-1);
    const next = lastPiece === undefined ? this.end : offsetIn(lastPiece.chunk, lastPiece.last - 1) + 1n;
    if (this.#handedOut === undefined || next > this.#handedOut) this.#handedOut = next;
    this.#evict();
    return batch ?? emptyBatch(this.#stream, this.#partition, this.end, limits);
  }

  #cut(from: bigint, { maxRecords, maxBytes }: ReadLimits): Piece[] {
    const pieces: Piece[] = [];
    let records = 0;
    let bytes = 0;
    for (const chunk of this.#chunks) {
      if (chunk.next <= from) continue;
      const first = indexOf(chunk, from);
      let last = first;
      while (last < chunk.starts.length && records < maxRecords) {
        const size = (chunk.starts[last + 1] ?? chunk.frames.length) - chunk.starts[last]!;
        if (records > 0 && bytes + size > maxBytes) break;
        bytes += size;
        records++;
        last++;
      }
      if (last > first) pieces.push({ chunk, first, last });
      if (last < chunk.starts.length) break;
    }
    return pieces;
  }

  /** What was handed out stays while there is room: other lanes, and second attempts, read it again. */
  #evict(): void {
    const handedOut = this.#handedOut;
    while (this.#bytes > this.#limitBytes && this.#chunks.length > 1 && handedOut !== undefined) {
      const { next, frames } = this.#chunks[0]!;
      if (next > handedOut) return;
      this.#chunks.shift();
      this.#bytes -= frames.length;
    }
  }
}

/** The chunk's records from `offset` on, as a batch; undefined when there are none. */
export function cutChunk(
  stream: string,
  partition: number,
  chunk: Chunk,
  offset: bigint,
  limits: ReadLimits,
): Batch | undefined {
  const buffer = new PartitionBuffer(stream, partition, chunk.from, Number.POSITIVE_INFINITY);
  buffer.push(chunk);
  return buffer.take(offset, limits);
}

export function emptyBatch(stream: string, partition: number, offset: bigint, limits: ReadLimits): Batch {
  const { allocate = Buffer.allocUnsafe } = limits;
  return { stream, partition, baseOffset: offset, count: 0, frames: allocate(0) };
}

function batchOf(
  stream: string,
  partition: number,
  pieces: readonly Piece[],
  { allocate = Buffer.allocUnsafe }: ReadLimits,
): Batch | undefined {
  const firstPiece = pieces[0];
  if (firstPiece === undefined) return undefined;
  let count = 0;
  let bytes = 0;
  for (const piece of pieces) {
    count += piece.last - piece.first;
    bytes += endOf(piece) - piece.chunk.starts[piece.first]!;
  }
  const frames = allocate(bytes);
  let at = 0;
  for (const piece of pieces)
    at += piece.chunk.frames.copy(frames, at, piece.chunk.starts[piece.first]!, endOf(piece));
  const lastPiece = pieces.at(-1)!;
  const baseOffset = offsetIn(firstPiece.chunk, firstPiece.first);
  const last = offsetIn(lastPiece.chunk, lastPiece.last - 1);
  const batch = { stream, partition, baseOffset, count, frames };
  if (last - baseOffset === BigInt(count - 1)) return batch;
  const offsets = pieces.flatMap(({ chunk, first, last: end }) =>
    Array.from({ length: end - first }, (_, index) => offsetIn(chunk, first + index)),
  );
  return { ...batch, offsets };
}

function endOf({ chunk, last }: Piece): number {
  return chunk.starts[last] ?? chunk.frames.length;
}

function offsetIn({ from, deltas }: Chunk, index: number): bigint {
  return from + BigInt(deltas === undefined ? index : deltas[index]!);
}

/** The first record at or behind `offset`. */
function indexOf({ from, deltas, starts }: Chunk, offset: bigint): number {
  const delta = Number(offset - from);
  if (delta <= 0) return 0;
  if (deltas === undefined) return Math.min(delta, starts.length);
  let low = 0;
  let high = deltas.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (deltas[middle]! < delta) low = middle + 1;
    else high = middle;
  }
  return low;
}
