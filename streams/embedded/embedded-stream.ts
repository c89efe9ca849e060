/**
 * The embedded durable log: the stream port on segment files of this machine.
 *
 * One journal for all partitions of a stream, so that a group commit is one write and one sync whatever partitions
 * it touches. See `block.ts` for the format, `group-commit.ts` for when and how it is written, `recovery.ts` for
 * what a crash leaves behind.
 *
 * Guarantee: a record that was called back survives kill -9, and loss of power as far as the disk honours O_DSYNC.
 * Weakness: one copy on one disk. Damaged blocks are detected, reported and stepped over, not repaired.
 */
import { MillraceError } from '../../common/errors.js';
import type { Batch } from '../batch.js';
import { MAX_KEY_BYTES, type NewRecord } from '../record.js';
import type {
  AppendCallback,
  KindCounts,
  PartitionEnds,
  ReadLimits,
  Stream,
  StreamHealth,
} from '../stream.js';
import { Assembler } from './assemble.js';
import { systemFiles } from './files.js';
import { GroupCommit } from './group-commit.js';
import { Journal } from './journal.js';
import { createLinger } from './linger.js';
import { type EmbeddedStreamOptions, type StreamLog, warningLog } from './options.js';
import { PartitionState } from './partition-state.js';
import { type RecoveryReport, recover } from './recovery.js';
import { segmentsToRemove } from './retention-core.js';
import type { Segment } from './segment.js';
import type { Damage } from './segment-index.js';
import { fillFromSegment, findTimeInSegment } from './segment-reader.js';
import { openStreamFolder } from './stream-folder.js';
import { TailCache } from './tail-cache.js';
import { systemTimers } from './timers.js';

const MAX_HEADER_BYTES = 0xffff;
const HINTS = 256;

/** Opens (and makes) the stream. Throws `PARTITIONS_CHANGED`, `STREAM_FORMAT` or the file system's error. */
export async function openEmbeddedStream(options: EmbeddedStreamOptions): Promise<EmbeddedStream> {
  const { directory, name, partitions, log = warningLog, files = systemFiles } = options;
  const folder = await openStreamFolder(directory, name, partitions, files);
  const { segments, report, continues } = await recover(folder, partitions, files);
  if (report.cut !== undefined) {
    log.warn({ stream: name, ...report.cut }, 'cut off the end of the log, which was never acknowledged');
  }
  for (const damage of report.damage) {
    log.error({ stream: name, ...damage }, 'acknowledged records of the log cannot be read');
  }

  const states = Array.from({ length: partitions }, (_, partition) => new PartitionState(partition));
  for (const segment of segments) {
    segment.index.partitions.forEach((index, partition) => {
      if (index.base >= 0) states[partition]?.restore(index);
    });
  }
  const lost = skipLostRecords(states, options.seenEnds ?? [], folder);
  for (const damage of lost) {
    log.error({ stream: name, ...damage }, 'acknowledged records are missing at the end of the log');
  }
  const journal = new Journal(folder, partitions, segments, files, log);
  // A new segment opens with the running figures, and so makes skipped offsets durable.
  try {
    await journal.open(continues && lost.length === 0);
  } catch (error) {
    await journal.close();
    throw error;
  }
  return new EmbeddedStream(options, journal, states, { ...report, damage: [...report.damage, ...lost] });
}

function skipLostRecords(
  states: readonly PartitionState[],
  seenEnds: readonly bigint[],
  folder: string,
): Damage[] {
  const damage: Damage[] = [];
  for (const state of states) {
    const seen = Number(seenEnds[state.partition] ?? 0n);
    if (seen <= state.end) continue;
    damage.push({
      segment: folder,
      position: 0,
      bytes: 0,
      reason: 'a consumer has finished records beyond the end of the log',
      partition: state.partition,
      fromOffset: state.end,
      records: seen - state.end,
    });
    state.skipTo(seen);
  }
  return damage;
}

export class EmbeddedStream implements Stream {
  readonly name: string;
  readonly partitions: number;
  /** What opening found. */
  readonly recovery: RecoveryReport;
  readonly #options: EmbeddedStreamOptions;
  readonly #log: StreamLog;
  readonly #journal: Journal;
  readonly #states: readonly PartitionState[];
  readonly #commit: GroupCommit;
  readonly #cache: TailCache;
  readonly #listeners = new Set<(partition: number) => void>();
  /** First offset still there, per partition. */
  #starts: number[] = [];
  #lastArrival = 0;
  /** Where reads that went to the disk stopped: the next one of that consumer starts scanning there. */
  readonly #hints = new Map<string, { readonly segment: Segment; readonly position: number }>();
  readonly #damage = new Map<string, Damage>();
  #closing: Promise<void> | undefined;

  constructor(
    options: EmbeddedStreamOptions,
    journal: Journal,
    states: readonly PartitionState[],
    recovery: RecoveryReport,
  ) {
    this.name = options.name;
    this.partitions = options.partitions;
    this.recovery = recovery;
    this.#options = options;
    this.#log = options.log ?? warningLog;
    this.#journal = journal;
    this.#states = states;
    for (const state of states) this.#lastArrival = Math.max(this.#lastArrival, state.lastArrival);
    for (const damage of recovery.damage) this.#damage.set(damageKey(damage), damage);
    this.#findStarts();
    const cache = new TailCache(options.partitions, options.cacheBytes ?? 32 << 20);
    this.#cache = cache;
    this.#commit = new GroupCommit(journal, states, {
      linger: createLinger(options.lingerMs ?? 2, options.longLingerMs ?? options.lingerMs ?? 5),
      commitBytes: options.commitBytes ?? 256 * 1024,
      commitRecords: options.commitRecords ?? 1000,
      retryMs: options.retryMs ?? 1000,
      segmentBytes: options.settings.segmentBytes,
      hardLimitBytes: options.settings.hardLimitBytes,
      log: this.#log,
      timers: options.timers ?? systemTimers,
      onBlock: (header, frames) => cache.add(header.partition, header.baseOffset, header.count, frames),
      onCommitted: (partitions) => this.#notify(partitions),
    });
  }

  append(partition: number, record: NewRecord, done: AppendCallback): void {
    if (this.#closing !== undefined) throw this.#closedError();
    const state = this.#state(partition);
    checkRecord(record);
    if (record.arrivalTime > this.#lastArrival) this.#lastArrival = record.arrivalTime;
    this.#commit.append(state, record, done);
  }

  async read(partition: number, offset: bigint, limits: ReadLimits): Promise<Batch> {
    if (this.#closing !== undefined) throw this.#closedError();
    const state = this.#state(partition);
    const wanted = Number(offset);
    if (wanted > state.end || wanted < 0) {
      throw new MillraceError(`offset ${offset} of ${this.name}/${partition} is outside 0..${state.end}`, {
        code: 'OFFSET_OUT_OF_RANGE',
        hint: 'Start from one of the partition’s ends.',
      });
    }
    const from = Math.max(wanted, this.#starts[partition]!);
    const assembler = new Assembler(from, limits);
    if (from < state.end && !this.#cache.read(partition, from, assembler)) {
      await this.#readFromDisk(partition, from, assembler);
    }
    return assembler.batch(this.name, partition);
  }

  async #readFromDisk(partition: number, from: number, assembler: Assembler): Promise<void> {
    const hint = this.#takeHint(partition, from);
    let position = hint?.position;
    for (let segment = hint?.segment; ; position = undefined) {
      segment ??= this.#segmentOf(partition, assembler.next);
      if (segment === undefined) {
        // All that was left is unreadable: the reader goes on where new records will come.
        assembler.skipTo(this.#states[partition]!.end);
        return;
      }
      const index = segment.index.partitions[partition]!;
      const { end } = index;
      const stopped = await fillFromSegment(
        segment,
        partition,
        position ?? index.positionOf(assembler.next),
        assembler,
        this.#reportDamage,
      );
      if (!assembler.isEmpty) {
        this.#keepHint(partition, assembler.next, segment, stopped);
        return;
      }
      // Nothing readable of this partition: on behind what the segment held when the scan began.
      assembler.skipTo(end);
      segment = undefined;
    }
  }

  /** The oldest segment with records of the partition at or after `offset`. */
  #segmentOf(partition: number, offset: number): Segment | undefined {
    const segments = this.#journal.segments;
    let low = 0;
    let high = segments.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const index = segments[middle]!.index.partitions[partition];
      // Segments before the partition existed say nothing of it and end at 0.
      if ((index?.end ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return segments[low];
  }

  #takeHint(partition: number, offset: number): { segment: Segment; position: number } | undefined {
    const key = `${partition}:${offset}`;
    const hint = this.#hints.get(key);
    if (hint === undefined) return undefined;
    this.#hints.delete(key);
    // At the segment's very end, the next one may be where the records are.
    const { end } = hint.segment.index.partitions[partition]!;
    return end > offset && this.#journal.segments.includes(hint.segment) ? hint : undefined;
  }

  #keepHint(partition: number, offset: number, segment: Segment, position: number): void {
    if (this.#hints.size >= HINTS) this.#hints.delete(this.#hints.keys().next().value!);
    this.#hints.set(`${partition}:${offset}`, { segment, position });
  }

  ends(partition: number): PartitionEnds {
    const state = this.#state(partition);
    return { start: BigInt(this.#starts[partition]!), end: BigInt(state.end) };
  }

  counts(partition: number): KindCounts {
    const { acknowledged, received, tick } = this.#state(partition);
    return { acknowledged, received, tick };
  }

  async offsetAt(partition: number, time: number): Promise<bigint> {
    if (this.#closing !== undefined) throw this.#closedError();
    const state = this.#state(partition);
    for (const segment of [...this.#journal.segments]) {
      const index = segment.index.partitions[partition];
      if (index === undefined || index.first < 0 || index.lastArrival < time) continue;
      const offset = await findTimeInSegment(segment, partition, time, this.#reportDamage);
      if (offset !== undefined) return BigInt(offset);
    }
    return BigInt(state.end);
  }

  lastArrivalTime(): number {
    return this.#lastArrival;
  }

  onAppended(listener: (partition: number) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  trim(keepFrom: readonly bigint[], now: number): Promise<number> {
    if (this.#closing !== undefined) return Promise.reject(this.#closedError());
    const rules = {
      retentionMs: this.#options.retentionMs,
      maxBytes: this.#options.settings.maxBytes,
      keepFrom,
      now,
    };
    return this.#commit.exclusively(async () => {
      const count = await this.#freeToRemove(segmentsToRemove(this.#journal.segments, rules));
      if (count === 0) return 0;
      const removing = this.#journal.removeOldest(count);
      this.#findStarts();
      return removing;
    });
  }

  /** Sees to it that the segment behind the removed ones holds the figures that would go with them. */
  async #freeToRemove(wanted: number): Promise<number> {
    const { segments } = this.#journal;
    let count = wanted;
    try {
      if (count > 0 && count === segments.length) await this.#journal.roll();
      if (count > 0 && count === segments.length - 1) await this.#commit.openSegment();
    } catch (error) {
      // No room for the new segment, or its beginning: what can go without it makes some.
      this.#log.warn({ error, stream: this.name }, 'retention could not begin a new segment');
      count = Math.max(0, Math.min(wanted, segments.length - (this.#journal.active.length === 0 ? 2 : 1)));
    }
    return count;
  }

  health(): StreamHealth {
    return this.#commit.health;
  }

  /** Bytes of the segments, for metrics. */
  byteLength(): number {
    return this.#journal.byteLength;
  }

  /** Everything found unreadable so far, at opening and since. */
  damage(): Damage[] {
    return [...this.#damage.values()];
  }

  close(): Promise<void> {
    this.#closing ??= this.#commit.close().then(async () => {
      await this.#journal.close();
      this.#cache.clear();
      this.#listeners.clear();
    });
    return this.#closing;
  }

  readonly #reportDamage = (damage: Damage): void => {
    const key = damageKey(damage);
    if (this.#damage.has(key)) return;
    this.#damage.set(key, damage);
    this.#log.error({ stream: this.name, ...damage }, 'acknowledged records of the log cannot be read');
  };

  #notify(partitions: readonly number[]): void {
    for (const partition of partitions) {
      for (const listener of this.#listeners) {
        try {
          listener(partition);
        } catch (error) {
          this.#log.error({ error }, 'a listener of the stream threw');
        }
      }
    }
  }

  #findStarts(): void {
    this.#starts = this.#states.map(({ partition, end }) => {
      const holder = this.#journal.segments.find(
        (segment) => (segment.index.partitions[partition]?.first ?? -1) >= 0,
      );
      return holder?.index.partitions[partition]?.first ?? end;
    });
  }

  #state(partition: number): PartitionState {
    const state = this.#states[partition];
    if (state !== undefined) return state;
    throw new MillraceError(`${this.name} has no partition ${partition}`, {
      code: 'PARTITION_OUT_OF_RANGE',
      hint: `Its partitions are 0 to ${this.partitions - 1}.`,
    });
  }

  #closedError(): MillraceError {
    return new MillraceError(`stream ${this.name} is closed`, { code: 'STREAM_CLOSED' });
  }
}

function damageKey(damage: Damage): string {
  return `${damage.segment}:${damage.position}:${damage.partition ?? ''}:${damage.fromOffset ?? ''}`;
}

/** Refuses what does not fit into a frame's 16-bit lengths, before anything is written. */
function checkRecord(record: NewRecord): void {
  // A UTF-16 unit takes at most three bytes, so ordinary keys need no measuring.
  if (record.key.length * 3 > MAX_KEY_BYTES && Buffer.byteLength(record.key) > MAX_KEY_BYTES) {
    throw new MillraceError(`a key may have ${MAX_KEY_BYTES} bytes`, { code: 'KEY_TOO_LONG' });
  }
  if (record.headers === undefined) return;
  if (Buffer.byteLength(JSON.stringify(record.headers)) > MAX_HEADER_BYTES) {
    throw new MillraceError(`headers may have ${MAX_HEADER_BYTES} bytes as JSON`, {
      code: 'HEADERS_TOO_LONG',
    });
  }
}
