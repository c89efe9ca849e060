/**
 * The lines of a capture: what a live topic tree said, and when. One JSON object a line, the first one the header:
 *
 *     {"format":"millrace-capture","version":1,"start":1767225600000.25,"broker":"mqtt://127.0.0.1:1883",…}
 *     {"at":1767225600012.5,"topic":"devices/a/telemetry","qos":1,"retain":false,"payload":"{\"ts\":1}"}
 *     {"at":1767225600013.1,"topic":"devices/b/raw","qos":0,"retain":false,"base64":"/wA="}
 *     {"gap":{"from":1767225601000,"to":1767225603000,"reason":"connection lost","kept":false}}
 *     {"end":{"at":1767225610000,"messages":2,"reason":"duration"}}
 *
 * Times are epoch ms with fractions. A capture without an end was cut short; what it has is good. Captures may be
 * joined with `cat`: headers and ends may stand anywhere. Pure.
 */
import { isUtf8 } from 'node:buffer';

export const CAPTURE_FORMAT = 'millrace-capture';
export const CAPTURE_VERSION = 1;

export type Qos = 0 | 1 | 2;

export interface CaptureHeader {
  readonly format: typeof CAPTURE_FORMAT;
  readonly version: number;
  /** When the subscription began. */
  readonly start: number;
  readonly broker: string;
  /** 4: MQTT 3.1.1; 5. */
  readonly protocolVersion: 4 | 5;
  readonly filters: readonly string[];
  /** Topics matching these were left out. */
  readonly excluded: readonly string[];
  /** Asked for: messages come with this QoS at most. */
  readonly qos: Qos;
}

/** What MQTT 5 sends along, save for what belongs to one connection (aliases, subscription ids). */
export interface MessageProperties {
  readonly payloadFormatIndicator?: boolean;
  /** Seconds, as received: what was left of it. */
  readonly messageExpiryInterval?: number;
  readonly contentType?: string;
  readonly responseTopic?: string;
  readonly correlationData?: Buffer;
  readonly userProperties?: Readonly<Record<string, string | string[]>>;
}

export interface CapturedMessage {
  /** When it was received. */
  readonly at: number;
  readonly topic: string;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly payload: Buffer;
  readonly properties?: MessageProperties;
}

/** A time without connection. */
export interface CaptureGap {
  /** The last sign of life before, and when messages came again. */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** The broker kept the session: messages of QoS 1 and 2 came later, none of them is missing. */
  readonly kept: boolean;
}

export interface CaptureEnd {
  readonly at: number;
  /** As many as the recorder wrote. */
  readonly messages: number;
  readonly reason: string;
}

export type CaptureEntry =
  | { readonly kind: 'header'; readonly header: CaptureHeader }
  | { readonly kind: 'message'; readonly message: CapturedMessage }
  | { readonly kind: 'gap'; readonly gap: CaptureGap }
  | { readonly kind: 'end'; readonly end: CaptureEnd };

/** Text may take six bytes for one when it is escaped, and a string has at most 512 MB; base64 takes four for three. */
const MAX_TEXT_BYTES = 16 << 20;

/** The line of an entry, with its line feed. */
export function lineOf(entry: CaptureEntry): string {
  switch (entry.kind) {
    case 'header':
      return `${JSON.stringify(entry.header)}\n`;
    case 'message':
      return messageLine(entry.message);
    case 'gap':
      return `${JSON.stringify({ gap: entry.gap })}\n`;
    case 'end':
      return `${JSON.stringify({ end: entry.end })}\n`;
  }
}

function messageLine({ at, topic, qos, retain, payload, properties }: CapturedMessage): string {
  const isText = payload.length <= MAX_TEXT_BYTES && isUtf8(payload);
  const body = isText ? { payload: payload.toString('utf8') } : { base64: payload.toString('base64') };
  const more =
    properties === undefined
      ? {}
      : {
          properties: {
            ...properties,
            ...(properties.correlationData && {
              correlationData: properties.correlationData.toString('base64'),
            }),
          },
        };
  return `${JSON.stringify({ at, topic, qos, retain, ...body, ...more })}\n`;
}
