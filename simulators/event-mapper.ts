/**
 * From a line of JSON to an event, as `RowMapper` does it for cells: "columns" are the top-level fields of the object.
 * Values that are no numbers, nested ones too, are passed on as they are. Pure.
 */
import { isDeviceId } from '../gateway/topics.js';
import { type MappedRow, type Mapping, parseTime } from './mapping.js';

/** Parsed JSON takes a few times as much as its text. */
const BYTES_PER_CHARACTER = 4;

export class EventMapper {
  readonly #mapping: Mapping;
  readonly #left: ReadonlySet<string>;
  readonly #missing: ReadonlySet<unknown>;

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
    this.#left = new Set([mapping.deviceColumn, mapping.timeColumn, ...mapping.omit]);
    this.#missing = new Set<unknown>([null, ...mapping.missing]);
  }

  /** The line as an event, or why it cannot be one. */
  map(line: string): MappedRow | string {
    let event: unknown;
    try {
      event = JSON.parse(line);
    } catch {
      return 'not JSON';
    }
    if (typeof event !== 'object' || event === null || Array.isArray(event)) return 'not a JSON object';
    const fields = new Map(Object.entries(event));
    const { deviceColumn, timeColumn } = this.#mapping;
    const device = fields.get(deviceColumn);
    const deviceId = typeof device === 'number' ? String(device) : device;
    if (typeof deviceId !== 'string' || !isDeviceId(deviceId)) {
      return `its ${deviceColumn}, ${JSON.stringify(device)}, cannot be a device id`;
    }
    const time = timeOf(fields.get(timeColumn));
    if (time === undefined)
      return `its ${timeColumn}, ${JSON.stringify(fields.get(timeColumn))}, is not a time`;
    const { values, omitted } = this.#values(fields);
    return { deviceId, time, values, omitted, bytes: line.length * BYTES_PER_CHARACTER };
  }

  #values(fields: ReadonlyMap<string, unknown>): Pick<MappedRow, 'values' | 'omitted'> {
    const { columns, numbersOnly, set } = this.#mapping;
    const values: [string, unknown][] = [];
    let omitted = 0;
    for (const [name, value] of fields) {
      if (this.#left.has(name)) continue;
      const { as = name, scale = 1, offset = 0 } = Object.hasOwn(columns, name) ? columns[name]! : {};
      const isNumber = typeof value === 'number';
      if (this.#missing.has(value) || (numbersOnly && !isNumber)) omitted++;
      else values.push([as, isNumber ? value * scale + offset : value]);
    }
    // Not assignments: a field may be called __proto__.
    return { values: Object.fromEntries([...values, ...Object.entries(set)]), omitted };
  }
}

/** Epoch ms of what `parseTime` takes as text, or of a number of epoch seconds or milliseconds. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'string') return parseTime(value);
  // The bounds of parseTime: seconds have up to ten digits before the point.
  if (typeof value !== 'number' || value < 1e8 || value >= 1e14) return undefined;
  return Math.round(value < 1e10 ? value * 1000 : value);
}
