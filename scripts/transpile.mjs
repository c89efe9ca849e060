// How TypeScript becomes dist/, one file to one: for `npm run build` (all of them) and `millrace dev` (those changed).
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const skipped = new Set(['node_modules', 'dist', 'data', 'docs', 'foreign-project']);

/** Paths, relative to the root, of every source of the product; tests are none, what supports them is. */
export function* sources(root, directory = root) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    if (entry.name.startsWith('.') || skipped.has(entry.name)) continue;
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* sources(root, path);
    else if (isSource(entry.name)) yield relative(root, path);
  }
}

export function isSource(name) {
  return name.endsWith('.ts') && !name.endsWith('.d.ts') && !name.endsWith('.test.ts');
}

/** esbuild's options, without the entry points. */
export function transpileOptions(root) {
  return {
    absWorkingDir: root,
    outdir: 'dist',
    outbase: '.',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
  };
}
