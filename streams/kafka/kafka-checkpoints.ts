/**
 * Checkpoints as the committed offsets of a consumer group. They are loaded when a partition is assigned, and saved
 * in the background, in order and at most every few milliseconds: a process that is killed repeats at most what it
 * did since then. A commit carries the member's generation, so the broker refuses that of a process that has lost its
 * partitions without knowing.
 *
 * A group may have several readers per partition (`group/0of2`, …). Kafka has one offset per partition, so theirs
 * are in its metadata; the offset is then the lowest of those saved by this process.
 */
import { offsetCommitV8 } from '@platformatic/kafka';
import type { Checkpoints } from '../checkpoints.js';
import type { KafkaClient } from './client.js';
import { fetchCommitted } from './committed.js';

/** Who commits: as the coordinator knows it at the moment. */
export interface Membership {
  readonly memberId: string;
  readonly generation: number;
}

const RETRY_WITHIN_MS = 15_000;

interface Row {
  /** Next offset by the reader's suffix, '' for the group itself. */
  readonly offsets: Map<string, bigint>;
  /** Suffixes that were saved by this process. */
  readonly active: Set<string>;
  isDirty: boolean;
}

export class KafkaCheckpoints implements Checkpoints {
  readonly #client: KafkaClient;
  readonly #topic: string;
  readonly #group: string;
  readonly #onSaved: () => void;
  /** Of the partitions that are this process's. */
  readonly #rows = new Map<number, Row>();

  /** @param onSaved there is something to commit */
  constructor(client: KafkaClient, topic: string, group: string, onSaved: () => void) {
    this.#client = client;
    this.#topic = topic;
    this.#group = group;
    this.#onSaved = onSaved;
  }

  load(group: string, partition: number): bigint | undefined {
    const suffix = this.#suffixOf(group);
    return suffix === undefined ? undefined : this.#rows.get(partition)?.offsets.get(suffix);
  }

  /** Does nothing for a partition that is somebody else's by now: its new owner knows better. */
  save(group: string, partition: number, nextOffset: bigint): void {
    const suffix = this.#suffixOf(group);
    const row = this.#rows.get(partition);
    if (suffix === undefined || row === undefined) return;
    row.offsets.set(suffix, nextOffset);
    row.active.add(suffix);
    row.isDirty = true;
    this.#onSaved();
  }

  close(): void {
    this.#rows.clear();
  }

  /** The lowest position of any reader, for partitions that have one. */
  lowest(partition: number): bigint | undefined {
    let lowest: bigint | undefined;
    for (const offset of this.#rows.get(partition)?.offsets.values() ?? []) {
      if (lowest === undefined || offset < lowest) lowest = offset;
    }
    return lowest;
  }

  /** Loads what was committed for partitions that have just become this process's. */
  async take(partitions: readonly number[]): Promise<void> {
    const found = await fetchCommitted(this.#client, this.#topic, this.#group, partitions, RETRY_WITHIN_MS);
    for (const partition of partitions) this.#rows.set(partition, emptyRow());
    for (const { partition, offset, metadata } of found) {
      const row = this.#rows.get(partition);
      if (row !== undefined) fill(row, offset, metadata);
    }
  }

  drop(partitions: readonly number[]): void {
    for (const partition of partitions) this.#rows.delete(partition);
  }

  get isDirty(): boolean {
    for (const row of this.#rows.values()) if (row.isDirty) return true;
    return false;
  }

  /** One commit of everything that was saved since the last. What could not be committed is still to be. */
  async commit({ memberId, generation }: Membership): Promise<void> {
    const dirty = [...this.#rows].filter(([, row]) => row.isDirty);
    if (dirty.length === 0) return;
    for (const [, row] of dirty) row.isDirty = false;
    const partitions = dirty.map(([partitionIndex, row]) => ({
      partitionIndex,
      committedLeaderEpoch: -1,
      ...committed(row),
    }));
    try {
      const node = await this.#client.coordinatorOf(this.#group);
      const topics = [{ name: this.#topic, partitions }];
      const args = [this.#group, generation, memberId, null, topics] as const;
      await this.#client.request(`group ${this.#group}`, node, offsetCommitV8.api, ...args);
    } catch (error) {
      for (const [, row] of dirty) row.isDirty = true;
      throw error;
    }
  }

  /** Undefined: not one of this group's readers. */
  #suffixOf(group: string): string | undefined {
    if (group === this.#group) return '';
    return group.startsWith(`${this.#group}/`) ? group.slice(this.#group.length + 1) : undefined;
  }
}

function emptyRow(): Row {
  return { offsets: new Map(), active: new Set(), isDirty: false };
}

function committed({ offsets, active }: Row): { committedOffset: bigint; committedMetadata: string } {
  let lowest: bigint | undefined;
  for (const suffix of active) {
    const offset = offsets.get(suffix)!;
    if (lowest === undefined || offset < lowest) lowest = offset;
  }
  const isPlain = offsets.size === 1 && offsets.has('');
  const byReader = Object.fromEntries([...offsets].map(([suffix, offset]) => [suffix, `${offset}`]));
  return { committedOffset: lowest ?? 0n, committedMetadata: isPlain ? '' : JSON.stringify(byReader) };
}

/** Metadata that others wrote (`kafka-consumer-groups.sh --reset-offsets` leaves it empty) says nothing here. */
function fill(row: Row, offset: bigint, metadata: string): void {
  try {
    for (const [suffix, text] of Object.entries(JSON.parse(metadata) as Record<string, string>)) {
      row.offsets.set(suffix, BigInt(text));
    }
  } catch {
    row.offsets.clear();
  }
  if (row.offsets.size === 0) row.offsets.set('', offset);
}
