/**
 * Rules and tests as Prometheus knows them, through promtool and through ours: the same verdicts, wherever both mean the
 * same. From one description both rule files are made (PromQL and CEL differ, `temperature > 30` and
 * `event.temperature > 30`), and one test file, which asks at every moment which of the devices' alerts fire, and is
 * wrong about some of them on purpose.
 *
 * What is not the same, and kept out of the cases:
 * - Prometheus evaluates at intervals, Millrace with every event: series have the interval of evaluation.
 * - Prometheus goes on with the last value for five minutes, Millrace with the last verdict for `no_data`: no gap is as
 *   long as either. A `stale` marker ends a series for Prometheus at once; here a silent device is one that is missing.
 * - A timer that runs out within a gap: both go by the clock.
 * - Annotations with `{{ value }}`: Prometheus' change with every evaluation, Millrace's are those of the transition.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { runTestFile } from '../../cli/rules-test-file.js';
import { commandOnPath, requireService } from '../support/services.js';

interface Case {
  readonly name: string;
  readonly threshold: number;
  /** In evaluations. */
  readonly for?: number;
  readonly keepFiringFor?: number;
  /** Values by device, one for each evaluation. */
  readonly series: Readonly<Record<string, string>>;
}

interface Run {
  /** Seconds between evaluations, and values. */
  readonly step: number;
  readonly cases: readonly Case[];
}

/** Evaluations, besides that at the start. */
const STEPS = 14;

const CASES: readonly Case[] = [
  { name: 'threshold', threshold: 30, series: { a: '29 30 31 30 31x3 0x3', b: '40x12', c: '-5+5x12' } },
  {
    name: 'for',
    threshold: 30,
    for: 3,
    series: { a: '31x2 30 31x8', b: '31x3 0 31x3 0 31x3', c: '0 31x12' },
  },
  {
    name: 'keep firing',
    threshold: 30,
    keepFiringFor: 2,
    series: { a: '31 0x5 31 0x5', b: '31 0 31 0 31 0x9' },
  },
  {
    name: 'for and keep firing',
    threshold: 0,
    for: 2,
    keepFiringFor: 3,
    series: { a: '1x3 -1 1 -1x4 1x4', b: '1 -1 1x2 -1 1x9', c: '-5+1x13' },
  },
  {
    name: 'gaps',
    threshold: 30,
    for: 4,
    series: { a: '31 _x3 31x6', b: '31x5 _x3 0 _x2 31', c: '_x4 31 _x3 31 _ 31' },
  },
  {
    name: 'gaps while kept',
    threshold: 30,
    keepFiringFor: 3,
    series: { a: '31 0 _x3 0 31x4', b: '31x2 _x3 0 _x3 31' },
  },
  { name: 'equal is not above', threshold: 30, series: { a: '30x5 30.000001 30', b: '30+0.5x4 30-0.5x4' } },
];

const describePromtool = await requireService('promtool', () => commandOnPath('promtool'));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-promtool-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describePromtool('the same tests give the same verdicts', () => {
  test('of chosen cases', async () => {
    await expectSame({ step: 60, cases: CASES });
    await expectSame({ step: 20, cases: CASES });
  }, 60_000);

  test('of random series', async () => {
    const value = fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 27, max: 33 }).map(String) },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.integer({ min: 27, max: 33 }), fc.nat(4)).map(([a, n]) => `${a}x${n}`),
      },
      {
        weight: 1,
        arbitrary: fc.tuple(fc.integer({ min: 25, max: 31 }), fc.nat(4)).map(([a, n]) => `${a}+1x${n}`),
      },
      {
        weight: 1,
        arbitrary: fc.integer({ min: 27, max: 33 }).chain((a) => fc.constantFrom(`_ ${a}`, `_x2 ${a}`)),
      },
    );
    const series = fc.array(value, { minLength: 1, maxLength: STEPS }).map((items) => items.join(' '));
    const steps = fc.option(fc.nat(5), { nil: undefined });
    const one = fc.record({ for: steps, keepFiringFor: steps, a: series, b: series, c: series });
    const run = fc.record({
      step: fc.constantFrom(15, 30, 60),
      some: fc.array(one, { minLength: 12, maxLength: 12 }),
    });
    await fc.assert(
      fc.asyncProperty(run, ({ step, some }) =>
        expectSame({
          step,
          cases: some.map(({ for: forSteps, keepFiringFor, a, b, c }, index) => ({
            name: `random ${index}`,
            threshold: 30,
            ...(forSteps === undefined ? {} : { for: forSteps }),
            ...(keepFiringFor === undefined ? {} : { keepFiringFor }),
            // What ends is missed after five minutes, by both: until then they go on with the last value.
            series: { a: padded(a), b: padded(b), c: padded(c) },
          })),
        }),
      ),
      { numRuns: 4 },
    );
  }, 120_000);
});

/** Repeats the last value to the end: nothing falls silent. */
function padded(text: string): string {
  return `${text} 30x${STEPS + 4}`;
}

async function expectSame(run: Run): Promise<void> {
  const { step, cases } = run;
  write('promql', run, ({ threshold }) => `temperature > ${threshold}`);
  write('cel', run, ({ threshold }) => `event.temperature > ${threshold}`);
  // First nothing is expected: what promtool finds instead is then expected of both, in a second run.
  writeFileSync(
    join(folder, 'test.yml'),
    testFile('promql', run, () => []),
  );
  const firing = firingIn((await promtool()).output);
  const expected = (one: Case, at: number) => firing.get(`${nameOf(one, cases)} ${at}`) ?? [];
  writeFileSync(join(folder, 'test.yml'), testFile('promql', run, expected));
  expect(await promtool()).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') });

  const file = join(folder, 'ours.yml');
  const text = testFile('cel', run, expected);
  writeFileSync(file, text);
  const { problems, tests } = await runTestFile(file, undefined);
  expect(problems).toEqual([]);
  const wrong = tests.flatMap(({ name, cases: asked }) =>
    asked
      .filter(({ differences }) => differences.length > 0)
      .map(({ at, differences }) => ({ name, at: at / 1000, differences })),
  );
  expect(wrong).toEqual([]);
  const asked = tests.flatMap((one) => one.cases).length;
  expect(asked).toBe(cases.length * (STEPS + 1));

  // And the other way round: what one refuses the other refuses.
  const spoilt = (one: Case, at: number) => (at === 5 * step ? ['nobody'] : expected(one, at));
  writeFileSync(join(folder, 'test.yml'), testFile('promql', run, spoilt));
  writeFileSync(file, testFile('cel', run, spoilt));
  expect((await promtool()).code).toBe(1);
  const failed = (await runTestFile(file, undefined)).tests.flatMap((one) => one.cases);
  expect(failed.filter(({ differences }) => differences.length > 0)).toHaveLength(cases.length);
}

function nameOf(one: Case, cases: readonly Case[]): string {
  return `Rule${cases.indexOf(one)}`;
}

function write(language: string, { step, cases }: Run, expr: (one: Case) => string): void {
  const rules = cases.map((one) => ({
    alert: nameOf(one, cases),
    expr: expr(one),
    ...(one.for === undefined ? {} : { for: `${one.for * step}s` }),
    ...(one.keepFiringFor === undefined ? {} : { keep_firing_for: `${one.keepFiringFor * step}s` }),
    labels: { severity: 'critical', ...(language === 'cel' ? { site: '{{ tags.site }}' } : {}) },
    annotations: { summary: 'too warm' },
  }));
  // YAML is a superset of JSON.
  writeFileSync(join(folder, `${language}.yml`), JSON.stringify({ groups: [{ name: 'g', rules }] }));
}

function testFile(
  language: string,
  { step, cases }: Run,
  expected: (one: Case, at: number) => readonly string[],
) {
  const moments = Array.from({ length: STEPS + 1 }, (_, index) => index * step);
  return JSON.stringify({
    rule_files: [`${language}.yml`],
    evaluation_interval: `${step}s`,
    tests: cases.map((one) => ({
      name: one.name,
      interval: `${step}s`,
      input_series: Object.entries(one.series).map(([id, values]) => ({
        series: `temperature{deviceId="${id}", site="north"}`,
        values,
      })),
      alert_rule_test: moments.map((at) => ({
        eval_time: `${at}s`,
        alertname: nameOf(one, cases),
        exp_alerts: expected(one, at).map((deviceId) => ({
          exp_labels: { deviceId, severity: 'critical', site: 'north' },
          exp_annotations: { summary: 'too warm' },
        })),
      })),
    })),
  });
}

/** `alertname seconds` -> devices whose alerts fire, from what promtool says is there and was not expected. */
function firingIn(output: string): Map<string, string[]> {
  const firing = new Map<string, string[]>();
  for (const part of output.split(/^ {4}(?=(?:name: .*,?\n)? *alertname: )/m)) {
    const [, alertname, time] = /alertname: ?(\w+), time: ?(\w+)/.exec(part) ?? [];
    if (alertname === undefined) continue;
    const devices = [...part.slice(part.indexOf('got:')).matchAll(/deviceId="(\w+)"/g)].map(([, id]) => id!);
    firing.set(`${alertname} ${secondsOf(time!)}`, devices);
  }
  return firing;
}

function secondsOf(text: string): number {
  const [, minutes = '0', seconds = '0'] = /^(?:(\d+)m)?(?:(\d+)s)?$/.exec(text)!;
  return Number(minutes) * 60 + Number(seconds);
}

function promtool(): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      commandOnPath('promtool'),
      ['test', 'rules', join(folder, 'test.yml')],
      { timeout: 60_000, maxBuffer: 1 << 26 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr }),
    );
  });
}
