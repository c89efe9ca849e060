/**
 * The status page's files, read once at cold start: they are few, small, and change with the release only.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Asset {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Name of the page itself among the assets. */
export const PAGE = 'index.html';

/**
 * Files of the first of the folders that has the page, by name; none when no folder has it (a deployment may leave
 * the page out). Names that are not in the map do not exist: no path from a request ever reaches the disk.
 */
export function readAssets(folders: readonly string[]): ReadonlyMap<string, Asset> {
  const folder = folders.find((candidate) => existsSync(join(candidate, PAGE)));
  const assets = new Map<string, Asset>();
  if (folder === undefined) return assets;
  for (const name of readdirSync(folder)) {
    const contentType = TYPES[extname(name)];
    if (contentType === undefined) continue;
    const body = new Uint8Array(readFileSync(join(folder, name)));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    assets.set(name, { body, contentType, etag });
  }
  return assets;
}

/** Where the page may lie: in the project; next to this module's sources; next to what was built from them. */
export function assetFolders(root: string): string[] {
  return [
    join(root, 'dashboard'),
    ...['../../dashboard/', '../../../dashboard/'].map((path) =>
      fileURLToPath(new URL(path, import.meta.url)),
    ),
  ];
}
