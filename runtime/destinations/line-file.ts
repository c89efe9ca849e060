/**
 * A file that documents are appended to, one a line, and durable before that is said.
 *
 * What comes while a write is under way shares the next one and its sync. The file is opened for each write: it may be
 * moved away between two of them, and nothing needs closing. A line that a crash or a full disk cut short is ended
 * before the next one, so that no later document is lost with it.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MillraceError } from '../../common/errors.js';

export interface LineFile {
  readonly path: string;
  /**
   * Resolves when the line is on disk; rejects with `DESTINATION_UNWRITABLE`, which may pass. The line may then be
   * there all the same, whole or cut short.
   */
  append(line: string): Promise<void>;
}

interface Waiting {
  readonly line: string;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const NEWLINE = 0x0a;

/** @param path absolute; its folder is made */
export function createLineFile(path: string): LineFile {
  let waiting: Waiting[] = [];
  let writing = false;

  const write = async () => {
    while (waiting.length > 0) {
      const taken = waiting;
      waiting = [];
      try {
        await appendDurably(path, Buffer.from(taken.map(({ line }) => `${line}\n`).join('')));
        for (const { resolve } of taken) resolve();
      } catch (cause) {
        const error = new MillraceError(`cannot write ${path}`, {
          code: 'DESTINATION_UNWRITABLE',
          canRetry: true,
          hint: 'Make room or give the right to write there; it is tried again.',
          cause,
        });
        for (const { reject } of taken) reject(error);
      }
    }
    writing = false;
  };

  return {
    path,
    append: (line) =>
      new Promise((resolve, reject) => {
        waiting.push({ line, resolve, reject });
        if (writing) return;
        writing = true;
        void write();
      }),
  };
}

async function appendDurably(path: string, bytes: Buffer): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    const begun = size > 0 && !(await endsLine(file, size));
    await file.appendFile(begun ? Buffer.concat([Buffer.from('\n'), bytes]) : bytes);
    await file.datasync();
    if (size === 0) await syncFolder(dirname(path));
  } finally {
    await file.close();
  }
}

async function endsLine(file: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === NEWLINE;
}

/** A new file's name is durable only with its folder. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
