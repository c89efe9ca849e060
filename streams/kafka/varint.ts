/**
 * Kafka's variable-length integers: zigzag, then seven bits a byte, lowest first. As numbers, exact up to 2^53.
 * Source: https://kafka.apache.org/protocol#protocol_types (VARINT, VARLONG), after Protocol Buffers.
 */
export function varintLength(value: number): number {
  let zigzag = value < 0 ? -2 * value - 1 : 2 * value;
  let length = 1;
  while (zigzag >= 0x80) {
    zigzag = Math.floor(zigzag / 0x80);
    length++;
  }
  return length;
}

/** Writes at `at` and returns where the next byte goes. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let zigzag = value < 0 ? -2 * value - 1 : 2 * value;
  let next = at;
  while (zigzag >= 0x80) {
    bytes[next++] = (zigzag % 0x80) | 0x80;
    zigzag = Math.floor(zigzag / 0x80);
  }
  bytes[next++] = zigzag;
  return next;
}

/** Reads one integer after another. */
export class VarintReader {
  at = 0;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  next(): number {
    const { bytes } = this;
    let byte = bytes[this.at++]!;
    // Nearly every length and delta fits one byte or two.
    if (byte < 0x80) return (byte >>> 1) ^ -(byte & 1);
    let zigzag = byte & 0x7f;
    let scale = 0x80;
    do {
      byte = bytes[this.at++]!;
      if (byte === undefined) throw new RangeError('a record ends within a number');
      zigzag += (byte & 0x7f) * scale;
      scale *= 0x80;
    } while (byte >= 0x80);
    return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
  }
}
