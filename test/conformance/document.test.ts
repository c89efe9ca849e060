/**
 * docs/conformance.md says what the suite holds. `node scripts/conformance.mjs` writes it, after a run of the suite
 * without a failure.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { collectFacts } from './fact.js';
import { render } from './render.js';

const folder = dirname(fileURLToPath(import.meta.url));
const page = join(folder, '../../docs/conformance.md');

/** In the page's order; the first ones are what most readers look for. */
const ORDER = [
  'properties',
  'filters',
  'batches',
  'failures',
  'windows',
  'answers',
  'shapes',
  'environments',
];

const topics = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts') && name !== 'document.test.ts')
  .sort((a, b) => place(a) - place(b));

function place(file: string): number {
  const index = ORDER.indexOf(file.slice(0, -'.test.ts'.length));
  return index === -1 ? ORDER.length : index;
}

/** Before any test, as helpers of theirs may declare hooks; and once, as a module declares its facts once. */
const facts = await collectFacts(topics, (file) => import(`./${file}`));

test('each fact has an id of its own', () => {
  const ids = facts.map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(0);
  expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
});

test('docs/conformance.md is up to date', () => {
  const rendered = render(facts);
  if (process.env.MILLRACE_WRITE_CONFORMANCE === '1') writeFileSync(page, rendered);
  expect(readFileSync(page, 'utf8')).toBe(rendered);
});
