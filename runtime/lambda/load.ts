/**
 * Loads a function's module inside its environment and tells the two ways of writing one apart: Millrace's own
 * (`create`) and the plain Lambda handler.
 */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { createOf } from '../../adapters/aws/lambda.js';
import { MillraceError } from '../../common/errors.js';
import type { CreateFunction } from '../../functions/contract.js';
import { isBundle } from './bundle-path.js';

/** One of the two. */
export interface LoadedFunction {
  readonly create?: CreateFunction;
  /** The export as found: a function. */
  readonly handler?: unknown;
}

/**
 * A handler that was made of a `create` counts as that `create`; so does a module with `create` and no handler of the
 * given name. Everything else is a plain handler, even beside a `create` (which is a common name for a handler).
 *
 * @param modulePath absolute, with extension
 * @param exportName `handler`, or a path into nested exports: `orders.create`
 * @throws MillraceError `HANDLER_INVALID`, or what the module itself threw
 */
export async function loadHandler(modulePath: string, exportName: string): Promise<LoadedFunction> {
  if (!existsSync(modulePath)) {
    throw invalid(
      `there is no module ${modulePath}`,
      'Correct the handler in serverless.yml, or build the module.',
    );
  }
  // Not for every module: reading all their maps would double the time that an import takes.
  if (isBundle(modulePath)) process.setSourceMapsEnabled(true);
  const module = (await import(pathToFileURL(modulePath).href)) as Record<string, unknown>;
  const handler = exportOf(module, exportName);
  if (typeof handler === 'function') {
    const create = createOf(handler);
    return create === undefined ? { handler } : { create };
  }
  if (handler === undefined && typeof module.create === 'function') {
    return { create: module.create as CreateFunction };
  }
  if (handler !== undefined) {
    throw invalid(`'${exportName}' of ${modulePath} is not a function`, 'Name a function in serverless.yml.');
  }
  throw invalid(
    `${modulePath} does not export '${exportName}'${listed(module)}`,
    `Export '${exportName}', or correct the handler in serverless.yml.`,
  );
}

/**
 * What a module exports under a path of names. The names of a CommonJS module that cannot be told without running it
 * are found on its default export.
 */
function exportOf(module: Record<string, unknown>, path: string): unknown {
  const names = path.split('.');
  return resolve(module, names) ?? resolve(module.default, names);
}

function resolve(value: unknown, names: readonly string[]): unknown {
  let found = value;
  for (const name of names) {
    if ((typeof found !== 'object' && typeof found !== 'function') || found === null) return undefined;
    found = (found as Record<string, unknown>)[name];
  }
  return found ?? undefined;
}

function listed(module: Record<string, unknown>): string {
  const names = new Set([...Object.keys(module), ...Object.keys(Object(module.default))]);
  for (const hidden of ['default', 'module.exports', '__esModule']) names.delete(hidden);
  return names.size === 0 ? ': it exports nothing' : `, only ${[...names].join(', ')}`;
}

function invalid(message: string, hint: string): MillraceError {
  return new MillraceError(message, { code: 'HANDLER_INVALID', hint });
}
