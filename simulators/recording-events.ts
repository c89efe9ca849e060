/** A file of JSON events, one a line (NDJSON), as a recording. */
import { readLines } from './capture/input.js';
import { EventMapper } from './event-mapper.js';
import type { MappedRow, Mapping } from './mapping.js';
import type { BadRow, Recording } from './recording.js';

const MAX_LINE_BYTES = 1 << 20;

export function eventsRecording(file: string, mapping: Mapping): Recording<MappedRow> {
  return {
    format: 'events',
    file,
    read: (onBadRow) => readEvents(file, new EventMapper(mapping), onBadRow),
    sourceOf: (row) => row.deviceId,
    bytesOf: (row) => row.bytes ?? 0,
    notes: () => [],
  };
}

async function* readEvents(
  file: string,
  mapper: EventMapper,
  onBadRow: (row: BadRow) => void,
): AsyncGenerator<MappedRow> {
  for await (const { number, text } of readLines(file, MAX_LINE_BYTES)) {
    if (text?.trim() === '') continue;
    const mapped = text === null ? `longer than ${MAX_LINE_BYTES} bytes` : mapper.map(text);
    if (typeof mapped === 'string') onBadRow({ line: number, reason: mapped });
    else yield mapped;
  }
}
