/** Reads a line of a capture (see format.ts), or says what is wrong with it. Pure. */
import {
  CAPTURE_FORMAT,
  CAPTURE_VERSION,
  type CapturedMessage,
  type CaptureEnd,
  type CaptureEntry,
  type CaptureGap,
  type CaptureHeader,
  type MessageProperties,
} from './format.js';

type Fields = Readonly<Record<string, unknown>>;

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

/** The entry of a line, or the reason why it is none. */
export function parseEntry(line: string): CaptureEntry | string {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return 'not JSON';
  }
  if (!isFields(value)) return 'not a JSON object';
  if ('topic' in value) return message(value);
  if ('format' in value) return header(value);
  if (isFields(value.gap)) return gap(value.gap);
  if (isFields(value.end)) return end(value.end);
  return 'neither a message nor a header, a gap or an end';
}

function message(value: Fields): CaptureEntry | string {
  const { at, topic, qos, retain, payload, base64, properties } = value;
  if (!isTime(at)) return 'its "at" is no time';
  if (typeof topic !== 'string' || topic === '') return 'its "topic" is no topic';
  if (qos !== 0 && qos !== 1 && qos !== 2) return 'its "qos" is not 0, 1 or 2';
  if (typeof retain !== 'boolean') return 'its "retain" is not true or false';
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'utf8') : bytesOf(base64);
  if (bytes === undefined) return 'it has neither a "payload" nor valid "base64"';
  const common: CapturedMessage = { at, topic, qos, retain, payload: bytes };
  if (properties === undefined) return { kind: 'message', message: common };
  const parsed = isFields(properties) ? propertiesOf(properties) : undefined;
  if (parsed === undefined) return 'its "properties" are none of MQTT 5';
  return { kind: 'message', message: { ...common, properties: parsed } };
}

function propertiesOf(value: Fields): MessageProperties | undefined {
  const { correlationData, ...rest } = value;
  const { payloadFormatIndicator, messageExpiryInterval, contentType, responseTopic, userProperties } = rest;
  const good =
    optional(payloadFormatIndicator, 'boolean') &&
    optional(messageExpiryInterval, 'number') &&
    optional(contentType, 'string') &&
    optional(responseTopic, 'string') &&
    (userProperties === undefined ||
      (isFields(userProperties) && Object.values(userProperties).every(isText)));
  if (!good) return undefined;
  if (correlationData === undefined) return rest as MessageProperties;
  const bytes = bytesOf(correlationData);
  return bytes === undefined ? undefined : ({ ...rest, correlationData: bytes } as MessageProperties);
}

function header(value: Fields): CaptureEntry | string {
  const { format, version, start } = value;
  if (format !== CAPTURE_FORMAT) return `its format is not ${CAPTURE_FORMAT}`;
  if (!Number.isInteger(version)) return 'its version is no number';
  if ((version as number) > CAPTURE_VERSION) {
    return `it is of version ${version}, and this Millrace reads up to version ${CAPTURE_VERSION}`;
  }
  return isTime(start)
    ? { kind: 'header', header: value as unknown as CaptureHeader }
    : 'its "start" is no time';
}

function gap(value: Fields): CaptureEntry | string {
  const { from, to, reason, kept } = value;
  if (!isTime(from) || !isTime(to) || typeof reason !== 'string') return 'its gap has no times or no reason';
  const parsed: CaptureGap = { from, to, reason, kept: kept === true };
  return { kind: 'gap', gap: parsed };
}

function end(value: Fields): CaptureEntry | string {
  const { at, messages, reason } = value;
  if (!isTime(at) || typeof messages !== 'number' || typeof reason !== 'string')
    return 'its end is not complete';
  const parsed: CaptureEnd = { at, messages, reason };
  return { kind: 'end', end: parsed };
}

/** `Buffer.from` takes anything for base64 and leaves out what it does not understand. */
function bytesOf(base64: unknown): Buffer | undefined {
  if (typeof base64 !== 'string' || base64.length % 4 !== 0 || !BASE64.test(base64)) return undefined;
  return Buffer.from(base64, 'base64');
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What a `Date` can be made of. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
}

function optional(value: unknown, type: 'boolean' | 'number' | 'string'): boolean {
  return value === undefined || typeof value === type;
}
