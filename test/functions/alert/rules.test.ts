import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDuration } from '../../../functions/alert/duration.js';
import { compile } from '../../../functions/alert/expression.js';
import { loadRules, parseRules } from '../../../functions/alert/rules.js';

const environmentDevice = { id: 'dev-1', type: 'environment' };
const weatherStation = { id: 'EWR', type: 'weather' };

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

describe('expressions', () => {
  const holds = (source: string, event: Record<string, unknown>, device = environmentDevice) =>
    compile(source).holds(event, device);

  test('whole and broken numbers compare with both kinds of literals', () => {
    expect(holds('event.temperature > 80', { temperature: 85 })).toBe(true);
    expect(holds('event.temperature > 80', { temperature: 80.5 })).toBe(true);
    expect(holds('event.temperature > 80.0', { temperature: 80 })).toBe(false);
    expect(holds('(event.temp - 32) * 5 / 9 > 30', { temp: 95 })).toBe(true);
    expect(holds('event.n % 2 == 0', { n: 4 })).toBe(true);
  });

  test('an absent metric leaves the rule unevaluated, unless it does not matter', () => {
    expect(holds('event.wind > 40', { temp: 1 })).toBeNull();
    expect(holds('event.wind > 40', { wind: null })).toBeNull();
    expect(holds('event.wind > 40 || event.temp > 0', { temp: 1 })).toBe(true);
    expect(holds('event.wind > 40 || event.temp > 5', { temp: 1 })).toBeNull();
    expect(holds('has(event.wind) && event.wind > 40', { temp: 1 })).toBe(false);
    expect(holds('event.constructor == 1', {})).toBeNull();
  });

  test('metrics may have names that every JavaScript object has', () => {
    const event = JSON.parse('{"temperature":85,"constructor":-0,"__proto__":5}') as Record<string, unknown>;
    expect(holds('event.temperature > 80', event)).toBe(true);
    expect(holds('event.constructor > 0', event)).toBe(false);
    expect(holds('event["__proto__"] > 4', event)).toBe(true);
    expect(holds('has(event.humidity) || event.temperature > 80', event)).toBe(true);
  });

  test('a string compared with a number throws', () => {
    expect(() => holds('event.temperature > 80', { temperature: 'hot' })).toThrow();
  });

  test('the first metric is the one compared', () => {
    expect(compile('device.type == "a" && event["x"] > event.y').metric).toBe('x');
    expect(compile('device.type == "a"').metric).toBeNull();
  });
});

describe('rule files', () => {
  test('the default rules: 85 degrees raise exactly HighTemperature', () => {
    const event = { ts: 0, temperature: 85, humidity: 40, battery: 3.7 };
    const raised = loadRules('rules').filter((rule) => rule.expression.holds(event, environmentDevice));
    expect(raised.map(({ name, severity, forMs }) => ({ name, severity, forMs }))).toEqual([
      { name: 'HighTemperature', severity: 'critical', forMs: 0 },
    ]);
  });

  test('the weather rules see heat and impossible wind', () => {
    const raised = (event: Record<string, unknown>) =>
      loadRules('rules')
        .filter((rule) => rule.expression.holds(event, weatherStation))
        .map((rule) => rule.name);
    expect(raised({ temp: 100.04, wind_speed: 8 })).toEqual(['HeatAdvisory']);
    expect(raised({ temp: 39.02, wind_speed: 1048.36 })).toEqual(['HighWind']);
    expect(raised({ temp: 39.02 })).toEqual([]);
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
`;
    expect(parseRules(text, 'rules/x.yml').problems.map((line) => line.replace(/: .*/, ''))).toEqual([
      'rules/x.yml:5',
      'rules/x.yml:8',
      'rules/x.yml:13',
      'rules/x.yml:15',
      'rules/x.yml:14',
      'rules/x.yml:17',
      'rules/x.yml:21',
      'rules/x.yml:18',
      'rules/x.yml:22',
    ]);
  });

  test('a folder with mistakes in two files is refused with both, and a name may be used once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-rules-'));
    const rule = (name: string, expr: string) =>
      `groups:\n  - rules:\n      - alert: ${name}\n        expr: ${expr}\n        labels: {severity: a}\n`;
    writeFileSync(join(folder, 'a.yml'), rule('A', 'event.x > 1'));
    writeFileSync(join(folder, 'b.yml'), rule('A', 'event.x > 2'));
    writeFileSync(join(folder, 'c.yml'), rule('C', 'nothing > 2'));
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
});
