/**
 * The little of the file system that the log writes through, so that tests can make it fail. Nothing in here waits
 * on the caller's thread.
 */
import { close, constants, ftruncate, open as openFd, writev } from 'node:fs';
import { open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

export type WriteDone = (error: NodeJS.ErrnoException | null, written: number) => void;

/** An open segment, for its one writer. */
export interface SegmentFile {
  /** Writes the buffers at `position`, durably when `done` is called; like the system call, it may write less. */
  write(buffers: readonly Buffer[], position: number, done: WriteDone): void;
  truncate(length: number): Promise<void>;
  close(): Promise<void>;
}

export interface LogFiles {
  /** Opens a segment, making it (durably, name included) if it is not there. */
  openSegment(path: string): Promise<SegmentFile>;
  /** Replaces a small file: after a crash it is the old or the new one. */
  replace(path: string, content: Buffer): Promise<void>;
  remove(path: string): Promise<void>;
}

const openDescriptor = promisify(openFd);
const truncateDescriptor = promisify(ftruncate);
const closeDescriptor = promisify(close);

export const systemFiles: LogFiles = {
  async openSegment(path) {
    // O_DSYNC: one trip to the thread pool per commit instead of two (write, then fdatasync).
    const descriptor = await openDescriptor(
      path,
      constants.O_WRONLY | constants.O_CREAT | constants.O_DSYNC,
      0o644,
    );
    try {
      await syncDirectory(dirname(path));
    } catch (error) {
      await closeDescriptor(descriptor);
      throw error;
    }
    return {
      write: (buffers, position, done) => {
        writev(descriptor, buffers, position, done);
      },
      truncate: (length) => truncateDescriptor(descriptor, length),
      close: () => closeDescriptor(descriptor),
    };
  },
  async replace(path, content) {
    const temporary = `${path}.tmp`;
    await writeFile(temporary, content, { flush: true });
    await rename(temporary, path);
  },
  remove: (path) => rm(path, { force: true }),
};

/** Makes new names in a directory survive a loss of power. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, constants.O_RDONLY);
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
