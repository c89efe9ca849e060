/**
 * The few MQTT bytes (3.1.1 and 5) a driver handles itself, because a general client would cost more than what it
 * measures: PUBLISH, its acknowledgements, and a scanner for what comes back. Everything rare is left to mqtt-packet.
 */
import { Buffer } from 'node:buffer';
import { MillraceError } from '../../common/errors.js';

export const CONNACK = 2;
export const PUBLISH = 3;
export const PUBACK = 4;
export const PUBREC = 5;
export const PUBREL = 6;
export const PUBCOMP = 7;
export const SUBACK = 9;
export const PINGRESP = 13;
export const DISCONNECT = 14;

/** A PUBLISH with QoS 1 for a topic and a payload, with message id 0; `messageIdAt` says where to write it. */
export interface PublishTemplate {
  readonly packet: Buffer;
  readonly messageIdAt: number;
  readonly payloadAt: number;
}

/** MQTT's variable byte integer (MQTT 3.1.1, section 2.2.3). */
export function encodeLength(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low | 0x80 : low);
  } while (rest > 0);
  return bytes;
}

export function publishTemplate(topic: string, payload: Uint8Array): PublishTemplate {
  const topicBytes = Buffer.from(topic, 'utf8');
  const remaining = 2 + topicBytes.length + 2 + payload.length;
  const header = [(PUBLISH << 4) | 0b0010, ...encodeLength(remaining)];
  const packet = Buffer.alloc(header.length + remaining);
  packet.set(header, 0);
  packet.writeUInt16BE(topicBytes.length, header.length);
  packet.set(topicBytes, header.length + 2);
  const messageIdAt = header.length + 2 + topicBytes.length;
  packet.set(payload, messageIdAt + 2);
  return { packet, messageIdAt, payloadAt: messageIdAt + 2 };
}

/** What of a PUBLISH stays the same however often it is sent. */
export interface PublishContent {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly payload: Uint8Array;
}

/** Bytes of the packet. @param topicBytes of the topic in UTF-8 */
export function publishSize({ qos, payload }: PublishContent, topicBytes: number, version: 4 | 5): number {
  const remaining = remainingOf(qos, topicBytes, payload.length, version);
  return 1 + lengthSize(remaining) + remaining;
}

/** Writes a PUBLISH at `at` and returns where it ends. With MQTT 5 its properties are empty. */
export function writePublish(
  target: Buffer,
  at: number,
  { topic, qos, payload }: PublishContent,
  topicBytes: number,
  version: 4 | 5,
  messageId: number,
  dup: boolean,
): number {
  let next = at;
  target[next++] = (PUBLISH << 4) | (dup ? 8 : 0) | (qos << 1);
  let rest = remainingOf(qos, topicBytes, payload.length, version);
  while (rest > 127) {
    target[next++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  target[next++] = rest;
  target[next++] = topicBytes >> 8;
  target[next++] = topicBytes & 0xff;
  // As many bytes as UTF-16 units: ASCII, which is cheaper to write.
  target.write(topic, next, topicBytes === topic.length ? 'latin1' : 'utf8');
  next += topicBytes;
  if (qos > 0) {
    target[next++] = messageId >> 8;
    target[next++] = messageId & 0xff;
  }
  if (version === 5) target[next++] = 0;
  target.set(payload, next);
  return next + payload.length;
}

function remainingOf(qos: number, topicBytes: number, payloadBytes: number, version: number): number {
  return 2 + topicBytes + (qos > 0 ? 2 : 0) + (version === 5 ? 1 : 0) + payloadBytes;
}

function lengthSize(length: number): number {
  return length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4;
}

/** Called per packet: its type, its flags, and where its body lies. The bytes are only valid during the call. */
export type OnPacket = (type: number, flags: number, bytes: Buffer, start: number, end: number) => void;

/** Cuts a byte stream into packets, keeping a packet that is not complete yet for the next chunk. */
export class PacketScanner {
  #rest: Buffer | null = null;
  readonly #onPacket: OnPacket;

  constructor(onPacket: OnPacket) {
    this.#onPacket = onPacket;
  }

  /** @param chunk may be reused by the caller after this returns. Throws `MQTT_MALFORMED` when it cannot be MQTT. */
  push(chunk: Buffer): void {
    const bytes = this.#rest === null ? chunk : Buffer.concat([this.#rest, chunk]);
    this.#rest = null;
    let at = 0;
    while (at < bytes.length) {
      let length = 0;
      let shift = 0;
      let body = at + 1;
      let complete = false;
      while (body < bytes.length) {
        const byte = bytes[body++]!;
        length += (byte & 0x7f) * 2 ** shift;
        shift += 7;
        if ((byte & 0x80) === 0) {
          complete = true;
          break;
        }
        if (shift > 21) {
          throw new MillraceError('a packet length of more than four bytes', { code: 'MQTT_MALFORMED' });
        }
      }
      if (!complete || body + length > bytes.length) {
        this.#rest = Buffer.from(bytes.subarray(at));
        return;
      }
      const first = bytes[at]!;
      this.#onPacket(first >> 4, first & 0x0f, bytes, body, body + length);
      at = body + length;
    }
  }
}

/** A PUBACK for a message id. */
export function puback(messageId: number): Buffer {
  return Buffer.from([PUBACK << 4, 2, messageId >> 8, messageId & 0xff]);
}

/** A PUBREL for a message id. */
export function pubrel(messageId: number): Buffer {
  return Buffer.from([(PUBREL << 4) | 2, 2, messageId >> 8, messageId & 0xff]);
}
