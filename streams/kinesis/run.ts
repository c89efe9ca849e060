/**
 * A run: records of one shard that follow each other without a gap, as they were read, with the place where reading goes
 * on. Everybody who reads there shares them: Kinesis allows five reads a second and shard, whoever asks.
 */
import { frameIn } from '../../adapters/aws/envelope.js';
import { FrameWriter, RecordKind } from '../record.js';
import type { IteratorPosition, KinesisRecord, RecordsAnswer } from './api.js';
import { MAX_RECORDS } from './api.js';

export interface Entry {
  readonly offset: bigint;
  readonly frame: Buffer;
}

export class Run {
  /** The run holds whatever is in the shard from here ... */
  from: bigint;
  /** ... up to here, exclusive. */
  to: bigint;
  readonly entries: Entry[] = [];
  bytes = 0;
  /** Where an iterator has to be asked for when there is none. */
  position: IteratorPosition;
  iterator: string | undefined;
  /** The shard is closed and has nothing beyond this run. */
  isOver = false;
  /** The last read came to the shard's tip. */
  isAtTip = false;
  /** How far the run's end is behind the tip, ms. */
  behindMs = Number.POSITIVE_INFINITY;
  /** When Kinesis took the last record, epoch ms. */
  lastArrival = 0;
  /** Latest arrivalTime in the records themselves, epoch ms. */
  lastArrivalTime = 0;
  /** The read under way, which everybody waits for who needs what comes next. */
  reading: Promise<number> | undefined;
  /** Order of use, for whoever makes room. */
  usedAt = 0;

  constructor(offset: bigint, position: IteratorPosition) {
    this.from = offset;
    this.to = offset;
    this.position = position;
  }

  /** Whether what is at `offset`, or the next thing behind it, is here. */
  holds(offset: bigint): boolean {
    return offset >= this.from && offset < this.to;
  }

  /** Whether reading on from here leads to `offset` without a gap. */
  leadsTo(offset: bigint): boolean {
    return offset >= this.from && offset <= this.to;
  }

  /** Adds what was read; returns how many records were new. */
  add(answer: RecordsAnswer): number {
    let added = 0;
    for (const record of answer.records) {
      // A position taken anew may show a record again.
      if (record.sequence < this.to) continue;
      const frame = frameOf(record);
      this.entries.push({ offset: record.sequence, frame });
      this.lastArrivalTime = Math.max(this.lastArrivalTime, arrivalTimeOf(frame));
      this.bytes += frame.length;
      this.to = record.sequence + 1n;
      added++;
    }
    const last = answer.records.at(-1);
    if (last !== undefined) {
      this.position = { type: 'AFTER_SEQUENCE_NUMBER', sequence: last.sequence };
      this.lastArrival = last.arrival;
    }
    this.iterator = answer.next ?? undefined;
    this.isOver = answer.next === null;
    this.behindMs = answer.behindMs;
    // Some emulators say 0 whatever is left; a full answer is not the last one.
    this.isAtTip = answer.next === null || (answer.behindMs === 0 && answer.records.length < MAX_RECORDS);
    return added;
  }

  /** Index of the first entry at or behind `offset`. */
  indexOf(offset: bigint): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.entries[middle]!.offset < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Forgets the oldest entries until no more than `bytes` are held. */
  shrink(bytes: number): void {
    let count = 0;
    while (this.bytes > bytes && count < this.entries.length)
      this.bytes -= this.entries[count++]!.frame.length;
    if (count === 0) return;
    this.entries.splice(0, count);
    this.from = this.entries[0]?.offset ?? this.to;
  }
}

/** See `record.ts`. */
export function arrivalTimeOf(frame: Buffer): number {
  return frame.readDoubleLE(4);
}

/** Our own records as they were appended; anybody else's as an acknowledged event that arrived when Kinesis took it. */
function frameOf({ data, partitionKey, arrival }: KinesisRecord): Buffer {
  const frame = frameIn(data);
  if (frame !== undefined) return frame;
  const writer = new FrameWriter(data.length + 64);
  writer.write({ kind: RecordKind.acknowledged, arrivalTime: arrival, key: partitionKey, value: data });
  return writer.take();
}
