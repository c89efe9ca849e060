/** How the commands for operators answer: tables and sentences for a person, JSON lines for a program. */
import { stripVTControlCharacters } from 'node:util';
import { textTable } from './text-table.js';

/** One column of a table: its heading, and the cell of an item. */
export type Column<T> = readonly [heading: string, cell: (item: T) => string];

export interface Printed {
  /** JSON, whatever the output is. */
  readonly json?: true;
}

function isForPerson({ json }: Printed): boolean {
  return json !== true && process.stdout.isTTY === true;
}

export function printList<T>(
  items: readonly T[],
  columns: readonly Column<T>[],
  none: string,
  flags: Printed,
): void {
  if (isForPerson(flags)) process.stdout.write(items.length === 0 ? `${none}\n` : tableOf(items, columns));
  else for (const item of items) process.stdout.write(`${JSON.stringify(item)}\n`);
}

/** @param text of the document, for a person; ends with a line feed */
export function printDocument<T>(document: T, text: (document: T) => string, flags: Printed): void {
  process.stdout.write(isForPerson(flags) ? text(document) : `${JSON.stringify(document)}\n`);
}

export function tableOf<T>(items: readonly T[], columns: readonly Column<T>[]): string {
  const headings = columns.map(([heading]) => heading);
  return textTable([headings, ...items.map((item) => columns.map(([, cell]) => oneLine(cell(item))))]);
}

/** What devices and people write is shown on one line, and a terminal gets none of its control characters. */
export function oneLine(text: string): string {
  return stripVTControlCharacters(text).replace(/\p{Cc}+/gu, ' ');
}

/** `12 s`, `5 min`, `3 h`, `2 d` */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}

/** In the time zone of the terminal: `2024-05-01 14:00:00`. */
export function moment(rfc3339: string): string {
  const time = new Date(rfc3339);
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
