/** Bundles a TypeScript handler of another project, with esbuild, as the packager's plugin would for AWS. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { type BuildFailure, build, formatMessages } from 'esbuild';
import { MillraceError, messageOf } from '../../common/errors.js';
import { bundleFolder } from './bundle-path.js';

/**
 * The module's own files become one, with a source map; packages are imported at run time from where the project has
 * them. It is an ES module or CommonJS as the source itself would be: by its extension, else by `type` in the nearest
 * package.json.
 *
 * @param source absolute path of the module
 * @param root the project folder; the bundle goes to `.millrace/build/` in it
 * @returns absolute path of the bundle
 * @throws MillraceError `HANDLER_INVALID` with all that the compiler says
 */
export async function bundle(source: string, root: string): Promise<string> {
  const format = isEsm(source) ? 'esm' : 'cjs';
  const folder = bundleFolder(root);
  const path = relative(root, source)
    .replaceAll('..', '_')
    .replace(/\.[cm]?ts$/, format === 'esm' ? '.mjs' : '.cjs');
  const outfile = join(folder, path);
  await mkdir(folder, { recursive: true });
  // Nobody wants these in a repository.
  await writeFile(join(dirname(folder), '.gitignore'), '*\n');
  try {
    await build({
      absWorkingDir: root,
      entryPoints: [source],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      target: 'node20',
      format,
      sourcemap: true,
      keepNames: true,
      logLevel: 'silent',
    });
  } catch (cause) {
    const messages = await formatMessages((cause as Partial<BuildFailure>).errors ?? [], { kind: 'error' });
    throw new MillraceError(`${source} cannot be built:\n${messages.join('') || messageOf(cause)}`, {
      code: 'HANDLER_INVALID',
      hint: 'Correct the places that the compiler names.',
      cause,
    });
  }
  return outfile;
}

function isEsm(source: string): boolean {
  if (source.endsWith('.mts')) return true;
  if (source.endsWith('.cts')) return false;
  for (let folder = dirname(source); ; folder = dirname(folder)) {
    const file = join(folder, 'package.json');
    if (existsSync(file))
      return (JSON.parse(readFileSync(file, 'utf8')) as { type?: unknown }).type === 'module';
    if (folder === dirname(folder)) return false;
  }
}
