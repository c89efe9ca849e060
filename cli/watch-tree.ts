/**
 * Tells which files below a folder changed, in bursts: an editor's save is several events, a checkout thousands.
 *
 * One watcher for each folder, because a watched file that an editor replaces (writes beside it and renames) is not
 * watched any more, and Node's own recursive watching on Linux watches files. Links to folders are followed once.
 */
import { type FSWatcher, readdirSync, realpathSync, statSync, watch } from 'node:fs';
import { join } from 'node:path';

export interface WatchOptions {
  /** Whether to stay out of a folder; gets its path and its name. */
  readonly skip: (path: string, name: string) => boolean;
  /** A burst has ended when nothing happened for so long (ms). */
  readonly quietMs: number;
  /** Absolute paths of files that were written, created or removed. */
  readonly onChange: (paths: readonly string[]) => void;
}

/** Returns how to stop. Throws when the root cannot be watched. */
export function watchTree(root: string, options: WatchOptions): () => void {
  const watchers = new Map<string, FSWatcher>();
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;

  const touched = (path: string) => {
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(settle, options.quietMs);
  };

  /** Watches a folder and those below; what lies in one that appeared later counts as changed. */
  const enter = (folder: string, later: boolean) => {
    const real = realpathSync(folder);
    if (watchers.has(real)) return;
    const watcher = watch(folder, (_event, name) => {
      if (name !== null) touched(join(folder, name));
    });
    const leave = () => {
      watcher.close();
      watchers.delete(real);
    };
    // A folder that was removed.
    watcher.on('error', leave);
    watchers.set(real, watcher);
    for (const entry of readdirSync(folder)) {
      const path = join(folder, entry);
      if (isFolder(path)) {
        if (!options.skip(path, entry)) enter(path, later);
      } else if (later) touched(path);
    }
  };

  const settle = () => {
    const files: string[] = [];
    const paths = [...changed];
    changed.clear();
    for (const path of paths) {
      if (!isFolder(path)) files.push(path);
      else if (!options.skip(path, path.slice(path.lastIndexOf('/') + 1))) enterIfThere(path);
    }
    if (files.length > 0) options.onChange(files);
  };

  const enterIfThere = (folder: string) => {
    try {
      enter(folder, true);
    } catch (error) {
      // Gone again between the event and the look: nothing to watch. Its removal is an event of its own.
      if (isFolder(folder)) throw error;
    }
  };

  enter(root, false);
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
