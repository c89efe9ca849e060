/** `millrace rules`: checks, tests, and tries rules on a year of weather and on what a deployment has stored. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../support/command.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct } from '../support/product.js';
import { projectRoot } from '../support/project-root.js';
import { readerOf } from '../support/reader.js';

const WEATHER = [
  '--in',
  'test/data/nyc-weather-2013.csv',
  '--mapping',
  'simulators/mappings/nyc-weather.yml',
];
const CONFIG = ['--config', join(projectRoot, 'serverless.yml')];
const rules = (...args: string[]) => command(['rules', ...args], '', 60_000);
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-rules-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A folder of rules. */
function written(name: string, text: string): string {
  const at = join(folder, name);
  mkdirSync(at, { recursive: true });
  writeFileSync(join(at, 'rules.yml'), `groups:\n  - name: g\n    rules:\n${text}`);
  return at;
}

describe('check', () => {
  test('lists the rules of the project with what they cost', async () => {
    const { code, stdout, stderr } = await rules('check');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^DoorLeftOpen +cold-chain +threshold, for +warning +reefer/m);
    expect(stdout).toContain('there is no notifications.yml');
  });

  test('names every problem with its place', async () => {
    const bad = written(
      'bad',
      `      - { alert: A, expr: event.t >, labels: { severity: a } }
      - { alert: B, expr: device.type == "refer" && event.t > 1, for: soon, labels: {} }
`,
    );
    const { code, stderr } = await rules('check', bad, ...CONFIG);
    expect(code).toBe(1);
    expect(stderr).toContain('[RULES_INVALID]');
    expect(stderr).toMatch(/rules\.yml:4: expr: /);
    expect(stderr).toContain('rules.yml:5: there is no device type "refer"; did you mean "reefer"?');
    expect(stderr).toContain('rules.yml:5: labels need a severity');
    const json = await rules('check', bad, ...CONFIG, '--json');
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout).problems.length).toBeGreaterThanOrEqual(4);
    expect((await rules('check', join(folder, 'nowhere'))).stderr).toContain('[RULES_UNREADABLE]');
  }, 60_000);
});

describe('test', () => {
  test('is 0 when all is as expected, else 1 with what is different', async () => {
    const good = await rules('test', 'rules/tests/environment.yml');
    expect(good.code).toBe(0);
    expect(JSON.parse(good.stdout.trim().split('\n').at(-1)!)).toMatchObject({
      type: 'summary',
      ok: true,
      failed: 0,
    });

    const text = readFileSync(join(projectRoot, 'rules/tests/weather.yml'), 'utf8');
    const file = join(folder, 'weather.yml');
    writeFileSync(
      file,
      text.replace('../weather.yml', join(projectRoot, 'rules', 'weather.yml')).replace('42.6 mph', '43 mph'),
    );
    const bad = await rules('test', file);
    expect(bad.code).toBe(1);
    const lines = bad.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ type, ok }) => type === 'case' && !ok)).toEqual([
      expect.objectContaining({
        alertname: 'HighWind',
        evalTime: '1h',
        differences: [
          'LGA: annotations.summary is "LGA reports wind of 42.6 mph", expected "LGA reports wind of 43 mph"',
        ],
      }),
    ]);
    writeFileSync(file, 'rule_files: [nothing.yml]\ntests: [{}]\n');
    expect((await rules('test', file)).stdout).toContain('there is no');
  }, 60_000);
});

describe('backtest on a year of weather', () => {
  test('what has changed, as text, JSON and a page', async () => {
    const changed = written(
      'heat',
      `      - { alert: HeatAdvisory, expr: 'device.type == "weather" && event.temp > 92', clear: event.temp < 88, no_data: 3h, labels: { severity: warning } }\n`,
    );
    const html = join(folder, 'page.html');
    const flags = ['backtest', '--rules', changed, '--against', 'rules', ...CONFIG, ...WEATHER];
    const { code, stdout, stderr } = await rules(...flags, '--json', '--html', html);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const result = JSON.parse(stdout);
    expect(result.events).toBe(26_114);
    // Days above 95 °F are days above 92 °F; the wind is not looked at any more.
    expect(result.rules.map(({ rule }: { rule: string }) => rule)).toEqual(['HeatAdvisory', 'HighWind']);
    expect(result.found).toMatchObject({ same: 0 });
    expect(result.found.after).toBeGreaterThan(10);
    expect(result.rules[1].counts).toMatchObject({ changed: 0, after: 0 });
    expect(result.totals.after.alertingMinutes).toBeGreaterThan(result.totals.before.alertingMinutes);
    const page = readFileSync(html, 'utf8');
    expect(page).toContain('<rect class="after"');

    expect((await rules(...flags, '--json')).stdout).toBe(stdout);
    const july = await rules(...flags, '--from', '2013-07-10', '--to', '2013-07-25');
    expect(july.stdout).toMatch(/HeatAdvisory {2}JFK {2}changed: 2013-07-18T/);
    expect(july.stdout).not.toContain('2013-09');
  }, 120_000);

  test('without rules to compare with, what fires is shown', async () => {
    const { code, stdout } = await rules('backtest', ...WEATHER);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^RULE +DEVICES +ALERTS +MINUTES$/m);
  }, 60_000);

  test('says what it needs', async () => {
    expect((await rules('backtest')).stderr).toContain('[BACKTEST_FLAGS]');
    expect((await rules('backtest', ...WEATHER, '--against', 'recorded')).stderr).toContain(
      '[BACKTEST_FLAGS]',
    );
    const nowhere = ['--from-stream', '--data-dir', join(folder, 'nowhere')];
    expect((await rules('backtest', ...nowhere)).stderr).toContain('[BACKTEST_NO_DATA]');
  }, 60_000);
});

describe('backtest on what a deployment has stored', () => {
  const T0 = Date.UTC(2024, 4, 1);
  let product: Product;

  beforeAll(async () => {
    product = await startProduct();
    const events = Array.from({ length: 120 }, (_, i) => ({
      deviceId: `sensor-${i % 4}`,
      ts: T0 + Math.floor(i / 4) * 7_000,
      seq: Math.floor(i / 4),
      // Each device above 80 °C now and then, for a while.
      temperature: 75 + (Math.floor(i / 4 / 5) % 2) * 10 + (i % 4),
      humidity: 40,
      battery: i % 4 === 3 ? 2.9 : 3.7,
    }));
    const response = await fetch(`${product.httpUrl}/telemetry`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(events),
    });
    expect(response.status).toBe(202);
    await readerOf(product).settledBooks();
    await poll(
      async () => {
        const { items } = (await (await fetch(`${product.httpUrl}/alerts?limit=100`)).json()) as {
          items: unknown[];
        };
        return items.length >= 13 ? items : null;
      },
      { timeoutMs: 20_000, intervalMs: 100, what: 'the alerts' },
    );
  }, 60_000);

  const backtest = (...args: string[]) =>
    rules('backtest', '--from-stream', '--data-dir', product.dataDir, ...CONFIG, ...args);

  test('refuses while it runs', async () => {
    expect((await backtest()).stderr).toContain('[DATA_DIR_LOCKED]');
  }, 60_000);

  test('the same rules tell what they told; others are compared with it', async () => {
    await product.stop();
    const same = await backtest('--json');
    expect(same).toMatchObject({ code: 0, stderr: '' });
    const result = JSON.parse(same.stdout);
    expect(result.before).toBe('as recorded');
    expect(result.found).toMatchObject({ changed: 0, before: 0, after: 0 });
    expect(result.found.same).toBeGreaterThanOrEqual(13);

    const changed = written(
      'changed',
      `      - { alert: HighTemperature, expr: event.temperature > 86, labels: { severity: critical } }\n`,
    );
    const other = await backtest('--rules', changed);
    expect(other.code).toBe(0);
    expect(other.stdout).toMatch(/^HighTemperature +4 +12 +6 +6 +0 +6 +0 /m);
    expect(other.stdout).toMatch(/^LowBattery +1 +1 +0 +0 +0 +1 +0 /m);
    const against = await backtest('--rules', changed, '--against', 'rules', '--json');
    expect(JSON.parse(against.stdout).found).toEqual(
      JSON.parse((await backtest('--rules', changed, '--json')).stdout).found,
    );
  }, 120_000);
});
