/**
 * Checkpoints in one small file, each written by one small synchronous write into the page cache: some microseconds,
 * and it survives kill -9. After a loss of power an older checkpoint may come back, never a newer one.
 *
 * The file is an array of slots, one per group and partition. A slot holds two copies, written in turn, so that a
 * torn write leaves the older one:
 *
 *     u32  magic "MRC1"        u32  CRC-32 of bytes 8..256
 *     u64  sequence            u64  next offset
 *     u16  partition           u16  length of the group's name, UTF-8, which follows; zeros up to 256 bytes
 *
 * Room is allocated in advance, so that a full disk does not stop a checkpoint.
 */
import { closeSync, fdatasyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { MillraceError, messageOf } from '../../common/errors.js';
import type { Checkpoints } from '../checkpoints.js';

const COPY_BYTES = 256;
const SLOT_BYTES = 2 * COPY_BYTES;
const NAME_AT = 28;
const MAX_NAME_BYTES = COPY_BYTES - NAME_AT;
const SLOTS_AT_ONCE = 64;
const MAGIC = Buffer.from('MRC1', 'latin1').readUInt32LE(0);

interface Slot {
  readonly at: number;
  readonly bytes: Buffer;
  sequence: bigint;
  next: bigint;
}

/** Opens (and makes) the file. Throws `CHECKPOINTS_UNUSABLE` when it cannot be read and written. */
export function openCheckpointFile(path: string): CheckpointFile {
  try {
    const descriptor = openSync(path, 'a');
    closeSync(descriptor);
    return new CheckpointFile(path, openSync(path, 'r+'), readFileSync(path));
  } catch (error) {
    throw new MillraceError(`cannot open the checkpoints in ${path}: ${messageOf(error)}`, {
      code: 'CHECKPOINTS_UNUSABLE',
      hint: 'Is the data directory writable, and is there room on its disk?',
      cause: error,
    });
  }
}

export class CheckpointFile implements Checkpoints {
  /** Slots of which neither copy could be read: their groups begin anew. Empty on a sound file. */
  readonly damagedSlots: readonly number[];
  readonly #path: string;
  readonly #descriptor: number;
  readonly #groups = new Map<string, Slot[]>();
  #slots = 0;
  /** Slots there is room for in the file. */
  #room: number;
  #open = true;

  constructor(path: string, descriptor: number, content: Buffer) {
    this.#path = path;
    this.#descriptor = descriptor;
    const damaged: number[] = [];
    for (let at = 0; at + SLOT_BYTES <= content.length; at += SLOT_BYTES) {
      const slot = readSlot(content, at);
      if (slot !== undefined) {
        this.#remember(slot);
        this.#slots = at / SLOT_BYTES + 1;
      } else if (content.subarray(at, at + SLOT_BYTES).some((byte) => byte !== 0)) {
        damaged.push(at / SLOT_BYTES);
        this.#slots = at / SLOT_BYTES + 1;
      }
    }
    this.damagedSlots = damaged;
    this.#room = Math.floor(content.length / SLOT_BYTES);
    if (this.#slots === this.#room) this.#grow();
  }

  load(group: string, partition: number): bigint | undefined {
    return this.#groups.get(group)?.[partition]?.next;
  }

  /** Throws `CHECKPOINT_FAILED` (try again) when the file cannot be written, `GROUP_NAME_TOO_LONG`. */
  save(group: string, partition: number, nextOffset: bigint): void {
    if (!this.#open) throw new MillraceError('the checkpoints are closed', { code: 'CHECKPOINTS_CLOSED' });
    const slot = this.#groups.get(group)?.[partition] ?? this.#newSlot(group, partition);
    const sequence = slot.sequence + 1n;
    const { bytes } = slot;
    bytes.writeBigUInt64LE(sequence, 8);
    bytes.writeBigUInt64LE(nextOffset, 16);
    bytes.writeUInt32LE(crc32(bytes.subarray(8)), 4);
    this.#write(bytes, slot.at + Number(sequence & 1n) * COPY_BYTES);
    slot.sequence = sequence;
    slot.next = nextOffset;
  }

  /** Per partition, the highest checkpoint of these groups: the log they read should not end before it. */
  highest(groups: readonly string[], partitions: number): bigint[] {
    return Array.from({ length: partitions }, (_, partition) => {
      let highest = 0n;
      for (const group of groups) {
        const next = this.load(group, partition) ?? 0n;
        if (next > highest) highest = next;
      }
      return highest;
    });
  }

  /** Makes what was saved survive a loss of power, then lets go of the file. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    fdatasyncSync(this.#descriptor);
    closeSync(this.#descriptor);
  }

  #newSlot(group: string, partition: number): Slot {
    const nameBytes = Buffer.byteLength(group);
    if (nameBytes > MAX_NAME_BYTES) {
      throw new MillraceError(`the name of a group may have ${MAX_NAME_BYTES} bytes: ${group}`, {
        code: 'GROUP_NAME_TOO_LONG',
      });
    }
    if (this.#slots === this.#room) this.#grow();
    const bytes = Buffer.alloc(COPY_BYTES);
    bytes.writeUInt32LE(MAGIC, 0);
    bytes.writeUInt16LE(partition, 24);
    bytes.writeUInt16LE(nameBytes, 26);
    bytes.write(group, NAME_AT, 'utf8');
    const slot = { at: this.#slots++ * SLOT_BYTES, bytes, sequence: 0n, next: 0n };
    this.#remember(slot);
    return slot;
  }

  #remember(slot: Slot): void {
    const { group, partition } = ownerOf(slot.bytes);
    let slots = this.#groups.get(group);
    if (slots === undefined) {
      slots = [];
      this.#groups.set(group, slots);
    }
    slots[partition] = slot;
  }

  #grow(): void {
    this.#write(Buffer.alloc(SLOTS_AT_ONCE * SLOT_BYTES), this.#room * SLOT_BYTES);
    this.#room += SLOTS_AT_ONCE;
  }

  #write(bytes: Buffer, position: number): void {
    try {
      const written = writeSync(this.#descriptor, bytes, 0, bytes.length, position);
      if (written !== bytes.length) throw new Error(`${written} of ${bytes.length} bytes written`);
    } catch (error) {
      throw new MillraceError(`cannot save a checkpoint in ${this.#path}: ${messageOf(error)}`, {
        code: 'CHECKPOINT_FAILED',
        canRetry: true,
        cause: error,
      });
    }
  }
}

/** The newer intact copy of a slot. */
function readSlot(content: Buffer, at: number): Slot | undefined {
  let newest: Slot | undefined;
  for (const copy of [at, at + COPY_BYTES]) {
    const bytes = Buffer.from(content.subarray(copy, copy + COPY_BYTES));
    if (bytes.readUInt32LE(0) !== MAGIC || bytes.readUInt32LE(4) !== crc32(bytes.subarray(8))) continue;
    const sequence = bytes.readBigUInt64LE(8);
    if (newest === undefined || sequence > newest.sequence) {
      newest = { at, bytes, sequence, next: bytes.readBigUInt64LE(16) };
    }
  }
  return newest;
}

function ownerOf(bytes: Buffer): { group: string; partition: number } {
  const length = bytes.readUInt16LE(26);
  return {
    group: bytes.toString('utf8', NAME_AT, NAME_AT + length),
    partition: bytes.readUInt16LE(24),
  };
}
