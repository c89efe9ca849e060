/**
 * Messages on a pipe. Layout (little endian): u32 length of what follows, u32 length of the message, the message in
 * the serialization of `node:v8`, then bytes that travel as they are (a packed round).
 */
import { deserialize, serialize } from 'node:v8';

const PREFIX = 8;

/** The frame's parts; the body is not copied. */
export function frame(message: unknown, body?: Buffer): Buffer[] {
  const bytes = serialize(message);
  const prefix = Buffer.allocUnsafe(PREFIX);
  prefix.writeUInt32LE(4 + bytes.length + (body?.length ?? 0), 0);
  prefix.writeUInt32LE(bytes.length, 4);
  return body === undefined ? [prefix, bytes] : [prefix, bytes, body];
}

/** Takes the pipe's chunks as they come, and hands over each frame when it is whole. */
export function createFrameReader<T>(onFrame: (message: T, body: Buffer) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = [];
  let have = 0;
  let needed = 4;
  return (chunk) => {
    chunks.push(chunk);
    have += chunk.length;
    if (have < needed) return;
    let bytes = chunks.length === 1 ? chunk : Buffer.concat(chunks, have);
    for (;;) {
      needed = bytes.length < 4 ? 4 : 4 + bytes.readUInt32LE(0);
      if (bytes.length < needed) break;
      const bodyAt = PREFIX + bytes.readUInt32LE(4);
      const whole = bytes.subarray(0, needed);
      bytes = bytes.subarray(needed);
      onFrame(deserialize(whole.subarray(PREFIX, bodyAt)) as T, whole.subarray(bodyAt));
    }
    chunks = bytes.length === 0 ? [] : [bytes];
    have = bytes.length;
  };
}
