import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDuration } from '../../../functions/alert/duration.js';
import { loadRules, parseFiles, parseRules, type Rule } from '../../../functions/alert/rules.js';

const environmentDevice = { id: 'dev-1', type: 'environment', tags: {} };
const weatherStation = { id: 'EWR', type: 'weather', tags: {} };

type Event = Readonly<Record<string, unknown>>;
const holds = ({ condition }: Rule, event: Event, device = environmentDevice) =>
  condition.holds({ event, device, at: 0, memory: null, firing: () => false });

/** One rule, its members as YAML in one line each. */
const written = (...members: string[]) =>
  [
    'groups:',
    '  - name: g',
    '    rules:',
    '      - alert: A',
    ...members.map((one) => `        ${one}`),
  ].join('\n');
const rule = (...members: string[]) => {
  const { rules, problems } = parseRules(written(...members, 'labels: { severity: a }'), 'rules/x.yml');
  expect(problems).toEqual([]);
  return rules[0]!;
};
const problemsOf = (...members: string[]) =>
  parseRules(written(...members, 'labels: { severity: a }'), 'x.yml', {
    tags: ['site', 'kind'],
    deviceTypes: ['reefer', 'vehicle'],
  }).problems;

describe('durations', () => {
  test.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1m5ms', 60_005],
    ['0', 0],
    ['1d', 86_400_000],
    ['', undefined],
    ['5', undefined],
    ['30m1h', undefined],
    ['1.5h', undefined],
    ['-1s', undefined],
  ])('%s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe('rule files', () => {
  test('the default rules: 85 degrees raise exactly HighTemperature', () => {
    const event = { ts: 0, temperature: 85, humidity: 40, battery: 3.7 };
    const raised = loadRules('rules').filter((one) => holds(one, event));
    expect(raised.map(({ name, severity, forMs }) => ({ name, severity, forMs }))).toEqual([
      { name: 'HighTemperature', severity: 'critical', forMs: 0 },
    ]);
  });

  test('the weather rules see heat and impossible wind', () => {
    const raised = (event: Event) =>
      loadRules('rules')
        .filter((one) => holds(one, event, weatherStation))
        .map(({ name }) => name);
    expect(raised({ temp: 100.04, wind_speed: 8 })).toEqual(['HeatAdvisory']);
    expect(raised({ temp: 39.02, wind_speed: 1048.36 })).toEqual(['HighWind']);
    expect(raised({ temp: 39.02 })).toEqual([]);
  });

  test('the rules that come with Millrace remember nothing: ordinary events write nothing', () => {
    for (const { condition, deviceTypes } of loadRules('rules')) {
      expect(condition.features).toEqual([]);
      expect(deviceTypes).toHaveLength(1);
    }
  });

  test('all mistakes of a file come at once, each with its line', () => {
    const text = `groups:
  - name: g
    rules:
      - alert: Syntax
        expr: event.temperature >
        labels: { severity: critical }
      - alert: Type
        expr: '"a" == 3'
        labels: { severity: critical }
      - alert: Number
        expr: event.temperature + 1
        labels: { severity: critical }
        for: 5 minutes
      - alert: Keys
        exp: event.temperature > 1
        labels: { severity: critical }
      - alert: Template
        expr: device.kind == "a"
        annotations:
          a: fine
          summary: "{{ $value }}"
      - just a text
      - alert: Relations
        expr: event.x > 1
        clear: event.y < 1
        for: 20m
        no_data: 10m
        labels: { severity: a, deviceId: b, "a b": c }
        keep_firing_fro: 5m
`;
    expect(parseRules(text, 'rules/x.yml').problems).toEqual([
      'rules/x.yml:5: expr: Unexpected token: EOF',
      expect.stringMatching(/^rules\/x\.yml:8: expr: no such overload: string == int/),
      'rules/x.yml:11: expr: event.temperature + 1 gives a number, not a condition (bool)',
      'rules/x.yml:13: for must be a duration such as 30s, 5m or 1h30m',
      'rules/x.yml:14: expr is missing',
      'rules/x.yml:15: exp means nothing here; did you mean "expr"?',
      expect.stringMatching(/^rules\/x\.yml:17: labels need a severity/),
      'rules/x.yml:18: expr: device has no "kind"; did you mean "id"?',
      'rules/x.yml:21: {{ $value }} stands for nothing; did you mean {{ value }}?',
      'rules/x.yml:22: a rule is a map with alert, expr and labels',
      expect.stringMatching(/^rules\/x\.yml:25: clear needs y, which expr does not/),
      expect.stringMatching(/^rules\/x\.yml:27: no_data \(10m\) is shorter than for \(20m\)/),
      'rules/x.yml:28: the label deviceId is set by Millrace',
      'rules/x.yml:28: "a b" is no name of a label: letters, digits and _',
      'rules/x.yml:29: keep_firing_fro means nothing here; did you mean "keep_firing_for"?',
    ]);
  });

  test('names that are one level of MQTT topics are refused: their retained states would replace each other', () => {
    const file = (name: string) =>
      `groups:\n  - rules:\n      - { alert: ${name}, expr: event.x > 1, labels: { severity: a } }\n`;
    const { problems } = parseFiles([
      { text: file('H/i'), file: 'a.yml' },
      { text: file('H_i'), file: 'b.yml' },
      { text: file('Hi'), file: 'c.yml' },
    ]);
    expect(problems).toEqual(['b.yml:3: alert H_i has the MQTT topic of H/i: both are H_i there']);
  });

  test('where no device has tags, a rule that asks for one is told where they come from', () => {
    const known = { tags: [] };
    const hint = 'no device has a tag "site"; tags are given by custom.millrace.deviceTags of serverless.yml';
    const asking = written(
      'expr: device.tags.site == "a"',
      'labels: { severity: a, site: "{{ tags.site }}" }',
    );
    expect(parseRules(asking, 'x.yml', known).problems.map((line) => line.replace(/.*: no/, 'no'))).toEqual([
      hint,
      hint,
    ]);
    const fleet = written(
      'expr: fleet.share > 0',
      'fleet: { by: [site], count: absent("1m") }',
      'labels: { severity: a }',
    );
    expect(parseRules(fleet, 'x.yml', known).problems).toEqual([`x.yml:6: fleet.by: ${hint}`]);
  });

  test('a folder with mistakes in two files is refused with both, and a name may be used once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-rules-'));
    const file = (name: string, expr: string) =>
      `groups:\n  - rules:\n      - alert: ${name}\n        expr: ${expr}\n        labels: {severity: a}\n`;
    writeFileSync(join(folder, 'a.yml'), file('A', 'event.x > 1'));
    writeFileSync(join(folder, 'b.yml'), file('A', 'event.x > 2'));
    writeFileSync(join(folder, 'c.yml'), file('C', 'nothing > 2'));
    writeFileSync(join(folder, 'd.yml'), 'groups: [a: b: c]');
    const failed = (): unknown => {
      try {
        return loadRules(folder);
      } catch (error) {
        return error;
      }
    };
    expect(failed()).toMatchObject({ code: 'RULES_INVALID', canRetry: false });
    const message = (failed() as Error).message;
    expect(message).toMatch(/b\.yml:3: alert A is already at .*a\.yml:3/);
    expect(message).toMatch(/c\.yml:4: expr: Unknown variable: nothing/);
    expect(message).toMatch(/d\.yml:1: /);
  });

  test('what Prometheus has and rules do not is refused with the reason', () => {
    const text = `groups:
  - name: g
    interval: 1m
    rules:
      - record: a
        expr: event.x > 1
        labels: { severity: a }
`;
    expect(parseRules(text, 'x.yml').problems).toEqual([
      'x.yml:3: interval means nothing here: rules are evaluated with every event',
      'x.yml:5: record means nothing here: windows and rollups are kept by aggregations/*.yml',
      'x.yml:5: alert is missing',
    ]);
  });
});

describe('members', () => {
  test('defaults', () => {
    expect(rule('expr: event.x > 1')).toMatchObject({
      group: 'g',
      clear: null,
      forMs: 0,
      keepFiringMs: 0,
      noDataMs: 900_000,
      active: null,
      fleet: null,
      deviceTypes: null,
    });
    const { rules } = parseRules('groups:\n  - rules: []', 'rules/cold.yml');
    expect(rules).toEqual([]);
  });

  test('no data is usual for a quarter of an hour, for twice as long as `for`, or for rules that look for it', () => {
    expect(rule('expr: event.x > 1', 'for: 30m').noDataMs).toBe(3_600_000);
    expect(rule('expr: event.x > 1', 'no_data: never').noDataMs).toBeNull();
    expect(rule('expr: event.x > 1', 'no_data: 1h').noDataMs).toBe(3_600_000);
    expect(rule(`expr: absent('1h')`).noDataMs).toBeNull();
    expect(problemsOf(`expr: absent('1h')`, 'no_data: 2h')[0]).toMatch(
      /x\.yml:6: no_data would end what absent/,
    );
  });

  test.each([
    ['{ days: mon-fri, hours: "08:00-18:00", timeZone: Europe/Berlin }', [0, 1, 2, 3, 4], 480, 1080],
    ['{ days: "fri-mon" }', [0, 4, 5, 6], 0, 1440],
    ['{ days: [sat, sun], hours: "22:30-06:00" }', [5, 6], 1350, 360],
    ['{ days: "mon, wed", hours: "12:00-24:00" }', [0, 2], 720, 1440],
  ])('active: %s', (text, days, from, to) => {
    expect(rule('expr: event.x > 1', `active: ${text}`).active).toMatchObject({ days, hours: { from, to } });
  });

  test.each([
    ['{ days: mon-fry }', 'days: "mon-fry" is no day'],
    ['{ hours: "8-18" }', 'hours must be a span'],
    ['{ hours: "08:00-24:30" }', 'hours must be a span'],
    ['{ hours: "08:00-08:00" }', 'hours last no time'],
    ['{ timeZone: Europe/Berlin }', 'active needs days or hours'],
    ['{ days: mon, timezone: UTC }', 'did you mean "timeZone"'],
    ['{ days: mon, timeZone: Europe/Berlim }', 'there is no time zone Europe/Berlim'],
    ['always', 'active must be a map'],
  ])('active: %s is refused', (text, reason) => {
    expect(problemsOf('expr: event.x > 1', `active: ${text}`).join('\n')).toContain(reason);
  });

  test('a fleet has groups, members and what is counted; its condition is about the counts', () => {
    const { fleet, condition, noDataMs, deviceTypes } = rule(
      'expr: fleet.share > 0.1 && fleet.total >= 5',
      `fleet: { by: [site], where: device.type == "reefer", count: absent("10m") }`,
    );
    expect(fleet!.by).toEqual(['site']);
    expect(fleet!.count.features.map(({ id }) => id)).toEqual(['absent:600000']);
    expect({ noDataMs, deviceTypes }).toEqual({ noDataMs: null, deviceTypes: ['reefer'] });
    const of = (matching: number, total: number) =>
      condition.holds({
        event: {},
        device: environmentDevice,
        at: 0,
        memory: null,
        firing: () => false,
        fleet: { matching, total, share: matching / total },
      });
    expect([of(1, 5), of(1, 10), of(1, 4)]).toEqual([true, false, false]);
  });

  test.each([
    [['expr: event.x > 1', 'fleet: { count: absent("10m") }'], 'event is of one device'],
    [['expr: fleet.shares > 1', 'fleet: { count: absent("10m") }'], 'did you mean "share"'],
    [['expr: absent("10m")', 'fleet: { count: absent("10m") }'], 'belongs into where or count'],
    [['expr: fleet.share > 1'], 'fleet is known to fleet-level rules only'],
    [['expr: fleet.share > 1', 'fleet: { by: [town], count: absent("10m") }'], 'no device has a tag "town"'],
    [['expr: fleet.share > 1', 'fleet: { by: [site] }'], 'count is missing'],
    [['expr: fleet.share > 1', 'fleet: { where: event.x > 1, count: absent("10m") }'], 'whatever they send'],
    [['expr: fleet.share > 1', 'fleet: { where: absent("1m"), count: absent("10m") }'], 'whatever they send'],
    [['expr: fleet.share > 1', 'no_data: 5m', 'fleet: { count: absent("10m") }'], 'no_data means nothing'],
    [
      ['expr: device.type == "refer" && event.x > 1'],
      'there is no device type "refer"; did you mean "reefer"?',
    ],
    [['expr: device.type == "reefer" && device.type == "vehicle"'], 'no device is of such types'],
    [['expr: device.tags.sit == "a"'], 'no device has a tag "sit"; did you mean "site"?'],
  ])('%j is refused', (members, reason) => {
    expect(problemsOf(...members).join('\n')).toContain(reason);
  });

  test('labels know tags and the device, annotations all there is', () => {
    const labelled = (labels: string, annotation: string) =>
      parseRules(
        written('expr: event.x > 1', `labels: ${labels}`, `annotations: { a: "${annotation}" }`),
        'x.yml',
        { tags: ['site'] },
      ).problems;
    expect(
      labelled(
        '{ severity: a, site: "{{ tags.site }}" }',
        '{{ value | round 1 }} {{ labels.site }} {{ tags.site }} {{ event.y }} {{ deviceId }}',
      ),
    ).toEqual([]);
    expect(labelled('{ severity: "{{ tags.site }}" }', '')).toHaveLength(1);
    expect(labelled('{ severity: a, x: "{{ value }}" }', '')).toHaveLength(1);
    expect(labelled('{ severity: a, x: "{{ tags.sight }}" }', '')).toHaveLength(1);
    expect(labelled('{ severity: a }', '{{ labels.site }}')).toHaveLength(1);
    expect(labelled('{ severity: a }', '{{ value | ceil }}')).toHaveLength(1);
  });
});

describe('rules that ask for each other', () => {
  const asking = (...rules: [name: string, expr: string][]) =>
    parseRules(
      `groups:\n  - rules:\n${rules
        .map(([name, expr]) => `      - { alert: ${name}, expr: '${expr}', labels: { severity: a } }`)
        .join('\n')}`,
      'x.yml',
    );

  test('come after those that they ask for', () => {
    const { rules, problems } = asking(
      ['C', 'firing("B") && event.x > 1'],
      ['A', 'event.x > 1'],
      ['B', 'firing("A") || firing("D")'],
      ['D', 'event.y > 1'],
    );
    expect(problems).toEqual([]);
    expect(rules.map(({ name }) => name)).toEqual(['A', 'D', 'B', 'C']);
  });

  test('must exist, and not go round', () => {
    expect(asking(['Hot', 'firing("Cold")'], ['Colt', 'event.x > 1']).problems).toEqual([
      'x.yml:3: there is no alert "Cold" to be firing; did you mean "Colt"?',
    ]);
    expect(asking(['A', 'firing("B")'], ['B', 'firing("C")'], ['C', 'firing("A")']).problems).toEqual([
      'x.yml:3: rules that ask for each other decide nothing: A -> B -> C -> A',
    ]);
  });
});

describe('areas', () => {
  const area = 'geofences:\n  depot: [[4.89, 52.37], [4.91, 52.37], [4.90, 52.39]]\n';
  const inside = `groups:\n  - rules:\n      - { alert: A, expr: "!inside('depot')", labels: { severity: a } }\n`;

  test('are known to the rules of all files', () => {
    const { rules, problems } = parseFiles([
      { file: 'a.yml', text: inside },
      { file: 'b.yml', text: area },
    ]);
    expect(problems).toEqual([]);
    expect(holds(rules[0]!, { longitude: 4.9, latitude: 52.375 })).toBe(false);
    expect(holds(rules[0]!, { lon: 4.9, lat: 52.4 })).toBe(true);
    expect(holds(rules[0]!, { longitude: 4.9 })).toBeNull();
  });

  test.each([
    ['geofences: { a: [[1, 2], [3, 4]] }', 'an area has 3 to 1000 corners, not 2'],
    ['geofences: { a: [[1, 2], [3, 4], [52, 181]] }', 'a corner is [longitude, latitude] in degrees'],
    ['geofences: [a]', 'geofences must be a map of areas'],
    [
      `${area}`.replace('geofences:\n', 'geofences:\n  depot: [[1, 2], [3, 4], [5, 7]]\n'),
      'Map keys must be unique',
    ],
  ])('%s is refused', (text, reason) => {
    expect(parseRules(text, 'x.yml').problems.join('\n')).toContain(reason);
  });

  test('unknown ones are refused', () => {
    expect(parseRules(`${area}${inside.replace('depot', 'depo')}`, 'x.yml').problems[0]).toMatch(
      /^x\.yml:5: expr: there is no area "depo"; did you mean "depot"\?/,
    );
  });
});

describe('the version', () => {
  const versionOf = (...members: string[]) => rule(...members).version;

  test('is eight hex digits over what decides', () => {
    const version = versionOf('expr: event.x > 1');
    expect(version).toMatch(/^[0-9a-f]{8}$/);
    expect(versionOf('expr: event.x > 1', 'annotations: { a: other }')).toBe(version);
    const others = [
      'clear: event.x < 1',
      'for: 1m',
      'keep_firing_for: 1m',
      'no_data: 1m',
      'active: { days: mon }',
    ];
    const versions = others.map((member) => versionOf('expr: event.x > 1', member));
    expect(new Set([version, versionOf('expr: event.x > 2'), ...versions]).size).toBe(others.length + 2);
  });

  test('changes with the areas that the rule asks for', () => {
    const withCorner = (corner: string) =>
      parseRules(
        `geofences: { a: [[0, 0], [0, 2], ${corner}] }\n${written("expr: inside('a')", 'labels: { severity: a }')}`,
        'x.yml',
      ).rules[0]!.version;
    expect(withCorner('[2, 2]')).not.toBe(withCorner('[2, 1]'));
  });
});
