/** Detectors' memory as text: the bytes of their arrays, little-endian as on every machine that Node runs on, in base64. */
import type { Cells } from './detector.js';

export function pack(cells: readonly Cells[]): string {
  return Buffer.concat(cells.map(bytesOf)).toString('base64');
}

/** Fills the arrays with what `pack` made of such arrays. Answers false, and changes nothing, when they are others. */
export function unpack(text: string, cells: readonly Cells[]): boolean {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== cells.reduce((sum, { byteLength }) => sum + byteLength, 0)) return false;
  let offset = 0;
  for (const part of cells) {
    bytesOf(part).set(bytes.subarray(offset, offset + part.byteLength));
    offset += part.byteLength;
  }
  return true;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Cells): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);
