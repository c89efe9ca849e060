/** What the code knows: variables of the environment, flags, metrics, and how long a drain may take at the most. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { loadManifest } from '../../../runtime/manifest/load.js';
import type { Role } from '../../../runtime/roles.js';
import { projectRoot } from '../../support/project-root.js';
import { textOf } from './manifests.js';

const SETTINGS = [
  'streams/kafka/settings.ts',
  'gateway/mqtt/external/settings.ts',
  'runtime/backing.ts',
  'runtime/options.ts',
];

/** Comments promise nothing. */
const codeOf = (path: string) => textOf(path).replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
const find = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found]) => found!);

export function variables(): Set<string> {
  return new Set(SETTINGS.flatMap((path) => find(codeOf(path), /\b([A-Z]+(?:_[A-Z]+)+)\b/g)));
}

export function flags(): Set<string> {
  const files = readdirSync(join(projectRoot, 'cli')).filter((name) => name.endsWith('.ts'));
  return new Set(files.flatMap((name) => find(codeOf(`cli/${name}`), /(--[a-z][a-z-]+)/g)));
}

/** Without `millrace_`; those of functions are defined from tables. */
export function metrics(): Set<string> {
  const own = find(codeOf('runtime/metrics.ts'), /define\(\s*'([a-z_]+)'/g);
  const text = codeOf('runtime/function-metrics.ts');
  const tables = find(text, /\[\s*'([a-z_]+)',\s*'[A-Z]/g).map((name) => `function_${name}`);
  return new Set([
    ...own,
    ...tables,
    ...find(text, /define\(\s*'([a-z_]+)'/g),
    ...find(text, /'millrace_([a-z_]+)'/g),
  ]);
}

/**
 * From SIGTERM to the end (s), by role, when everything that can take its time does: see `stop` in
 * runtime/deployment.ts for the order of things.
 */
export async function longestDrain(role: Role): Promise<number> {
  const { functions, streams } = await loadManifest(join(projectRoot, 'serverless.yml'), {});
  const kinds = { gateway: [], functions: ['stream', 'iot'], schedules: ['schedule'], api: ['http'] }[role];
  const timeouts = functions
    .filter(({ triggers }) => triggers.some(({ type }) => (kinds as string[]).includes(type)))
    .map(({ timeoutMs }) => timeoutMs);
  const farewell = constant('gateway/mqtt/external/external-broker.ts', 'FAREWELL_MS');
  const ms =
    farewell +
    (role === 'functions' ? constant('runtime/deployment.ts', 'DRAIN_MS') : 0) +
    Math.max(0, ...timeouts) +
    constant('runtime/environments/environment.ts', 'CLOSE_GRACE_MS') +
    2 * farewell +
    streams.length * constant('streams/kafka/kafka-engine.ts', 'CLOSE_WITHIN_MS');
  return ms / 1000;
}

function constant(path: string, name: string): number {
  const [text] = find(textOf(path), new RegExp(`const ${name} = ([\\d_]+);`, 'g'));
  if (text === undefined) throw new Error(`${path} has no ${name} any more: what does a drain wait for now?`);
  return Number(text.replaceAll('_', ''));
}
