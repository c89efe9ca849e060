/**
 * Bounds what one connection can make the parser buffer: MQTT lets a packet announce 256 MB, and the parser collects
 * all of it before anybody can refuse. The limit is applied as soon as the announced length is known.
 */
import type { Client } from 'aedes';

/** Too large payloads up to this are still read, because only their topic says who is to be told of the refusal. */
const TOLD_BYTES = 4 * 1024 * 1024;
/** Room for topic and packet header beside the payload. */
const OVERHEAD_BYTES = 64 * 1024;

/** The largest packet, in bytes, that is read at all. */
export function largestPacket(maxPayloadBytes: number): number {
  return Math.max(TOLD_BYTES, maxPayloadBytes) + OVERHEAD_BYTES;
}

/** The parser's fields this needs; mqtt-packet has no option for it. */
interface Parser {
  parse(chunk: Buffer): number;
  readonly packet: { readonly length: number };
}

/** Closes the connection, calling `exceeded` first, when a packet announces more than `limit` bytes. */
export function limitPacketSize(client: Client, limit: number, exceeded: () => void): void {
  const parser = (client as unknown as { _parser: Parser })._parser;
  const parse = parser.parse.bind(parser);
  parser.parse = (chunk) => {
    const buffered = parse(chunk);
    // A packet that is complete has been handed on and its length reset; what is left here is unfinished.
    if (buffered > 0 && parser.packet.length > limit) {
      exceeded();
      client.conn.destroy();
    }
    return buffered;
  };
}
