/**
 * A batch of records as Kafka stores it (format version 2), built while the records arrive.
 *
 * A value is the event's payload as it was published, the key its device's id, the timestamp its arrivalTime, so that
 * any consumer of the topic reads plain events. What Kafka has no field for travels in headers: `millrace-kind` of
 * what is not an acknowledged event, `millrace-arrival` of a time with a fraction of a millisecond. Those two names
 * are taken. A record without a key (a tick) has none in Kafka either.
 *
 * Source: https://kafka.apache.org/documentation/#recordbatch
 */
import { crc32c } from '@platformatic/kafka';
import { type NewRecord, RecordKind } from '../record.js';
import { varintLength, writeVarint } from './varint.js';

export const KIND_HEADER = 'millrace-kind';
export const ARRIVAL_HEADER = 'millrace-arrival';
export const KIND_NAMES = Object.keys(RecordKind) as (keyof typeof RecordKind)[];

/** Bytes in front of the first record. */
export const BATCH_HEADER = 61;
const CHECKED_FROM = 21;
const EMPTY: readonly [string, string][] = [];

export class RecordBatchBuilder {
  count = 0;
  #bytes: Buffer;
  #end = BATCH_HEADER;
  #firstTimestamp = 0;
  #lastTimestamp = 0;

  constructor(roomBytes = 4_096) {
    this.#bytes = Buffer.allocUnsafeSlow(Math.max(roomBytes, BATCH_HEADER));
  }

  get byteLength(): number {
    return this.#end;
  }

  /**
   * Copies the record's bytes. Answers false, and adds nothing, when the batch would become larger than `limit` bytes.
   */
  add(record: NewRecord, limit: number): boolean {
    const headers = headersOf(record);
    const timestamp = Math.floor(record.arrivalTime);
    const delta = this.count === 0 ? 0 : timestamp - this.#firstTimestamp;
    const keyBytes = record.key === '' ? -1 : Buffer.byteLength(record.key);
    const valueBytes = record.value.byteLength;
    let body =
      1 +
      varintLength(delta) +
      varintLength(this.count) +
      varintLength(keyBytes) +
      Math.max(0, keyBytes) +
      varintLength(valueBytes) +
      valueBytes +
      varintLength(headers.length);
    for (const [name, value] of headers) body += textLength(name) + textLength(value);
    const end = this.#end + varintLength(body) + body;
    if (end > limit) return false;
    if (end > this.#bytes.length) this.#grow(end, limit);
    const bytes = this.#bytes;
    let at = writeVarint(bytes, this.#end, body);
    bytes[at++] = 0;
    at = writeVarint(bytes, at, delta);
    at = writeVarint(bytes, at, this.count);
    at = writeVarint(bytes, at, keyBytes);
    if (keyBytes > 0) at += bytes.write(record.key, at, 'utf8');
    at = writeVarint(bytes, at, valueBytes);
    bytes.set(record.value, at);
    at += valueBytes;
    at = writeVarint(bytes, at, headers.length);
    for (const [name, value] of headers) at = writeText(bytes, writeText(bytes, at, name), value);
    this.#end = at;
    if (this.count === 0) this.#firstTimestamp = timestamp;
    this.#lastTimestamp = Math.max(this.count === 0 ? timestamp : this.#lastTimestamp, timestamp);
    this.count++;
    return true;
  }

  /** The finished batch, as a view. May be sealed again for another producer. */
  seal(producerId: bigint, producerEpoch: number, firstSequence: number): Buffer {
    const bytes = this.#bytes.subarray(0, this.#end);
    bytes.writeBigInt64BE(0n, 0);
    bytes.writeInt32BE(this.#end - 12, 8);
    bytes.writeInt32BE(-1, 12);
    bytes[16] = 2;
    bytes.writeInt16BE(0, 21);
    bytes.writeInt32BE(this.count - 1, 23);
    bytes.writeBigInt64BE(BigInt(this.#firstTimestamp), 27);
    bytes.writeBigInt64BE(BigInt(this.#lastTimestamp), 35);
    bytes.writeBigInt64BE(producerId, 43);
    bytes.writeInt16BE(producerEpoch, 51);
    bytes.writeInt32BE(firstSequence, 53);
    bytes.writeInt32BE(this.count, 57);
    bytes.writeUInt32BE(crc32c(bytes.subarray(CHECKED_FROM)), 17);
    return bytes;
  }

  #grow(needed: number, limit: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, Math.min(limit, this.#bytes.length * 4)));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }
}

function headersOf({ kind, arrivalTime, headers }: NewRecord): readonly [string, string][] {
  const hasFraction = !Number.isInteger(arrivalTime);
  if (kind === RecordKind.acknowledged && headers === undefined && !hasFraction) return EMPTY;
  const all: [string, string][] = Object.entries(headers ?? {}).filter(
    ([name]) => name !== KIND_HEADER && name !== ARRIVAL_HEADER,
  );
  if (kind !== RecordKind.acknowledged)
    all.push([KIND_HEADER, KIND_NAMES.find((k) => RecordKind[k] === kind)!]);
  if (hasFraction) all.push([ARRIVAL_HEADER, `${arrivalTime}`]);
  return all;
}

function textLength(text: string): number {
  const bytes = Buffer.byteLength(text);
  return varintLength(bytes) + bytes;
}

function writeText(bytes: Buffer, at: number, text: string): number {
  const start = writeVarint(bytes, at, Buffer.byteLength(text));
  return start + bytes.write(text, start, 'utf8');
}
