/**
 * A recording: a CSV file as a stream of mapped rows, in order of time across devices.
 *
 * The file is read twice. The first pass keeps nothing: it counts, finds the bad rows and sees whether the rows are
 * in order of time. If they are, the second pass streams them, whatever the file's size. If they are not, the second
 * pass holds them all to sort them, and is refused when there are too many for that.
 */
import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';
import { codeOf, MillraceError, messageOf } from '../common/errors.js';
import { type MappedRow, type Mapping, RowMapper } from './mapping.js';

export interface BadRow {
  /** Of the file, from 1. */
  readonly line: number;
  readonly reason: string;
}

export interface RecordingPlan {
  /** Readable ones. */
  readonly rows: number;
  readonly badRows: number;
  readonly devices: number;
  /** Event time of the first and the last, epoch ms. */
  readonly first: number;
  readonly last: number;
  /** Whether the rows are in order of time as they stand. */
  readonly ordered: boolean;
}

/** About 300 bytes each: some 300 MB. */
export const MAX_SORTED_ROWS = 1_000_000;

/** An opening quote that is never closed must not read the whole file into one row. */
const MAX_ROW_BYTES = 1 << 20;

/** Rows in the order of the file. Throws `REPLAY_FILE`, `REPLAY_COLUMN`. */
export async function* readRows(
  file: string,
  mapping: Mapping,
  onBadRow: (row: BadRow) => void,
): AsyncGenerator<MappedRow> {
  const parser = parse({
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    // A stray quote is text. Skipping "broken" records instead would swallow good rows up to the next quote.
    relax_quotes: true,
    max_record_size: MAX_ROW_BYTES,
  });
  const source = createReadStream(file);
  source.on('error', (error) => parser.destroy(error));
  source.pipe(parser);
  let mapper: RowMapper | null = null;
  try {
    for await (const row of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (mapper === null) {
        mapper = new RowMapper(row.record, mapping);
        continue;
      }
      const mapped = mapper.map(row.record);
      if (typeof mapped === 'string') onBadRow({ line: row.info.lines, reason: mapped });
      else yield mapped;
    }
  } catch (cause) {
    if (cause instanceof MillraceError) throw cause;
    const reason = codeOf(cause) === 'ENOENT' ? 'there is no such file' : messageOf(cause);
    throw new MillraceError(`${file} cannot be read: ${reason}`, { code: 'REPLAY_FILE', cause });
  } finally {
    source.destroy();
  }
}

/** The first pass. Throws as `readRows` does, and `REPLAY_EMPTY` when there is not one readable row. */
export async function planRecording(
  file: string,
  mapping: Mapping,
  onBadRow: (row: BadRow) => void,
): Promise<RecordingPlan> {
  const devices = new Set<string>();
  let rows = 0;
  let badRows = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  let ordered = true;
  const bad = (row: BadRow) => {
    badRows++;
    onBadRow(row);
  };
  for await (const { deviceId, time } of readRows(file, mapping, bad)) {
    rows++;
    devices.add(deviceId);
    if (time < last) ordered = false;
    first = Math.min(first, time);
    last = Math.max(last, time);
  }
  if (rows === 0) {
    throw new MillraceError(`${file} has no row that can be replayed`, {
      code: 'REPLAY_EMPTY',
      hint:
        badRows > 0
          ? `${badRows} rows are bad; the first ones are listed above.`
          : 'It has a header at most.',
    });
  }
  return { rows, badRows, devices: devices.size, first, last, ordered };
}

/** The second pass: rows in order of time; rows of the same time in the order of the file. */
export async function* rowsInOrder(
  file: string,
  mapping: Mapping,
  plan: RecordingPlan,
): AsyncGenerator<MappedRow> {
  // Bad rows were told in the first pass.
  const rows = readRows(file, mapping, () => undefined);
  if (plan.ordered) {
    yield* rows;
    return;
  }
  if (plan.rows > MAX_SORTED_ROWS) {
    throw new MillraceError(
      `${file} is not in order of time, and ${plan.rows} rows are too many to sort here`,
      {
        code: 'REPLAY_UNSORTED',
        hint: `Sort it by its time column first; up to ${MAX_SORTED_ROWS} rows are sorted in memory.`,
      },
    );
  }
  const all: MappedRow[] = [];
  for await (const row of rows) all.push(row);
  // Array.prototype.sort is stable.
  yield* all.sort((a, b) => a.time - b.time);
}
