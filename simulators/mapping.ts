/**
 * From a row of a recording to an event: which column is the device, which the time, what the others are called and
 * in which unit. Pure; a mapping file (YAML) and the command line both end up here. Of JSON events, columns are the
 * top-level fields (event-mapper.ts).
 *
 *     deviceColumn: origin
 *     timeColumn: time_hour
 *     set: { deviceType: weather }          # added to every event
 *     omit: [year, month]                   # columns that are not sent
 *     columns:
 *       temp: { as: temperature, scale: 0.5556, offset: -17.78 }   # value * scale + offset
 *     missing: ['NA', '']                   # cells that mean "no reading": the metric is left out
 *     numbersOnly: true                     # leave out cells that are not numbers
 */
import { parse as parseYaml } from 'yaml';
import { MillraceError, messageOf } from '../common/errors.js';
import { isDeviceId } from '../gateway/topics.js';

export interface ColumnMapping {
  readonly as?: string;
  readonly scale?: number;
  readonly offset?: number;
}

export type Scalar = string | number | boolean;

export interface Mapping {
  readonly deviceColumn: string;
  readonly timeColumn: string;
  readonly set: Readonly<Record<string, Scalar>>;
  readonly omit: readonly string[];
  readonly columns: Readonly<Record<string, ColumnMapping>>;
  readonly missing: readonly string[];
  readonly numbersOnly: boolean;
}

export const DEFAULT_MISSING = ['NA', ''];

/** What is known so far: of the file, of the command line. */
export type PartialMapping = { readonly [K in keyof Mapping]?: Mapping[K] | undefined };

const KEYS: readonly (keyof Mapping)[] = [
  'deviceColumn',
  'timeColumn',
  'set',
  'omit',
  'columns',
  'missing',
  'numbersOnly',
];

function problem(message: string, cause?: unknown): MillraceError {
  return new MillraceError(message, { code: 'REPLAY_MAPPING', cause });
}

/** Reads a mapping file's text. Throws `REPLAY_MAPPING`, naming `file` and all that is wrong with it. */
export function parseMapping(text: string, file: string): PartialMapping {
  let document: unknown;
  try {
    document = parseYaml(text);
  } catch (cause) {
    throw problem(`${file}: not YAML: ${messageOf(cause)}`, cause);
  }
  if (!isObject(document)) throw problem(`${file}: must be a YAML mapping`);
  const wrong: string[] = [];
  const check = (holds: boolean, what: string) => {
    if (!holds) wrong.push(what);
  };
  for (const key of Object.keys(document)) {
    check(KEYS.includes(key as keyof Mapping), `${key}: unknown; known are ${KEYS.join(', ')}`);
  }
  const { deviceColumn, timeColumn, set, omit, columns, missing, numbersOnly } = document;
  const text_ = (value: unknown) => value === undefined || typeof value === 'string';
  const texts = (value: unknown) =>
    value === undefined || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
  check(text_(deviceColumn), 'deviceColumn: must be a string');
  check(text_(timeColumn), 'timeColumn: must be a string');
  check(texts(omit), 'omit: must be a list of strings');
  check(texts(missing), 'missing: must be a list of strings');
  check(numbersOnly === undefined || typeof numbersOnly === 'boolean', 'numbersOnly: must be true or false');
  check(
    set === undefined || (isObject(set) && Object.values(set).every(isScalar)),
    'set: must map names to values',
  );
  check(columns === undefined || isObject(columns), 'columns: must map column names to settings');
  if (isObject(columns)) {
    for (const [name, column] of Object.entries(columns)) checkColumn(name, column, check);
  }
  if (wrong.length > 0) throw problem(`${file}: ${wrong.join('; ')}`);
  return document as PartialMapping;
}

function checkColumn(name: string, column: unknown, check: (holds: boolean, what: string) => void): void {
  if (!isObject(column)) {
    check(false, `columns.${name}: must be a mapping`);
    return;
  }
  for (const [key, value] of Object.entries(column)) {
    if (key === 'as') check(typeof value === 'string' && value !== '', `columns.${name}.as: must be a name`);
    else if (key === 'scale' || key === 'offset') {
      check(typeof value === 'number' && Number.isFinite(value), `columns.${name}.${key}: must be a number`);
    } else check(false, `columns.${name}.${key}: unknown; known are as, scale, offset`);
  }
}

/** Completes a mapping; what stands later wins. Throws `REPLAY_MAPPING` when device or time is missing. */
export function completeMapping(...parts: readonly PartialMapping[]): Mapping {
  const last = <K extends keyof Mapping>(key: K) =>
    parts.reduce<Mapping[K] | undefined>((value, part) => part[key] ?? value, undefined);
  const deviceColumn = last('deviceColumn');
  const timeColumn = last('timeColumn');
  if (deviceColumn === undefined || timeColumn === undefined) {
    throw problem(
      'it has to be said which column holds the device and which the time: ' +
        '--device-column and --time-column, or deviceColumn and timeColumn in the mapping file',
    );
  }
  return {
    deviceColumn,
    timeColumn,
    set: Object.assign({}, ...parts.map((part) => part.set ?? {})) as Record<string, Scalar>,
    omit: last('omit') ?? [],
    columns: last('columns') ?? {},
    missing: last('missing') ?? DEFAULT_MISSING,
    numbersOnly: last('numbersOnly') ?? false,
  };
}

/** A row that can be sent: everything of the event but `ts` and `seq`. */
export interface MappedRow {
  readonly deviceId: string;
  /** epoch ms */
  readonly time: number;
  readonly values: Readonly<Record<string, unknown>>;
  /** Cells that were left out because they mean "no reading". */
  readonly omitted: number;
  /** About what it takes in memory, when that is not much the same for all rows. */
  readonly bytes?: number;
}

/** Maps rows of a file with this header. Throws `REPLAY_COLUMN` when a column that is named is not there. */
export class RowMapper {
  readonly #mapping: Mapping;
  readonly #device: number;
  readonly #time: number;
  readonly #columns: readonly { index: number; name: string; scale: number; offset: number }[];
  readonly #missing: ReadonlySet<string>;
  readonly #width: number;

  constructor(header: readonly string[], mapping: Mapping) {
    const named = [
      mapping.deviceColumn,
      mapping.timeColumn,
      ...mapping.omit,
      ...Object.keys(mapping.columns),
    ];
    const absent = named.filter((name) => !header.includes(name));
    if (absent.length > 0) {
      throw new MillraceError(`the file has no column ${absent.map((name) => `"${name}"`).join(', ')}`, {
        code: 'REPLAY_COLUMN',
        hint: `It has ${header.join(', ')}.`,
      });
    }
    this.#mapping = mapping;
    this.#width = header.length;
    this.#device = header.indexOf(mapping.deviceColumn);
    this.#time = header.indexOf(mapping.timeColumn);
    this.#missing = new Set(mapping.missing);
    this.#columns = header.flatMap((column, index) => {
      if (index === this.#device || index === this.#time || mapping.omit.includes(column)) return [];
      const { as = column, scale = 1, offset = 0 } = mapping.columns[column] ?? {};
      return [{ index, name: as, scale, offset }];
    });
  }

  /** The row as an event, or why it cannot be one. */
  map(cells: readonly string[]): MappedRow | string {
    if (cells.length !== this.#width) return `${cells.length} cells instead of ${this.#width}`;
    const deviceId = cells[this.#device]!;
    if (!isDeviceId(deviceId)) return `"${deviceId}" cannot be a device id`;
    const time = parseTime(cells[this.#time]!);
    if (time === undefined) return `"${cells[this.#time]}" is not a time`;
    const values: Record<string, Scalar> = {};
    let omitted = 0;
    for (const { index, name, scale, offset } of this.#columns) {
      const cell = cells[index]!;
      if (this.#missing.has(cell)) {
        omitted++;
        continue;
      }
      const value = NUMBER.test(cell) ? Number(cell) * scale + offset : cell;
      if (typeof value === 'number' ? Number.isFinite(value) : !this.#mapping.numbersOnly)
        values[name] = value;
      else omitted++;
    }
    return { deviceId, time, values: { ...values, ...this.#mapping.set }, omitted };
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const ZONED = /[Zz]$|[+-]\d{2}:?\d{2}$/;
const DATE = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?)?$/;

/** Epoch ms of RFC 3339, a date, a date and time without a zone (UTC), epoch seconds or epoch milliseconds. */
export function parseTime(text: string): number | undefined {
  if (/^\d{9,10}(\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (/^\d{11,14}$/.test(text)) return Number(text);
  if (!DATE.test(text)) return undefined;
  const iso = text.replace(' ', 'T').replace('z', 'Z');
  const time = Date.parse(text.length > 10 && !ZONED.test(text) ? `${iso}Z` : iso);
  return Number.isNaN(time) ? undefined : time;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isScalar(value: unknown): value is Scalar {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
