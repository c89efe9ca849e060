/**
 * Record batches as a broker answers them (format version 2), decoded into frames. Anybody's records are readable:
 * what has no `millrace-kind` is an acknowledged event that arrived at its timestamp. What a frame has no room for
 * (a key or headers beyond 64 KiB) is cut or left out. Records of transactions that were taken back, and the markers
 * of transactions, are stepped over: offsets then have gaps.
 */
import { compressionsAlgorithmsByBitmask } from '@platformatic/kafka';
import { MillraceError } from '../../common/errors.js';
import { MAX_KEY_BYTES, RecordKind } from '../record.js';
import { ARRIVAL_HEADER, BATCH_HEADER, KIND_HEADER } from './record-batch.js';
import { VarintReader } from './varint.js';

/** Consecutive records of a partition, fetched at once. */
export interface Chunk {
  /** Offset that was asked for; everything from here to `next` is in the chunk or will never be there. */
  readonly from: bigint;
  readonly next: bigint;
  readonly frames: Buffer;
  /** Where each record's frame begins in `frames`. */
  readonly starts: readonly number[];
  /** Each record's offset less `from`; undefined: 0, 1, 2, … */
  readonly deltas: readonly number[] | undefined;
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

const COMPRESSION = 0b111;
const LOG_APPEND_TIME = 1 << 3;
const TRANSACTIONAL = 1 << 4;
const CONTROL = 1 << 5;
const ABORT = 0;

/** @param bytes record batches, the last of which may be cut off; the first may begin before `from` */
export function decodeRecords(
  bytes: Buffer,
  from: bigint,
  aborted: readonly AbortedTransaction[] = [],
): Chunk {
  const writer = new ChunkWriter(bytes.length);
  const openAborted = new Set<bigint>();
  const starting = [...aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  let next = from;
  for (let at = 0; at + BATCH_HEADER <= bytes.length; ) {
    const end = at + 12 + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    const baseOffset = bytes.readBigInt64BE(at);
    const version = bytes[at + 16];
    if (version !== 2) {
      throw new MillraceError(`record batch at offset ${baseOffset} has format version ${version}, not 2`, {
        code: 'KAFKA_RECORD_FORMAT',
      });
    }
    const attributes = bytes.readInt16BE(at + 21);
    const last = baseOffset + BigInt(bytes.readInt32BE(at + 23));
    const producerId = bytes.readBigInt64BE(at + 43);
    while (starting[0] !== undefined && starting[0].firstOffset <= last) {
      openAborted.add(starting.shift()!.producerId);
    }
    if (attributes & CONTROL) {
      if (isAbort(bytes, at)) openAborted.delete(producerId);
    } else if (!(attributes & TRANSACTIONAL && openAborted.has(producerId))) {
      decodeBatch(bytes, at, end, from, writer);
    }
    if (last >= next) next = last + 1n;
    at = end;
  }
  return writer.chunk(from, next);
}

function isAbort(bytes: Buffer, at: number): boolean {
  const reader = new VarintReader(bytes, at + BATCH_HEADER);
  reader.next();
  reader.at++;
  reader.next();
  reader.next();
  const keyBytes = reader.next();
  return keyBytes >= 4 && bytes.readInt16BE(reader.at + 2) === ABORT;
}

function decodeBatch(bytes: Buffer, at: number, end: number, from: bigint, writer: ChunkWriter): void {
  const baseOffset = bytes.readBigInt64BE(at);
  const attributes = bytes.readInt16BE(at + 21);
  const firstTimestamp = Number(bytes.readBigInt64BE(at + 27));
  const appended = attributes & LOG_APPEND_TIME ? Number(bytes.readBigInt64BE(at + 35)) : undefined;
  const count = bytes.readInt32BE(at + 57);
  const baseDelta = Number(baseOffset - from);
  const codec = attributes & COMPRESSION;
  let records = bytes;
  let start = at + BATCH_HEADER;
  if (codec !== 0) {
    const algorithm = compressionsAlgorithmsByBitmask[codec];
    if (algorithm === undefined || !algorithm.available) {
      throw new MillraceError(`records at offset ${baseOffset} are compressed with unknown method ${codec}`, {
        code: 'KAFKA_COMPRESSION',
        hint: 'Let their producer use gzip, snappy or lz4.',
      });
    }
    records = algorithm.decompressSync(bytes.subarray(start, end));
    start = 0;
  }
  const reader = new VarintReader(records, start);
  for (let index = 0; index < count; index++) {
    const length = reader.next();
    const after = reader.at + length;
    reader.at++;
    const timestamp = firstTimestamp + reader.next();
    const delta = baseDelta + reader.next();
    if (delta >= 0) writer.add(records, reader, delta, appended ?? timestamp);
    reader.at = after;
  }
}

/** Frames, as `streams/record.ts` describes them. */
class ChunkWriter {
  #frames: Buffer;
  #end = 0;
  readonly #starts: number[] = [];
  readonly #deltas: number[] = [];
  #isDense = true;

  constructor(bytes: number) {
    this.#frames = Buffer.allocUnsafe(bytes + (bytes >> 2) + 64);
  }

  /** @param reader stands at the record's key */
  add(bytes: Buffer, reader: VarintReader, delta: number, timestamp: number): void {
    const keyLength = reader.next();
    const keyStart = reader.at;
    const keyBytes = Math.min(Math.max(keyLength, 0), MAX_KEY_BYTES);
    reader.at += Math.max(keyLength, 0);
    const valueBytes = Math.max(reader.next(), 0);
    const valueStart = reader.at;
    reader.at += valueBytes;
    const count = reader.next();
    const found = count === 0 ? NO_HEADERS : readHeaders(bytes, reader, count);
    const headerBytes = found.json === undefined ? 0 : Buffer.byteLength(found.json);
    const start = this.#end;
    const size = 16 + keyBytes + (headerBytes === 0 ? 0 : 2 + headerBytes) + valueBytes;
    if (start + size > this.#frames.length) this.#grow(start + size);
    const frames = this.#frames;
    frames.writeUInt32LE(size - 4, start);
    frames.writeDoubleLE(found.arrivalTime ?? timestamp, start + 4);
    frames[start + 12] = found.kind;
    frames[start + 13] = headerBytes === 0 ? 0 : 1;
    frames.writeUInt16LE(keyBytes, start + 14);
    let at = start + 16;
    at += bytes.copy(frames, at, keyStart, keyStart + keyBytes);
    if (headerBytes > 0) {
      frames.writeUInt16LE(headerBytes, at);
      at += 2 + frames.write(found.json!, at + 2, 'utf8');
    }
    bytes.copy(frames, at, valueStart, valueStart + valueBytes);
    this.#end = start + size;
    if (delta !== this.#starts.length) this.#isDense = false;
    this.#starts.push(start);
    this.#deltas.push(delta);
  }

  chunk(from: bigint, next: bigint): Chunk {
    return {
      from,
      next,
      frames: this.#frames.subarray(0, this.#end),
      starts: this.#starts,
      deltas: this.#isDense ? undefined : this.#deltas,
    };
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(needed * 2);
    this.#frames.copy(larger, 0, 0, this.#end);
    this.#frames = larger;
  }
}

interface FoundHeaders {
  readonly kind: RecordKind;
  readonly arrivalTime?: number;
  readonly json?: string;
}

const NO_HEADERS: FoundHeaders = { kind: RecordKind.acknowledged };
const MAX_HEADER_BYTES = 0xffff;

function readHeaders(bytes: Buffer, reader: VarintReader, count: number): FoundHeaders {
  const headers: Record<string, string> = {};
  let kind: RecordKind = RecordKind.acknowledged;
  let arrivalTime: number | undefined;
  let others = 0;
  for (let index = 0; index < count; index++) {
    const name = readText(bytes, reader);
    const value = readText(bytes, reader);
    if (name === KIND_HEADER && Object.hasOwn(RecordKind, value)) {
      kind = RecordKind[value as keyof typeof RecordKind];
    } else if (name === ARRIVAL_HEADER && Number.isFinite(Number(value))) {
      arrivalTime = Number(value);
    } else {
      Object.defineProperty(headers, name, { value, enumerable: true, configurable: true, writable: true });
      others++;
    }
  }
  const json = others === 0 ? undefined : JSON.stringify(headers);
  return {
    kind,
    ...(arrivalTime === undefined ? {} : { arrivalTime }),
    ...(json === undefined || Buffer.byteLength(json) > MAX_HEADER_BYTES ? {} : { json }),
  };
}

function readText(bytes: Buffer, reader: VarintReader): string {
  const length = Math.max(reader.next(), 0);
  const start = reader.at;
  reader.at += length;
  return bytes.toString('utf8', start, start + length);
}
