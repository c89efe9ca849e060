/**
 * Cuts what a broker sends into packets (MQTT 3.1.1 and 5.0, section 2.1), takes out those that carry telemetry
 * (PUBLISH, and PUBREL of QoS 2) and passes the bytes of all others on.
 *
 * Why not leave it to MQTT.js: it handles one packet at a time and looks at the next one only when the last one has
 * been acknowledged, so that acknowledging from the stream would mean one message per commit.
 */
import { MillraceError } from '../../../common/errors.js';

const PUBLISH = 3;
const PUBREL = 6;
/** Type, length, topic and packet id: what must be known of a packet that is too large to be kept. */
const HEAD_BYTES = 5 + 2 + 65_535 + 2;

export interface IncomingPublish {
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** 0 with QoS 0. */
  readonly packetId: number;
  /** The broker has sent it before. */
  readonly dup: boolean;
  /** It is not new: the broker has kept it for who subscribes later. */
  readonly retain: boolean;
  /** Null when the packet was larger than what is kept. Only valid during the call. */
  readonly payload: Buffer | null;
}

export interface PacketOwner {
  publish(publish: IncomingPublish): void;
  pubrel(packetId: number): void;
  /** A whole packet of any other kind, and where its body begins; the bytes stay valid. */
  other(packet: Buffer, bodyAt: number): void;
}

export class IncomingPackets {
  readonly #version: 4 | 5;
  readonly #maxPacketBytes: number;
  readonly #owner: PacketOwner;
  /** Bytes of a fixed header that is not complete. */
  #header: Buffer | null = null;
  /** A packet that is not complete, its bytes so far, and the bytes behind them that are left out. */
  #packet: Buffer | null = null;
  #filled = 0;
  #skip = 0;
  #skipped = false;

  /** @param maxPacketBytes larger packets are not collected: their beginning is told, the rest passed over */
  constructor(version: 4 | 5, maxPacketBytes: number, owner: PacketOwner) {
    this.#version = version;
    this.#maxPacketBytes = maxPacketBytes;
    this.#owner = owner;
  }

  /** Throws `MQTT_MALFORMED` for bytes that cannot be MQTT. */
  push(chunk: Buffer): void {
    let bytes = chunk;
    if (this.#packet !== null) {
      bytes = this.#fill(this.#packet, bytes);
    } else if (this.#header !== null) {
      bytes = Buffer.concat([this.#header, bytes]);
      this.#header = null;
    }
    let at = 0;
    while (at < bytes.length) {
      const header = readHeader(bytes, at);
      if (header === null) {
        this.#header = Buffer.from(bytes.subarray(at));
        return;
      }
      const total = header.bodyAt - at + header.length;
      if (at + total > bytes.length) {
        this.#begin(total, bytes.subarray(at));
        return;
      }
      this.#complete(bytes.subarray(at, at + total), header.bodyAt - at, false);
      at += total;
    }
  }

  /** Begins to collect a packet whose end has not come. */
  #begin(total: number, bytes: Buffer): void {
    const isLarge = total > this.#maxPacketBytes && total > HEAD_BYTES;
    if (isLarge && bytes[0]! >> 4 !== PUBLISH) {
      throw malformed(`a packet of ${total} bytes that is no PUBLISH`);
    }
    this.#packet = Buffer.allocUnsafe(isLarge ? HEAD_BYTES : total);
    this.#skip = isLarge ? total - HEAD_BYTES : 0;
    this.#skipped = isLarge;
    this.#filled = 0;
    this.#fill(this.#packet, bytes);
  }

  /** Adds to the packet that is being collected. Returns what lies behind its end. */
  #fill(packet: Buffer, bytes: Buffer): Buffer {
    const taken = bytes.copy(packet, this.#filled);
    this.#filled += taken;
    const passed = Math.min(this.#skip, bytes.length - taken);
    this.#skip -= passed;
    if (this.#filled === packet.length && this.#skip === 0) {
      this.#packet = null;
      this.#complete(packet, readHeader(packet, 0)!.bodyAt, this.#skipped);
    }
    return bytes.subarray(taken + passed);
  }

  #complete(packet: Buffer, bodyAt: number, skipped: boolean): void {
    const type = packet[0]! >> 4;
    if (type === PUBLISH) {
      this.#owner.publish(readPublish(packet, bodyAt, this.#version, skipped));
    } else if (type === PUBREL) {
      if (packet.length < bodyAt + 2) throw malformed('a PUBREL without a packet id');
      this.#owner.pubrel(packet.readUInt16BE(bodyAt));
    } else {
      this.#owner.other(packet, bodyAt);
    }
  }
}

/** Section 2.1.4 of MQTT 5.0; null when it is not complete. */
function readHeader(bytes: Buffer, at: number): { bodyAt: number; length: number } | null {
  const length = readLength(bytes, at + 1);
  return length === null ? null : { bodyAt: length.end, length: length.value };
}

/** A variable byte integer; null when it is not complete. */
function readLength(bytes: Buffer, at: number): { value: number; end: number } | null {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return null;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if ((byte & 0x80) === 0) return { value, end: at + i + 1 };
  }
  throw malformed('a length of more than four bytes');
}

function readPublish(packet: Buffer, bodyAt: number, version: 4 | 5, skipped: boolean): IncomingPublish {
  const flags = packet[0]! & 0x0f;
  const qos = (flags >> 1) & 0b11;
  if (qos > 2) throw malformed('a PUBLISH with QoS 3');
  const topicEnd = bodyAt + 2 + (packet.length < bodyAt + 2 ? 0 : packet.readUInt16BE(bodyAt));
  const idEnd = topicEnd + (qos > 0 ? 2 : 0);
  if (idEnd > packet.length) throw malformed('a PUBLISH that ends too early');
  let payloadAt = idEnd;
  if (version === 5 && !skipped) {
    const properties = readLength(packet, idEnd);
    payloadAt = properties === null ? Number.POSITIVE_INFINITY : properties.end + properties.value;
    if (payloadAt > packet.length) throw malformed('a PUBLISH whose properties end too late');
  }
  return {
    topic: packet.toString('utf8', bodyAt + 2, topicEnd),
    qos: qos as 0 | 1 | 2,
    packetId: qos > 0 ? packet.readUInt16BE(topicEnd) : 0,
    dup: (flags & 0b1000) !== 0,
    retain: (flags & 1) !== 0,
    payload: skipped ? null : packet.subarray(payloadAt),
  };
}

function malformed(what: string): MillraceError {
  return new MillraceError(`the broker sent ${what}`, {
    code: 'MQTT_MALFORMED',
    canRetry: true,
    hint: 'Does MQTT_URL name an MQTT broker?',
  });
}
