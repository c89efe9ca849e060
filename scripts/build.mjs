// Transpiles every TypeScript file of the product to dist/, one to one. Type errors are the business of
// `npm run typecheck`: this runs before every start, so it has to take a fraction of a second.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { sources, transpileOptions } from './transpile.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

await build({ ...transpileOptions(root), entryPoints: [...sources(root)], logLevel: 'warning' });
