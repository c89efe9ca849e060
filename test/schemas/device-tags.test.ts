import fc from 'fast-check';
import {
  deviceTags,
  MAX_TAG_LENGTH,
  tagNameProblem,
  tagNames,
  tagPattern,
} from '../../schemas/device-tags.js';

const tagsOf = (byDevice: Record<string, Record<string, string>>, fromEvent: string[] = []) => {
  const resolve = deviceTags({ byDevice, fromEvent });
  return (deviceId: string, body: Record<string, unknown> = {}) => ({ ...resolve(deviceId, body) });
};

describe('by pattern of the device id', () => {
  const tags = tagsOf({
    'reefer-{site}-*': { kind: 'cold' },
    '*-north-*': { region: 'N', site: 'never' },
    'a.b+c/{line}': {},
  });

  test.each([
    ['reefer-south-17', { site: 'south', kind: 'cold' }],
    ['reefer-north-17', { site: 'north', kind: 'cold', region: 'N' }],
    ['pump-north-1', { region: 'N', site: 'never' }],
    ['pump-1', {}],
    ['reefer--17', {}],
    ['a.b+c/4', { line: '4' }],
    ['aXb+c/4', {}],
    // A placeholder ends where a separator is.
    ['a.b+c/4/5', {}],
    ['', {}],
  ])('%s', (deviceId, expected) => {
    expect(tags(deviceId)).toEqual(expected);
    expect(tags(deviceId)).toEqual(expected);
  });
});

describe('from the event', () => {
  const tags = tagsOf({ 'dev-{site}': { kind: 'x' } }, ['site', 'constructor']);

  test('strings win, for as long as they come', () => {
    expect(tags('dev-a', { site: 'north' })).toEqual({ site: 'north', kind: 'x' });
    expect(tags('dev-a', { site: 'south' })).toEqual({ site: 'south', kind: 'x' });
    expect(tags('dev-a')).toEqual({ site: 'a', kind: 'x' });
    expect(tags('other', { site: '' })).toEqual({ site: '' });
  });

  test('numbers, long texts and what objects inherit are no tags', () => {
    expect(tags('dev-a', { site: 7 })).toEqual({ site: 'a', kind: 'x' });
    expect(tags('dev-a', { site: 'x'.repeat(MAX_TAG_LENGTH + 1) })).toEqual({ site: 'a', kind: 'x' });
    expect(deviceTags({ byDevice: {}, fromEvent: ['site'] })('other', {}).constructor).toBeUndefined();
  });
});

test('nothing is made anew while tags stay the same', () => {
  const resolve = deviceTags({ byDevice: { 'dev-{site}': {} }, fromEvent: ['line'] });
  expect(resolve('dev-a', {})).toBe(resolve('dev-a', { other: 'x' }));
  expect(resolve('dev-a', { line: '1' })).toBe(resolve('dev-a', { line: '1' }));
  expect(resolve('dev-a', { line: '1' })).not.toBe(resolve('dev-a', { line: '2' }));
});

test('what was remembered never changes an answer', () => {
  const settings = {
    byDevice: { 'd-{a}-*': { b: 'fixed' }, 'd-*': { a: 'second', c: 'C' } },
    fromEvent: ['a', 'd'],
  };
  const event = fc.record(
    { a: fc.constantFrom('x', 'y', 1, null), d: fc.constantFrom('x', true) },
    { requiredKeys: [] },
  );
  const asked = fc.array(fc.tuple(fc.constantFrom('d-1-2', 'd-3', 'e'), event), { maxLength: 30 });
  fc.assert(
    fc.property(asked, (questions) => {
      const resolve = deviceTags(settings);
      for (const [deviceId, body] of questions) {
        expect(resolve(deviceId, body)).toEqual(deviceTags(settings)(deviceId, body));
      }
    }),
    { numRuns: 50 },
  );
});

test('names and patterns that cannot be', () => {
  expect(tagNames({ byDevice: { '{a}-{b}': { c: '1' }, '{a}': {} }, fromEvent: ['d', 'a'] })).toEqual([
    'a',
    'b',
    'c',
    'd',
  ]);
  expect(tagNameProblem('site')).toBeUndefined();
  for (const name of ['type', 'device', '', '1a', 'a b', '__proto__', 'a=b', 'a,b'])
    expect(tagNameProblem(name)).toBeDefined();
  expect(tagPattern('{site}-*').problems).toEqual([]);
  for (const pattern of ['', '{site', 'site}', '{}', '{a}-{a}', '{type}'])
    expect(tagPattern(pattern).problems).not.toEqual([]);
});
