/** Series in CSV files: a column of timestamps, one of values, and any others. */
import { parse } from 'csv-parse/sync';

export interface Row {
  /** As they stood in the file. */
  readonly timestamp: string;
  readonly value: string;
  /** Epoch ms; NaN: unreadable. */
  readonly time: number;
  /** NaN: missing or no number. */
  readonly number: number;
}

/** Null when the file has no columns `timestamp` and `value`, in whatever case. */
export function readSeries(text: string): Row[] | null {
  const [header = [], ...rows]: string[][] = parse(text, {
    bom: true,
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
  });
  const names = header.map((name) => name.toLowerCase());
  const [timestamps, values] = [names.indexOf('timestamp'), names.indexOf('value')];
  if (timestamps === -1 || values === -1) return null;
  return rows.map((row) => {
    const timestamp = row[timestamps] ?? '';
    const value = row[values] ?? '';
    return { timestamp, value, time: timeOf(timestamp), number: value === '' ? Number.NaN : Number(value) };
  });
}

/**
 * `2014-04-01 00:00:00` and RFC 3339, UTC where no offset is given, or seconds, milliseconds or microseconds since 1970,
 * told apart by their size.
 */
export function timeOf(text: string): number {
  if (/^-?\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    if (Math.abs(number) < 1e11) return Math.round(number * 1000);
    return Math.abs(number) < 1e14 ? number : Math.round(number / 1000);
  }
  const match = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?)?$/i.exec(
    text,
  );
  if (match === null) return Number.NaN;
  const [, date, time = '00:00', offset = 'Z'] = match;
  return Date.parse(`${date}T${time}${offset.toUpperCase()}`);
}

export function scoredSeries(rows: readonly Row[], scores: ArrayLike<number>): string {
  const lines = rows.map(
    ({ timestamp, value }, index) => `${quoted(timestamp)},${quoted(value)},${scores[index]!}`,
  );
  return `${['timestamp,value,anomaly_score', ...lines].join('\n')}\n`;
}

const quoted = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
