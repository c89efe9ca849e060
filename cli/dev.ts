/**
 * `millrace dev`: the embedded deployment, with its functions replaced whenever their sources, serverless.yml, schemas,
 * rules or aggregations change. What cannot be built, or does not start, changes nothing: the functions in effect go on.
 */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, relative, sep } from 'node:path';
import type { Command } from 'commander';
import type { Deployment } from '../runtime/deployment.js';
import type { Flags } from '../runtime/options.js';
import { describeFailure } from './failure.js';
import { duration } from './functions-table.js';
import { projectRoot } from './project-root.js';
import { type Rebuilt, rebuild } from './rebuild.js';
import { deploymentFlags, run } from './run.js';
import { watchTree } from './watch-tree.js';

/** An editor's save is several events, a checkout takes a while. */
const QUIET_MS = 80;
/** Nothing in these has anything to do with functions. */
const SKIPPED = new Set(['node_modules', 'dist', 'docs', 'test', 'bench', 'simulators', 'scripts']);
/** What the process itself runs: it keeps the code it was started with. */
const HOST = new Set(['cli', 'gateway', 'runtime']);
/** Longer lists of changed files are cut. */
const NAMED_FILES = 3;

export function registerDev(program: Command): void {
  deploymentFlags(program.command('dev'))
    .description('start, and replace the functions whenever their sources or serverless.yml change')
    .action(async (flags: Flags) => {
      const deployment = await run(flags);
      const root = realpathSync(dirname(deployment.manifest.file));
      const dataDir = realpathSync(deployment.dataDir);
      const reloader = createReloader(deployment, root, realpathSync(projectRoot()));
      watchTree(root, {
        skip: (path, name) => name.startsWith('.') || SKIPPED.has(name) || path === dataDir,
        quietMs: QUIET_MS,
        onChange: (paths) => reloader.changed(paths.filter((path) => !isPassing(path)).map(realPath)),
      });
      for (const { name, local } of deployment.manifest.functions) {
        if (local.isolation === 'inline') say(`${name} runs inline: its code stays until a restart`);
      }
      say(`watching ${root}`);
    });
}

/** Reloads one after the other; what changes during one is for the next. */
function createReloader(deployment: Deployment, root: string, project: string) {
  const names = (files: readonly string[]) => namesOf(files, root);
  /** Changed since the last reload that succeeded. */
  const pending = new Set<string>();
  let again = false;
  let running = false;

  const reload = async (): Promise<void> => {
    const begun = performance.now();
    const files = [...pending];
    const outcome = await replace(deployment, project, files);
    if ('error' in outcome) {
      say(`${names(files)} changed, and cannot be used; the functions in effect go on`);
      process.stderr.write(`  ${describeFailure(outcome.error).replaceAll('\n', '\n  ')}\n`);
      return;
    }
    for (const file of files) pending.delete(file);
    const took = duration(performance.now() - begun);
    say(`${names(files)} changed: reloaded in ${took}, generation ${outcome.generation}`);
  };

  const loop = async (): Promise<void> => {
    running = true;
    while (again) {
      again = false;
      await reload();
    }
    running = false;
  };

  return {
    changed(paths: readonly string[]): void {
      const host = paths.filter((path) => HOST.has(folderOf(project, path)));
      if (host.length > 0) say(`${names(host)} changed: that takes a restart`);
      const ours = paths.filter((path) => !host.includes(path));
      if (ours.length === 0) return;
      for (const path of ours) pending.add(path);
      again = true;
      if (!running) void loop();
    },
  };
}

/** Never rejects: `error` is why the functions were not replaced. */
async function replace(
  deployment: Deployment,
  project: string,
  files: readonly string[],
): Promise<{ readonly generation: number } | { readonly error: unknown }> {
  let rebuilt: Rebuilt | undefined;
  try {
    rebuilt = await rebuild(
      project,
      files.filter((file) => isSource(file) && isInside(project, file)),
    );
    const { generation, problem } = await deployment.reload();
    if (problem === undefined) return { generation };
    rebuilt.undo();
    return { error: problem };
  } catch (error) {
    rebuilt?.undo();
    return { error };
  }
}

function isSource(file: string): boolean {
  return file.endsWith('.ts') && !file.endsWith('.d.ts') && !file.endsWith('.test.ts');
}

function isInside(folder: string, file: string): boolean {
  const path = relative(folder, file);
  return path !== '' && path.split(sep)[0] !== '..';
}

function folderOf(project: string, file: string): string {
  return isInside(project, file) ? relative(project, file).split(sep)[0]! : '';
}

/** Editors' own files, and prose. */
function isPassing(path: string): boolean {
  return /^\.|~$|^\d+$|\.md$/.test(basename(path));
}

/** Also of a file that is gone. */
function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}

function namesOf(files: readonly string[], root: string): string {
  const names = files.map((file) => relative(root, file));
  const more = names.length - NAMED_FILES;
  return more > 0 ? `${names.slice(0, NAMED_FILES).join(', ')} and ${more} more` : names.join(', ');
}

function say(text: string): void {
  process.stdout.write(`millrace: ${text}\n`);
}
