/**
 * Brings changed sources of this project to dist/, and takes them back when the functions do not start with them: the
 * generation in effect may start further environments at any time, and they import from there.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type BuildFailure, type BuildOptions, build, type Message } from 'esbuild';
import { MillraceError } from '../common/errors.js';

export interface Rebuilt {
  /** Puts back what was in dist/ before. */
  undo(): void;
}

/** The part of scripts/transpile.mjs that is used here; the built tree cannot import it by a relative path. */
interface Transpile {
  readonly transpileOptions: (root: string) => BuildOptions;
}

/**
 * @param root the project's folder
 * @param files absolute paths of TypeScript sources below it; those that are gone are passed over
 * @throws MillraceError SOURCE_INVALID naming every place; then dist/ is as it was
 */
export async function rebuild(root: string, files: readonly string[]): Promise<Rebuilt> {
  const module = pathToFileURL(join(root, 'scripts', 'transpile.mjs')).href;
  const { transpileOptions } = (await import(module)) as Transpile;
  const { outputFiles } = await build({
    ...transpileOptions(root),
    entryPoints: files.filter((file) => existsSync(file)),
    write: false,
    logLevel: 'silent',
  }).catch((failure: BuildFailure) => {
    throw invalid(failure);
  });
  const before = outputFiles.map(({ path }) => ({
    path,
    contents: existsSync(path) ? readFileSync(path) : undefined,
  }));
  for (const { path, contents } of outputFiles) {
    await mkdir(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  }
  return {
    undo() {
      for (const { path, contents } of before) {
        if (contents === undefined) rmSync(path, { force: true });
        else writeFileSync(path, contents);
      }
    },
  };
}

function invalid(failure: BuildFailure): MillraceError {
  const places = failure.errors.map(placeOf);
  return new MillraceError(places.join('\n  '), { code: 'SOURCE_INVALID', cause: failure });
}

function placeOf({ text, location }: Message): string {
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
