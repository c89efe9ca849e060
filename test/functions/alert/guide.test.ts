/** What the guide shows is what the parser takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseRules } from '../../../functions/alert/rules.js';
import { projectRoot } from '../../support/project-root.js';

describe.each(['docs/rules.md', 'docs/alerts.md'])('%s', (path) => {
  const text = readFileSync(join(projectRoot, path), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, block]) => block!);
  const files = blocks.filter((block) => block.includes('groups:'));

  test.each(files.map((block) => [/alert: (\w+)/.exec(block)![1], block]))('%s', (_, block) => {
    const { rules, problems } = parseRules(block!, path);
    expect(problems).toEqual([]);
    expect(rules.length).toBeGreaterThan(0);
  });
});

test('the examples in rules/default.yml can be taken over', () => {
  const text = readFileSync(join(projectRoot, 'rules/default.yml'), 'utf8');
  const [, examples = ''] = text.split(/# What else there is.*\n/);
  const { rules, problems } = parseRules(`groups:\n  - rules:\n${examples.replace(/^#/gm, '')}`, 'examples');
  expect(problems).toEqual([]);
  expect(rules).toHaveLength(5);
});

test('every kind of rule has an example', () => {
  const text = readFileSync(join(projectRoot, 'docs/rules.md'), 'utf8');
  const uses = [
    'clear:',
    'keep_firing_for:',
    'active:',
    'fleet:',
    'geofences:',
    'delta',
    "before('",
    "absent('15m')",
  ];
  const more = ["absent('temperature'", 'stuck(', 'matches(', 'inside(', 'sequence(', 'firing(', 'anomaly('];
  for (const use of [...uses, ...more]) expect(text).toContain(use);
});
