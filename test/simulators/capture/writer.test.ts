import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { readLines } from '../../../simulators/capture/input.js';
import { type CaptureFile, CaptureWriter, createCapture } from '../../../simulators/capture/writer.js';

const folder = mkdtempSync(join(tmpdir(), 'millrace-capture-'));
afterAll(() => rmSync(folder, { recursive: true }));
let number = 0;
const fresh = (suffix = '') => join(folder, `${number++}${suffix}`);

async function linesOf(file: string, maxBytes = 1 << 20) {
  const lines: (string | null)[] = [];
  let isTorn = false;
  for await (const { text, isLast } of readLines(file, maxBytes)) {
    lines.push(text);
    isTorn = isLast;
  }
  return { lines, isTorn };
}

/** A disk with so much room, which takes at most `step` bytes at a time. */
function disk(room: number, step = 1 << 20) {
  let content = Buffer.alloc(0);
  const file: CaptureFile = {
    write: (async (buffer: Buffer, offset: number, length: number, position: number) => {
      const bytesWritten = Math.min(length, step, room - position);
      if (bytesWritten <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      content = Buffer.concat([
        content.subarray(0, position),
        buffer.subarray(offset, offset + bytesWritten),
      ]);
      return { bytesWritten, buffer };
    }) as CaptureFile['write'],
    datasync: async () => undefined,
    truncate: async (length = 0) => {
      content = content.subarray(0, length);
    },
    close: async () => undefined,
  };
  return { file, content: () => content };
}

describe('a capture file', () => {
  test.each(['', '.gz'])('any lines come back, however they were cut into pieces (%s)', async (suffix) => {
    const line = fc
      .string({ unit: 'binary' })
      .map((text) => text.replaceAll('\n', ' ').replaceAll('\uFEFF', ' '));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(line, fc.boolean()), { minLength: 1, maxLength: 20 }),
        async (lines) => {
          const file = fresh(suffix);
          const writer = await createCapture(file, false);
          for (const [text, cut] of lines) {
            writer.add(`${text}\n`);
            if (cut) await writer.flush();
          }
          await writer.sync();
          expect(writer.size).toBe(statSync(file).size);
          await writer.close();
          expect(await linesOf(file)).toEqual({ lines: lines.map(([text]) => text), isTorn: false });
        },
      ),
      { numRuns: 40 },
    );
  });

  test('is not written over unless asked for', async () => {
    const file = fresh();
    writeFileSync(file, 'precious');
    await expect(createCapture(file, false)).rejects.toMatchObject({ code: 'RECORD_EXISTS' });
    expect(readFileSync(file, 'utf8')).toBe('precious');
    await (await createCapture(file, true)).close();
    expect(readFileSync(file, 'utf8')).toBe('');
  });

  test('has whole lines when there is no room for more, and the error says so, once and again', async () => {
    for (const step of [1 << 20, 7]) {
      const { file, content } = disk(100, step);
      const writer = new CaptureWriter('full', file, false);
      const lines = Array.from({ length: 20 }, (_, i) => `line ${i}\n`);
      for (const line of lines.slice(0, 5)) writer.add(line);
      await writer.sync();
      for (const line of lines.slice(5)) writer.add(line);
      await expect(writer.sync()).rejects.toMatchObject({ code: 'RECORD_NO_ROOM' });
      await expect(writer.flush()).rejects.toMatchObject({ code: 'RECORD_NO_ROOM' });
      await writer.close();
      const text = content().toString();
      expect(lines.join('').startsWith(text)).toBe(true);
      expect(text.endsWith('\n')).toBe(true);
      expect(text.length).toBeGreaterThan(90);
      expect(writer.size).toBe(text.length);
    }
  });

  test('is whole when it is packed and there is no room for more', async () => {
    const { file, content } = disk(60);
    const writer = new CaptureWriter('full.gz', file, true);
    writer.add('one\n');
    await writer.flush();
    writer.add(`${Array.from({ length: 200 }, (_, i) => i * i).join('')}\n`);
    await expect(writer.flush()).rejects.toMatchObject({ code: 'RECORD_NO_ROOM' });
    expect(gunzipSync(content()).toString()).toBe('one\n');
  });
});

describe('reading lines', () => {
  test('line ends are line feeds alone', async () => {
    const file = fresh();
    writeFileSync(file, '\uFEFFa\u2028b\u2029c\r\n\nd');
    expect(await linesOf(file)).toEqual({ lines: ['a\u2028b\u2029c\r', '', 'd'], isTorn: true });
  });

  test('a packed file that breaks off is read as far as it goes', async () => {
    const file = fresh('.gz');
    const lines = Array.from({ length: 5000 }, (_, i) => `${i} ${Math.sin(i)}`);
    const whole = gzipSync(`${lines.slice(0, 2500).join('\n')}\n`);
    writeFileSync(file, whole);
    appendFileSync(file, gzipSync(`${lines.slice(2500).join('\n')}\n`));
    expect((await linesOf(file)).lines).toEqual(lines);
    for (const size of [
      statSync(file).size - 4,
      statSync(file).size - 1000,
      whole.length + 5,
      whole.length,
    ]) {
      truncateSync(file, size);
      const { lines: read, isTorn } = await linesOf(file);
      const complete = isTorn ? read.slice(0, -1) : read;
      expect(complete).toEqual(lines.slice(0, complete.length));
      expect(complete.length).toBeGreaterThanOrEqual(2500);
    }
  });

  test('a line that is too long is passed over', async () => {
    const file = fresh();
    writeFileSync(file, `a\n${'b'.repeat(1 << 19)}\nc\n`);
    expect(await linesOf(file, 1000)).toEqual({ lines: ['a', null, 'c'], isTorn: false });
  });

  test('no file is an error, and a folder is', async () => {
    await expect(linesOf(join(folder, 'none'))).rejects.toMatchObject({ code: 'REPLAY_FILE' });
    await expect(linesOf(folder)).rejects.toMatchObject({ code: 'REPLAY_FILE' });
  });
});
