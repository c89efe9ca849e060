import { tumblingPerDevice } from '../../../../common/aggregations.js';
import { parseAggregations } from '../../../../functions/aggregate/definitions/parse.js';

const known = { deviceTypes: ['reefer', 'vehicle'], tags: ['site'] };
const parse = (text: string, ...more: string[]) =>
  parseAggregations(
    [text, ...more].map((one, index) => ({ name: `aggregations/${'abc'[index]}.yml`, text: one })),
    known,
  );
const problems = (text: string, ...more: string[]) =>
  parse(text, ...more).problems.map(({ place, reason }) => `${place}: ${reason}`);
/** The problems of one definition with this in it, without their place. */
const refused = (rest: string) =>
  parse(`aggregations:\n  - { name: a, ${rest} }`).problems.map(({ reason }) =>
    reason.replace(/^aggregations\[0\]\./, ''),
  );
const defined = (rest: string) => {
  const { settings, problems: found } = parse(`aggregations:\n  - { name: a, ${rest} }`);
  expect(found).toEqual([]);
  return settings.definitions[0]!;
};

describe('what is not said', () => {
  test.each([
    ['no file', []],
    ['an empty file', ['']],
    ['comments alone', ['# nothing\n']],
  ])('%s: windows of ten seconds per device', (_, texts) => {
    const files = texts.map((text) => ({ name: 'a.yml', text }));
    expect(parseAggregations(files, known)).toEqual({
      settings: tumblingPerDevice(10_000, 60_000),
      problems: [],
    });
  });

  test('settings alone hold for the usual definition', () => {
    const { settings } = parse('settings: { timeZone: Europe/Berlin, weekStartsOn: sunday, maxAhead: 1m }');
    expect(settings).toEqual({
      ...tumblingPerDevice(10_000, 60_000),
      timeZone: 'Europe/Berlin',
      weekStartsOn: 'sunday',
      maxAheadMs: 60_000,
    });
  });

  test('a definition: a minute of lateness, basic figures of all metrics, rollups where they can be', () => {
    expect(defined('window: 10s, by: device')).toEqual({
      name: 'a',
      window: { type: 'tumbling', sizeMs: 10_000 },
      by: 'device',
      deviceTypes: null,
      allowedLatenessMs: 60_000,
      metrics: { '*': ['count', 'sum', 'min', 'max', 'mean', 'first', 'last'] },
      rollups: true,
      publish: false,
      place: 'aggregations/a.yml:2',
    });
    expect(defined('window: 7s, by: device').rollups).toBe(false);
    expect(defined('window: 2m, by: device').rollups).toBe(false);
    expect(defined('window: { hopping: 10s, every: 5s }, by: device').rollups).toBe(false);
  });
});

test.each([
  ['window: { tumbling: 1m30s }', { type: 'tumbling', sizeMs: 90_000 }],
  ['window: { hopping: 1m, every: 1s }', { type: 'hopping', sizeMs: 60_000, everyMs: 1_000 }],
  ['window: { session: 5m }', { type: 'session', gapMs: 300_000, maxMs: 86_400_000 }],
  ['window: { session: 5m, max: 5m }', { type: 'session', gapMs: 300_000, maxMs: 300_000 }],
  ['window: { last: 1000 }', { type: 'last', count: 1_000 }],
])('%s', (window, shape) => {
  expect(defined(`${window}, by: device`).window).toEqual(shape);
});

test('groups, the fleet and figures', () => {
  expect(defined('window: 1m, by: [site, type]').by).toEqual(['site', 'type']);
  expect(defined('window: 1m, by: fleet').by).toEqual([]);
  const metrics = "{ '*': [count], temperature: [p50, p99.9, stddev, distinct] }";
  expect(defined(`window: 1m, by: fleet, metrics: ${metrics}`).metrics).toEqual({
    '*': ['count'],
    temperature: ['p50', 'p99.9', 'stddev', 'distinct'],
  });
  const ordered = '{ energy: [delta, rate, timeWeightedMean], door: [duration] }';
  expect(defined(`window: 1m, by: device, metrics: ${ordered}`).metrics.door).toEqual(['duration']);
});

describe('refuses', () => {
  test.each<[string, string]>([
    ['by: device', 'window is missing: 10s, { hopping'],
    ['window: 10 sec, by: device', 'window must be a duration such as 10s'],
    ['window: 10, by: device', 'window must be a duration such as 10s'],
    ['window: 1m, by: device, allowedLateness: 60', 'allowedLateness must be a duration such as 10s'],
    ['window: 0s, by: device', 'window must be above 0'],
    ['window: { tumbling: 0 }, by: device', 'window.tumbling must be above 0'],
    ['window: { tumblng: 1m }, by: device', 'window must be one of 10s, '],
    [
      'window: { tumbling: 1m, hopping: 1m }, by: device',
      'window must be of one kind, not tumbling and hopping',
    ],
    [
      'window: { tumbling: 1m, every: 1s }, by: device',
      'window.every means nothing here; known are tumbling',
    ],
    ['window: { hopping: 1m }, by: device', 'window.every is missing'],
    ['window: { hopping: 1m, every: 7s }, by: device', 'window.every must divide the size evenly'],
    ['window: { hopping: 1m, every: 2m }, by: device', 'window.every must divide the size evenly'],
    ['window: { hopping: 61s, every: 1s }, by: device', 'window.every puts every event into 61 windows'],
    ['window: { session: 0s }, by: device', 'window.session must be above 0'],
    ['window: { session: 2d }, by: device', 'window.session must not be above max'],
    ['window: { last: 0 }, by: device', 'window.last must be a whole number from 1 to 1000'],
    ['window: { last: 1001 }, by: device', 'window.last must be a whole number'],
    ['window: { last: 1.5 }, by: device', 'window.last must be a whole number'],
    ['window: { session: 1m }, by: [site]', 'window sessions are kept by device only'],
    ['window: { last: 5 }, by: fleet', 'window the last events are kept by device only'],
    ['window: 1m', 'by is missing: device, fleet'],
    ['window: 1m, by: []', 'by must not be empty; all devices are: fleet'],
    ['window: 1m, by: devices', 'by must be device, fleet or a list of tags; did you mean "device"?'],
    ['window: 1m, by: site', 'by tags are written as a list: [site]'],
    ['window: 1m, by: [sit]', 'by[0] no device ever has the tag sit; did you mean "site"?'],
    ['window: 1m, by: [type, type]', 'by[1] type is there twice'],
    [
      'window: 1m, by: device, deviceTypes: [refer]',
      'deviceTypes[0] there is no schemas/types/refer.json; did you',
    ],
    ['window: 1m, by: device, deviceTypes: reefer', 'deviceTypes must be a list'],
    ['window: 1m, by: device, deviceTypes: []', 'deviceTypes must not be empty'],
    ['window: 1m, by: device, allowedLateness: -1s', 'allowedLateness must be a duration'],
    ['window: 7s, by: device, rollups: true', 'rollups are made of tumbling windows that divide a minute'],
    ['window: { last: 5 }, by: device, rollups: true', 'rollups are made of tumbling windows'],
    ['window: 1m, by: device, rollups: maybe', 'rollups must be true or false'],
    ['window: 1m, by: device, metrics: [p99]', 'metrics must be a map of metrics'],
    ['window: 1m, by: device, metrics: {}', 'metrics must not be empty'],
    ['window: 1m, by: device, metrics: { t: p99 }', 'metrics.t must be a list'],
    ['window: 1m, by: device, metrics: { t: [p99, p99] }', 'metrics.t[1] p99 is there twice'],
    ['window: 1m, by: device, metrics: { t: [p0] }', 'metrics.t[0] p0: a percentile is above p0'],
    ['window: 1m, by: device, metrics: { t: [p100] }', 'metrics.t[0] p100: a percentile is above p0'],
    [
      'window: 1m, by: device, metrics: { t: [meam] }',
      'metrics.t[0] there is no figure meam; did you mean "mean"?',
    ],
    ['window: 1m, by: device, metrics: { seq: [mean] }', 'metrics.seq seq is no metric'],
    [
      'window: 1m, by: fleet, metrics: { t: [delta] }',
      "metrics.t[0] delta goes by the order of one device's events",
    ],
    ['window: 1m, by: [type], metrics: { t: [mean, duration] }', 'metrics.t[1] duration goes by the order'],
    ['window: 1m, by: device, publsh: true', 'publsh means nothing here; did you mean "publish"?'],
  ])('%s', (rest, reason) => {
    const found = refused(rest);
    expect(found).toHaveLength(1);
    expect(found[0]!.slice(0, reason.length)).toBe(reason);
  });

  test.each([
    ['Device', 'must be small letters'],
    ['1a', 'must be small letters'],
    ['a b', 'must be small letters'],
    ['a'.repeat(65), 'must be small letters'],
  ])('the name %s', (name, reason) => {
    expect(problems(`aggregations: [{ name: ${name}, window: 1m, by: device }]`)).toEqual([
      expect.stringContaining(`aggregations[0].name ${reason}`),
    ]);
  });

  test.each([
    ['timeZone: Europe/Berln', 'is no time zone: Europe/Berln; did you mean "Europe/Berlin"?'],
    ['timeZone: Middle-earth', 'is no time zone: write one such as Europe/Berlin'],
    ['weekStartsOn: friday', 'must be monday or sunday'],
    ['maxAhead: soon', 'must be a duration'],
    ["eventId: ''", 'must be a text'],
    ['timezone: UTC', 'means nothing here; did you mean "timeZone"?'],
  ])('settings: %s', (text, reason) => {
    expect(problems(`settings: { ${text} }`)).toEqual([expect.stringContaining(reason)]);
  });

  test.each([
    ['- name: a', 'must be a map of settings and aggregations'],
    ['aggregation: []', 'aggregation means nothing here; did you mean "aggregations"?'],
    ['aggregations: []', 'aggregations must be a list of at least one'],
    ['aggregations: { a: 1 }', 'aggregations must be a list of at least one'],
    ['aggregations: [10s]', 'aggregations[0] must be a map with name, window and by'],
    ['settings: [1]', 'settings must be a map of maxAhead'],
  ])('%s', (text, reason) => {
    expect(problems(text)).toEqual([expect.stringContaining(reason)]);
  });
});

test('everything that is wrong comes at once, with its line', () => {
  const first = `settings:
  maxAhead: long
aggregations:
  - name: one
    window:
      hopping: 1m
      every: 7s
    by:
      - sight
    metrics:
      temperature:
        - mean
        - p101
  - name: two
    by: device
  - name: fine
    window: 1m
    by: fleet
`;
  const second = `aggregations:
  - name: fine
    window: 1m
    by: device
settings: { eventId: id }
`;
  const lines = problems(first, second, 'aggregations: [').map((line) => line.split(': ')[0]);
  expect(lines.sort()).toEqual([
    'aggregations/a.yml:13',
    'aggregations/a.yml:14',
    'aggregations/a.yml:2',
    'aggregations/a.yml:7',
    'aggregations/a.yml:9',
    'aggregations/b.yml:2',
    'aggregations/b.yml:5',
    'aggregations/c.yml:1',
  ]);
  expect(problems(first, second)).toEqual(
    expect.arrayContaining([
      'aggregations/b.yml:2: the name fine is already at aggregations/a.yml:16',
      'aggregations/b.yml:5: settings are already at aggregations/a.yml:1: they are for all files',
    ]),
  );
});
