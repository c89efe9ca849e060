/**
 * From a record's bytes to an event, or to the reason why it is none. Validate, aggregate and alert all decode with
 * this, so they agree on every record without asking one another. It runs once per event and function: the result
 * objects are reused, and nothing throws for a good event.
 *
 * A verdict depends on the record and the settings alone, never on the clock or the process (a replay must come to
 * the same one).
 */
import { isUtf8 } from 'node:buffer';
import type { ErrorObject } from 'ajv';
import type { EventSettings, Settings } from '../common/settings.js';
import type { FrameCursor } from '../streams/record.js';
import { deviceTypeRule } from './device-type.js';
import { jsonErrorAt, nestedDeeperThan } from './json-place.js';
import type { SchemaRegistry } from './registry.js';
import { parseRfc3339 } from './timestamp.js';

export const REFUSAL_CODES = [
  'EMPTY',
  'NOT_UTF8',
  'JSON_SYNTAX',
  'NOT_AN_OBJECT',
  'TOO_DEEP',
  'DEVICE_TYPE_UNKNOWN',
  'SCHEMA',
  'DEVICE_ID_MISMATCH',
  'TIMESTAMP_INVALID',
  'TIMESTAMP_RANGE',
] as const;
export type RefusalCode = (typeof REFUSAL_CODES)[number];

/** An accepted event. Reused: its fields are valid until the next call of `decode`; `body` and `text` may be kept. */
export interface DecodedEvent {
  readonly ok: true;
  readonly deviceType: string;
  /** Epoch ms, an integer. */
  readonly eventTime: number;
  /** Where `eventTime` is from: the payload's `ts`, or the record's arrivalTime when the type requires no `ts`. */
  readonly timeFrom: 'event' | 'arrival';
  /** The payload's `seq` when it is a non-negative safe integer. */
  readonly seq: number | undefined;
  /** The payload, parsed. Its keys are the device's: look them up, never assign them to another object. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The payload as published. */
  readonly text: string;
}

export interface Refusal {
  readonly ok: false;
  readonly code: RefusalCode;
  /** One sentence for a person. */
  readonly reason: string;
  /** JSON Schema keyword, with code SCHEMA; else null. */
  readonly keyword: string | null;
  /** JSON Pointer into the payload, or null when there is no place to point at. */
  readonly pointer: string | null;
}

/** Objects in objects beyond this are refused: what handles an event later on may recurse. */
export const MAX_DEPTH = 32;
/** A reason may quote the payload (a property's name): it is cut at this many characters. */
const MAX_REASON = 300;

export class EventDecoder {
  readonly #registry: SchemaRegistry;
  readonly #settings: EventSettings;
  readonly #typeOf: (deviceId: string) => string;
  readonly #event = {
    ok: true as const,
    deviceType: '',
    eventTime: 0,
    timeFrom: 'event' as 'event' | 'arrival',
    seq: undefined as number | undefined,
    body: {} as Readonly<Record<string, unknown>>,
    text: '',
  };

  /** Throws `DEVICE_TYPE_UNKNOWN` when the settings name a type that has no schema. */
  constructor(registry: SchemaRegistry, settings: Pick<Settings, 'deviceTypes' | 'events'>) {
    this.#registry = registry;
    this.#settings = settings.events;
    this.#typeOf = deviceTypeRule(settings.deviceTypes, registry);
  }

  /** Decodes the cursor's current record; `key` is its device id. */
  decode(cursor: FrameCursor, key: string): DecodedEvent | Refusal {
    return this.decodeBytes(cursor.bytes, cursor.valueStart, cursor.valueEnd, key, cursor.arrivalTime);
  }

  /** Decodes the payload in `bytes[start, end)`. */
  decodeBytes(
    bytes: Buffer,
    start: number,
    end: number,
    key: string,
    arrivalTime: number,
  ): DecodedEvent | Refusal {
    if (start === end) return refuse('EMPTY', 'the payload is empty', null);
    const text = bytes.toString('utf8', start, end);
    // What is not UTF-8 decodes to U+FFFD; what holds a U+FFFD may be UTF-8 all the same.
    if (text.includes('\uFFFD') && !isUtf8(bytes.subarray(start, end))) {
      return refuse('NOT_UTF8', 'the payload is not UTF-8', null);
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return refuse('JSON_SYNTAX', `the payload is not JSON: see character ${jsonErrorAt(text)}`, null);
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      const kind = Array.isArray(parsed) ? 'an array' : parsed === null ? 'null' : `a ${typeof parsed}`;
      return refuse('NOT_AN_OBJECT', `the payload is ${kind}, not an object`, '');
    }
    const nested = text.includes('[') || text.indexOf('{', text.indexOf('{') + 1) !== -1;
    if (nested && nestedDeeperThan(text, MAX_DEPTH)) {
      return refuse('TOO_DEEP', `the payload is nested deeper than ${MAX_DEPTH} levels`, null);
    }
    const body = parsed as Readonly<Record<string, unknown>>;
    const named = body.deviceType;
    const deviceType = typeof named === 'string' ? named : this.#typeOf(key);
    const validate = this.#registry.validator(deviceType);
    if (validate === undefined) {
      return refuse(
        'DEVICE_TYPE_UNKNOWN',
        `there is no device type ${JSON.stringify(deviceType)}`,
        '/deviceType',
      );
    }
    if (!validate(body)) return schemaRefusal(validate.errors?.[0]);
    if (body.deviceId !== undefined && body.deviceId !== key) {
      return refuse(
        'DEVICE_ID_MISMATCH',
        `the payload is from ${JSON.stringify(body.deviceId)}, the topic from ${JSON.stringify(key)}`,
        '/deviceId',
      );
    }
    const event = this.#event;
    const ts = body.ts;
    if (ts === undefined) {
      event.eventTime = Math.floor(arrivalTime);
      event.timeFrom = 'arrival';
    } else {
      const time =
        typeof ts === 'number' ? Math.floor(ts) : typeof ts === 'string' ? parseRfc3339(ts) : undefined;
      if (time === undefined) {
        return refuse('TIMESTAMP_INVALID', 'ts is neither epoch ms nor RFC 3339 with its offset', '/ts');
      }
      if (!(time >= this.#settings.oldest && time <= arrivalTime + this.#settings.maxFutureMs)) {
        return timeRefusal(time, arrivalTime, this.#settings);
      }
      event.eventTime = time;
      event.timeFrom = 'event';
    }
    const seq = body.seq;
    event.seq = Number.isSafeInteger(seq) && (seq as number) >= 0 ? (seq as number) : undefined;
    event.deviceType = deviceType;
    event.body = body;
    event.text = text;
    return event;
  }
}

function refuse(
  code: RefusalCode,
  reason: string,
  pointer: string | null,
  keyword: string | null = null,
): Refusal {
  const cut = reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON)}…` : reason;
  return { ok: false, code, reason: cut, keyword, pointer };
}

function schemaRefusal(error: ErrorObject | undefined): Refusal {
  if (error === undefined) return refuse('SCHEMA', 'the schema refuses the payload', '');
  const where = error.instancePath === '' ? 'the payload' : error.instancePath;
  const pointer = error.instancePath.slice(0, MAX_REASON);
  return refuse('SCHEMA', `${where} ${error.message ?? `fails ${error.keyword}`}`, pointer, error.keyword);
}

function timeRefusal(time: number, arrivalTime: number, { oldest, maxFutureMs }: EventSettings): Refusal {
  const latest = arrivalTime + maxFutureMs;
  const inSeconds = time < oldest && time * 1000 >= oldest && time * 1000 <= latest;
  const reason = inSeconds
    ? `ts ${time} looks like seconds, not milliseconds`
    : time < oldest
      ? `ts ${time} is before the oldest event time taken, ${oldest}`
      : time > latest
        ? `ts ${time} is more than ${maxFutureMs} ms after its arrival at ${arrivalTime}`
        : `ts ${time} is no time`;
  return refuse('TIMESTAMP_RANGE', reason, '/ts');
}
