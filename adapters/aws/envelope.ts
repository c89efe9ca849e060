/**
 * The envelope of a Millrace record in another engine's record: four marker bytes, then the record's frame exactly
 * as the embedded log stores it (see `streams/record.ts`).
 *
 * So kind, arrivalTime, headers and key travel unchanged, and a function sees the same frame on every engine. The
 * key is inside because a tick's key is empty, which Kinesis does not take as a partition key. The marker's last
 * byte is the format's version; its first is not valid UTF-8, so no JSON payload is taken for an envelope.
 */
import { FrameCursor, FrameWriter, type NewRecord, RECORD_KINDS } from '../../streams/record.js';

const MARKER = Buffer.from([0xff, 0x4d, 0x52, 0x01]);
const LENGTH = 4;
const SHORTEST = LENGTH + 12;
const FLAGS = LENGTH + 9;

/** The bytes to put into another engine. */
export function envelopeOf(record: NewRecord): Buffer {
  const writer = new FrameWriter(MARKER.length + record.value.byteLength + 256, MARKER.length);
  writer.write(record);
  const bytes = writer.take();
  MARKER.copy(bytes);
  return bytes;
}

/** The frame in an envelope, as a view on `data`; undefined when `data` is not one whole, sound envelope. */
export function frameIn(data: Buffer): Buffer | undefined {
  if (data.length < MARKER.length + SHORTEST || !data.subarray(0, MARKER.length).equals(MARKER))
    return undefined;
  const frame = data.subarray(MARKER.length);
  return isSound(frame) ? frame : undefined;
}

function isSound(frame: Buffer): boolean {
  if (frame.readUInt32LE(0) !== frame.length - LENGTH || frame[FLAGS]! > 1) return false;
  const keyEnd = SHORTEST + frame.readUInt16LE(SHORTEST - 2);
  const hasHeaders = frame[FLAGS] === 1;
  if (keyEnd + (hasHeaders ? 2 : 0) > frame.length) return false;
  const cursor = new FrameCursor(frame);
  cursor.next();
  if (cursor.valueStart > cursor.valueEnd || cursor.kind >= RECORD_KINDS) return false;
  if (!Number.isFinite(cursor.arrivalTime)) return false;
  try {
    cursor.headers();
    return true;
  } catch {
    // Not JSON: the sender's bytes only look like an envelope, and are kept as they are.
    return false;
  }
}
