/** Where the built form of a source module lies: the tree below dist/ mirrors the project. */
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds the built tree: this module lies in `<built>/runtime/`. */
const built = join(dirname(fileURLToPath(import.meta.url)), '..');

/**
 * @param source absolute path of a module without extension
 * @param root the project folder it belongs to
 * @returns the path to import: the built twin when there is one, else the module itself as JavaScript
 */
export function builtModule(source: string, root: string): string {
  const twin = join(built, `${relative(root, source)}.js`);
  if (existsSync(twin)) return twin;
  const candidates = ['.mjs', '.js', '.cjs'].map((extension) => `${source}${extension}`);
  return candidates.find((path) => existsSync(path)) ?? twin;
}
