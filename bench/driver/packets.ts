/**
 * The few MQTT 3.1.1 bytes the driver handles itself, because a general client would cost more than what it measures:
 * PUBLISH with QoS 1 from a template, and a scanner for what comes back. Everything rare is left to mqtt-packet.
 */
import { Buffer } from 'node:buffer';

export const PUBACK = 4;
export const PUBLISH = 3;
export const CONNACK = 2;
export const SUBACK = 9;

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

/** Called per packet: its type, its flags, and where its body lies. The bytes are only valid during the call. */
export type OnPacket = (type: number, flags: number, bytes: Buffer, start: number, end: number) => void;

/** Cuts a byte stream into packets, keeping a packet that is not complete yet for the next chunk. */
export class PacketScanner {
  #rest: Buffer | null = null;
  readonly #onPacket: OnPacket;

  constructor(onPacket: OnPacket) {
    this.#onPacket = onPacket;
  }

  /** @param chunk may be reused by the caller after this returns */
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
