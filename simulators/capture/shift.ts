/**
 * Moves the time in a captured payload: the top-level field (`ts`) of a JSON object, a number (epoch seconds or
 * milliseconds) or RFC 3339 text. Nothing but the digits of the time changes. Pure.
 */
import { isUtf8 } from 'node:buffer';
import { parseRfc3339 } from '../../schemas/timestamp.js';

const COLON = /[ \t\n\r]*:[ \t\n\r]*/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN_NUMBER = /^\d+(?:\.(\d+))?$/;
/** Fewer are seconds, as when reading CSV. */
const MS_DIGITS = 1e11;

/** The payload with its time moved by `shift` ms, or undefined when it has none that can be moved. */
export function shiftPayload(payload: Buffer, field: string, shift: number): Buffer | undefined {
  if (payload[0] === undefined || !isUtf8(payload)) return undefined;
  const text = payload.toString('utf8');
  const place = valuePlace(text, field);
  if (place === undefined) return undefined;
  const value = text.slice(place.start, place.end);
  const moved = value.startsWith('"') ? shiftText(value, shift) : shiftNumber(value, shift);
  return moved === undefined
    ? undefined
    : Buffer.from(text.slice(0, place.start) + moved + text.slice(place.end));
}

/** As many digits after the point as there were. */
function shiftNumber(value: string, shift: number): string | undefined {
  const match = PLAIN_NUMBER.exec(value);
  if (match === null) return undefined;
  const time = Number(value);
  const moved = time + (time < MS_DIGITS ? shift / 1000 : shift);
  return moved >= 0 && moved <= 8.64e15 ? moved.toFixed(Math.min(match[1]?.length ?? 0, 20)) : undefined;
}

/** The same offset, the same number of digits. */
function shiftText(quoted: string, shift: number): string | undefined {
  const text = quoted.slice(1, -1);
  const time = parseRfc3339(text);
  if (time === undefined) return undefined;
  const [, separator, fraction = '', zone] = /^.{10}(.).{8}(?:\.(\d+))?(.*)$/.exec(text)!;
  const offset = /\d/.test(zone!) ? zoneMs(zone!) : 0;
  const local = new Date(time + shift + offset);
  if (Number.isNaN(local.getTime()) || local.getUTCFullYear() < 0 || local.getUTCFullYear() > 9999)
    return undefined;
  const iso = local.toISOString();
  // Beyond milliseconds nothing moves: shifts are whole ones.
  const digits = (iso.slice(20, 23) + fraction.slice(3)).slice(0, fraction.length);
  return `"${iso.slice(0, 10)}${separator}${iso.slice(11, 19)}${digits === '' ? '' : `.${digits}`}${zone}"`;
}

function zoneMs(zone: string): number {
  const [, sign, hours, minutes] = /([+-])(\d\d):(\d\d)/.exec(zone)!;
  return (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1);
}

/** Where the value of a field of the outermost object is: of the last one, as `JSON.parse` takes it. */
function valuePlace(text: string, field: string): { start: number; end: number } | undefined {
  if (!hasField(text, field)) return undefined;
  let place: { start: number; end: number } | undefined;
  let depth = 0;
  let isKeyNext = false;
  // It is JSON: so the grammar need not be checked again.
  for (let at = 0; at < text.length; ) {
    const char = text[at]!;
    if (char === '"') {
      const end = endOfString(text, at);
      const isField = depth === 1 && isKeyNext && JSON.parse(text.slice(at, end)) === field;
      if (depth === 1) isKeyNext = false;
      at = end;
      if (!isField) continue;
      const start = endOf(COLON, text, at)!;
      const valueEnd = text[start] === '"' ? endOfString(text, start) : endOf(NUMBER, text, start);
      place = valueEnd === undefined ? undefined : { start, end: valueEnd };
      at = valueEnd ?? start;
      continue;
    }
    if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    if (depth === 1 && (char === '{' || char === ',')) isKeyNext = true;
    at++;
  }
  return place;
}

function hasField(text: string, field: string): boolean {
  try {
    const body: unknown = JSON.parse(text);
    return typeof body === 'object' && body !== null && Object.hasOwn(body, field);
  } catch {
    return false;
  }
}

/** Not a pattern: a pattern's stack of ways back overflows on a string of a megabyte. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOf(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
