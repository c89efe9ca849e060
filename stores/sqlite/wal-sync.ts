/**
 * Makes commits durable without holding the event loop up for the disk.
 *
 * In WAL mode with `synchronous=NORMAL` a commit only writes its pages to the `-wal` file; they survive the process but
 * not a loss of power. Syncing that file afterwards, in the thread pool, makes everything committed before durable just
 * as `synchronous=FULL` would: SQLite recovers what it finds whole in the file. (SQLite itself syncs it before moving
 * pages to the database, and its header before using it again.) Commits that wait together share one sync.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface WalSync {
  /** Resolves when everything committed before the call is durable. */
  synced(): Promise<void>;
  close(): Promise<void>;
}

/** @param path of the database, open in WAL mode until after `close`; `:memory:` is never synced */
export function createWalSync(path: string): WalSync {
  if (path === ':memory:') return { synced: async () => {}, close: async () => {} };
  let file: FileHandle | undefined;
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const sync = async () => {
    if (file === undefined) {
      file = await open(`${path}-wal`, 'r+');
      // The files themselves must be found again, too.
      const directory = await open(dirname(path), 'r');
      await directory.sync().finally(() => directory.close());
    }
    await file.datasync();
  };
  const start = () => {
    next = undefined;
    running = sync().finally(() => {
      running = undefined;
    });
    return running;
  };
  return {
    synced() {
      if (running === undefined) return start();
      // The one under way may have begun before the caller's commit.
      next ??= running.then(start, start);
      return next;
    },
    async close() {
      // Whoever waits for these hears of their errors.
      await Promise.allSettled([running, next]);
      await file?.close();
    },
  };
}
