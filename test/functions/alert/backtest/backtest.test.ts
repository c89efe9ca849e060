import { Backtest } from '../../../../functions/alert/backtest/backtest.js';
import { EpisodeLog, within } from '../../../../functions/alert/backtest/episode.js';
import { parseRules } from '../../../../functions/alert/rules.js';
import { EventDecoder } from '../../../../schemas/decode.js';
import { loadSchemas } from '../../../../schemas/registry.js';
import { testSettings } from '../../../support/platform.js';

const T0 = Date.UTC(2024, 4, 1);
const MINUTE = 60_000;
const decoder = new EventDecoder(loadSchemas('schemas'), testSettings());

const rulesOf = (rules: string) => parseRules(`groups: [{ name: g, rules: [${rules}] }]`, 'r.yml').rules;
const HOT = rulesOf(
  '{ alert: Hot, expr: event.temperature > 30, no_data: 10m, labels: { severity: a } }, ' +
    '{ alert: Warm, expr: event.temperature > 20, for: 5m, labels: { severity: b } }',
);

function event(temperature: unknown) {
  return (at: number) => Buffer.from(JSON.stringify({ ts: at, temperature, humidity: 40, battery: 3.7 }));
}

/** Temperatures by minute. */
async function run(tickMs: number | null, values: Readonly<Record<number, unknown>>, end: number) {
  const backtest = new Backtest({ rules: [HOT, []], decoder, tagsOf: () => ({}), tickMs });
  await backtest.begin();
  for (const [minute, temperature] of Object.entries(values)) {
    const at = T0 + Number(minute) * MINUTE;
    await backtest.event('d1', event(temperature)(at), at);
  }
  await backtest.end(T0 + end * MINUTE);
  return backtest;
}

const spans = (backtest: Backtest) =>
  backtest.episodes[0]!.map(({ rule, startsAt, endsAt, noData }) => [
    rule,
    (startsAt - T0) / MINUTE,
    endsAt === null ? null : (endsAt - T0) / MINUTE,
    ...(noData === null ? [] : [noData.until === null ? null : (noData.until - T0) / MINUTE]),
  ]);

test('alerts as spans; what validation refuses is passed over; other rules see the same and tell their own', async () => {
  const backtest = await run(1_000, { 0: 35, 1: 36, 2: 'hot', 3: 20, 4: 35 }, 8);
  expect(spans(backtest)).toEqual([
    ['Hot', 0, 3],
    ['Hot', 4, null],
  ]);
  expect(backtest.episodes[1]).toEqual([]);
  expect(backtest.counts).toMatchObject({ events: 4, refused: 1, first: T0, last: T0 + 4 * MINUTE });
});

test('time passes between events: timers run out, and data is missed until it comes again', async () => {
  expect(spans(await run(1_000, { 0: 35, 30: 35, 31: 10 }, 60))).toEqual([
    ['Hot', 0, 0, 30],
    ['Warm', 0, 0, 30],
    ['Hot', 30, 31],
    ['Warm', 30, 31],
  ]);
  expect(spans(await run(1_000, { 0: 35 }, 60))).toEqual([
    ['Hot', 0, 0, null],
    ['Warm', 0, 0, null],
  ]);
});

test('where ticks are recorded, time is theirs alone', async () => {
  expect(spans(await run(null, { 0: 25 }, 60))).toEqual([]);
});

test('is the same whenever it is run', async () => {
  const values = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [i * 3, 20 + ((i * 7) % 17)]));
  expect(spans(await run(1_000, values, 200))).toEqual(spans(await run(1_000, values, 200)));
});

test('an alert that is over already is a span of its own', () => {
  const log = new EpisodeLog();
  const told = { rule: 'R', deviceId: 'd', severity: 's', startsAt: 5, eventTime: 5 };
  for (const [state, endsAt] of [
    ['firing', null],
    ['resolved', 5],
  ] as const) {
    log.add({ alert: { ...told, state, endsAt } as never, passed: true });
  }
  expect(log.episodes).toEqual([
    { rule: 'R', deviceId: 'd', severity: 's', startsAt: 5, endsAt: 5, noData: null },
  ]);
  expect(within(log.episodes[0]!, 6, 10)).toBeUndefined();
});
