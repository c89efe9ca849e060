/**
 * A recording: timed items out of a file, in order of time across devices.
 *
 * The file is read twice. The first pass keeps nothing: it counts, finds the bad rows and sees whether the items are
 * in order of time. If they are, the second pass streams them, whatever the file's size. If they are not, the second
 * pass holds them all to sort them, and is refused when there are too many for that.
 */
import { MillraceError } from '../common/errors.js';

export type RecordingFormat = 'csv' | 'events' | 'capture';

export interface BadRow {
  /** Of the file, from 1. */
  readonly line: number;
  readonly reason: string;
}

export interface Timed {
  /** As recorded, epoch ms: of an event when it happened, of a captured message when it was received. */
  readonly time: number;
}

export interface Recording<T extends Timed> {
  readonly format: RecordingFormat;
  readonly file: string;
  /** Items in the order of the file. Throws `REPLAY_FILE`, `REPLAY_COLUMN`. */
  read(onBadRow: (row: BadRow) => void): AsyncGenerator<T>;
  /** What it is from: the device of an event, the topic of a message. */
  sourceOf(item: T): string;
  /** About what it takes in memory. */
  bytesOf(item: T): number;
  /** What is to be known about the file; complete after a `read`. */
  notes(): readonly string[];
}

export interface RecordingPlan {
  /** Readable ones. */
  readonly rows: number;
  readonly badRows: number;
  /** Devices, or topics. */
  readonly devices: number;
  /** Time of the first and the last, epoch ms. */
  readonly first: number;
  readonly last: number;
  /** Whether the rows are in order of time as they stand. */
  readonly ordered: boolean;
  /** About what all of them take in memory. */
  readonly bytes: number;
}

export const MAX_SORTED_ROWS = 1_000_000;
export const MAX_SORTED_BYTES = 1 << 29;

/** The first pass. Throws as `read` does, and `REPLAY_EMPTY` when there is not one readable row. */
export async function planRecording<T extends Timed>(
  recording: Recording<T>,
  onBadRow: (row: BadRow) => void,
): Promise<RecordingPlan> {
  const devices = new Set<string>();
  let rows = 0;
  let badRows = 0;
  let bytes = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let ordered = true;
  const bad = (row: BadRow) => {
    badRows++;
    onBadRow(row);
  };
  for await (const item of recording.read(bad)) {
    rows++;
    bytes += recording.bytesOf(item);
    devices.add(recording.sourceOf(item));
    if (item.time < last) ordered = false;
    first = Math.min(first, item.time);
    last = Math.max(last, item.time);
  }
  if (rows === 0) throw nothingToReplay(recording, badRows);
  return { rows, badRows, devices: devices.size, first, last, ordered, bytes };
}

function nothingToReplay({ file, format }: Recording<Timed>, badRows: number): MillraceError {
  return new MillraceError(`${file} has no row that can be replayed`, {
    code: 'REPLAY_EMPTY',
    hint:
      badRows > 0
        ? `${badRows} rows are bad; the first ones are listed above.`
        : format === 'csv'
          ? 'It has a header at most, or nothing of what was asked for.'
          : 'It is empty, or has nothing of what was asked for.',
  });
}

/** The second pass: items in order of time; those of the same time in the order of the file. */
export async function* inOrder<T extends Timed>(
  recording: Recording<T>,
  plan: RecordingPlan,
): AsyncGenerator<T> {
  // Bad rows were told in the first pass.
  const items = recording.read(() => undefined);
  if (plan.ordered) {
    yield* items;
    return;
  }
  yield* await sorted(recording, plan, items);
}

async function sorted<T extends Timed>(
  { file }: Recording<T>,
  { rows, bytes }: RecordingPlan,
  items: AsyncGenerator<T>,
): Promise<T[]> {
  if (rows > MAX_SORTED_ROWS || bytes > MAX_SORTED_BYTES) {
    throw new MillraceError(`${file} is not in order of time, and ${rows} rows are too many to sort here`, {
      code: 'REPLAY_UNSORTED',
      hint:
        `Sort it by its time first; up to ${MAX_SORTED_ROWS} rows and ` +
        `${MAX_SORTED_BYTES / 2 ** 20} MiB are sorted in memory.`,
    });
  }
  const all: T[] = [];
  for await (const item of items) all.push(item);
  // Array.prototype.sort is stable.
  return all.sort((a, b) => a.time - b.time);
}
