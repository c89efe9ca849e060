/** A CSV file with a header as a recording: a row is an event of a device. */
import { parse } from 'csv-parse';
import { openInput, unreadable } from './capture/input.js';
import { type MappedRow, type Mapping, RowMapper } from './mapping.js';
import type { BadRow, Recording } from './recording.js';

/** An opening quote that is never closed must not read the whole file into one row. */
const MAX_ROW_BYTES = 1 << 20;
/** Measured: an object of a dozen numbers. */
export const ROW_BYTES = 300;

export function csvRecording(file: string, mapping: Mapping): Recording<MappedRow> {
  return {
    format: 'csv',
    file,
    read: (onBadRow) => readRows(file, mapping, onBadRow),
    sourceOf: (row) => row.deviceId,
    bytesOf: () => ROW_BYTES,
    notes: () => [],
  };
}

async function* readRows(
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
  const source = await openInput(file);
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
    throw unreadable(file, cause);
  } finally {
    source.destroy();
  }
}
