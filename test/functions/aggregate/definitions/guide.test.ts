/** What the guide and the file that Millrace comes with show is what the parser takes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { tumblingPerDevice } from '../../../../common/aggregations.js';
import { parseAggregations } from '../../../../functions/aggregate/definitions/parse.js';
import { deviceTags, tagNames } from '../../../../schemas/device-tags.js';
import { typeNames } from '../../../../schemas/registry.js';
import { projectRoot } from '../../../support/project-root.js';

const known = { deviceTypes: typeNames(join(projectRoot, 'schemas')), tags: ['site'] };
const textOf = (path: string) => readFileSync(join(projectRoot, path), 'utf8');
const parsed = (name: string, text: string) => parseAggregations([{ name, text }], known);

describe('docs/aggregations.md', () => {
  const blocks = [...textOf('docs/aggregations.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(
    ([, block]) => block!,
  );

  test('definitions', () => {
    const definitions = blocks.filter((block) => block.includes('aggregations:'));
    expect(definitions.length).toBeGreaterThan(0);
    for (const block of definitions) expect(parsed('guide', block).problems).toEqual([]);
    const { definitions: _, ...defaults } = tumblingPerDevice(10_000, 60_000);
    expect(parsed('guide', definitions[0]!).settings).toMatchObject(defaults);
  });

  test('tags', () => {
    const block = blocks.find((one) => one.includes('deviceTags:'))!;
    const settings = parse(block).custom.millrace.deviceTags;
    expect(tagNames(settings)).toEqual(['site', 'kind', 'region']);
    const tags = deviceTags(settings);
    expect(tags('reefer-north-17', {})).toEqual({ site: 'north', kind: 'cold', region: 'N' });
    expect(tags('reefer-north-17', { site: 'south' })).toMatchObject({ site: 'south' });
  });
});

describe('aggregations/default.yml', () => {
  const text = textOf('aggregations/default.yml');

  test('is what holds without a file', () => {
    const [definition] = parsed('default.yml', text).settings.definitions;
    expect(definition).toEqual({
      ...tumblingPerDevice(10_000, 60_000).definitions[0],
      place: expect.stringMatching(/^default\.yml:\d+$/),
    });
  });

  test('what it shows in comments can be taken over', () => {
    const [, rest = ''] = text.split('# What else there is, to take and change:\n');
    const [examples = '', common = ''] = rest.split(/# And, in one of the files.*\n/);
    const definitions = parsed('examples', `aggregations:\n${examples.replace(/^#/gm, '')}`);
    expect(definitions.problems).toEqual([]);
    expect(definitions.settings.definitions).toHaveLength(6);
    const { settings, problems } = parsed('common', common.replace(/^# ?/gm, ''));
    expect(problems).toEqual([]);
    expect(settings).toEqual(tumblingPerDevice(10_000, 60_000));
    expect(common).toContain('weekStartsOn');
  });
});
