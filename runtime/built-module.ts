/**
 * From a handler in serverless.yml to the module to import.
 *
 * - Millrace's own sources have their built twins: the tree below dist/ mirrors the project.
 * - Another project's JavaScript is imported as it is.
 * - Another project's TypeScript is bundled into `.millrace/build/` inside that project, so that its packages, which
 *   stay outside of the bundle, resolve as they do from the source.
 */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MillraceError } from '../common/errors.js';
import { bundle } from './lambda/bundle.js';

/** The folder that holds the built tree: this module lies in `<built>/runtime/`. */
const built = join(dirname(fileURLToPath(import.meta.url)), '..');
/** The project it was built from; itself when the sources run. */
const project = basename(built) === 'dist' ? dirname(built) : built;

/** As Lambda looks for them, after the languages it does not run itself. */
const TYPESCRIPT = ['.ts', '.mts', '.cts'];
const JAVASCRIPT = ['.js', '.mjs', '.cjs'];

/**
 * @param source absolute path of a module without extension
 * @param root the project folder it belongs to
 * @returns absolute path to import
 * @throws MillraceError `HANDLER_INVALID` when there is no such module, or its TypeScript cannot be built
 */
export async function builtModule(source: string, root: string): Promise<string> {
  const found = [...TYPESCRIPT, ...JAVASCRIPT].map((extension) => source + extension).find(existsSync);
  const twin = twinOf(found === undefined ? join(project, relative(root, source)) : realpathSync(found));
  if (twin !== undefined) return twin;
  if (found === undefined) {
    throw new MillraceError(`there is no module ${source}${[...TYPESCRIPT, ...JAVASCRIPT].join(' or ')}`, {
      code: 'HANDLER_INVALID',
      hint: 'Correct the handler in serverless.yml: a path without extension, a dot, and the name of the export.',
    });
  }
  return TYPESCRIPT.some((extension) => found.endsWith(extension)) ? bundle(found, root) : found;
}

/** The built form of a module of this project, when there is one. */
function twinOf(module: string): string | undefined {
  const path = relative(project, module);
  if (path.startsWith('..') || built === project) return undefined;
  const twin = join(built, `${path.replace(/\.[cm]?[jt]s$/, '')}.js`);
  return existsSync(twin) ? twin : undefined;
}
