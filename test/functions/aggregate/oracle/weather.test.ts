/**
 * A year of three weather stations, hour by hour: rollups by the calendar of New York against SQL over the file itself.
 * Real figures are no eighths, so sums are held to rounding.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type AggregateSettings, tumblingPerDevice } from '../../../../common/aggregations.js';
import { figuresOf } from '../../../../functions/aggregate/figures/read.js';
import { create as aggregate } from '../../../../functions/aggregate/handler.js';
import { create as rollup } from '../../../../functions/rollup/handler.js';
import { PERIODS } from '../../../../stores/rollups.js';
import { batchesOf, type TestRecord } from '../../../support/batches.js';
import { invocation, memoryPlatform } from '../../../support/platform.js';
import { projectRoot } from '../../../support/project-root.js';
import { differences } from './compare.js';
import { ORDERED, PERCENTILES } from './definitions.js';
import { type Duck, openDuck } from './duck.js';
import { numbers } from './figures.sql.js';
import type { Figures } from './oracle.js';
import { BUCKETS, CALENDAR } from './rollups.sql.js';

const FILE = join(projectRoot, 'test/data/nyc-weather-2013.csv');
const ZONE = 'America/New_York';
const STATIONS = ['EWR', 'JFK', 'LGA'];
const HOUR = 3_600_000;
const EXACT = ['count', 'min', 'max', 'first', 'last', 'distinct'];
const ROUNDED = ['sum', 'mean', 'stddev', ...ORDERED];
const usual = tumblingPerDevice(60_000, 4 * HOUR);
const settings: AggregateSettings = {
  ...usual,
  timeZone: ZONE,
  weekStartsOn: 'sunday',
  definitions: usual.definitions.map((definition) => ({
    ...definition,
    metrics: { '*': [...EXACT, ...ROUNDED, ...Object.keys(PERCENTILES)] },
  })),
};

/** The file's rows as events, some of them up to three hours late; rows of one time stay in order. */
async function records(): Promise<TestRecord[]> {
  const rows = parse(await readFile(FILE), { columns: true }) as Record<string, string>[];
  const events = rows.map(({ origin, year, month, day, hour, time_hour, ...metrics }): TestRecord => {
    const ts = Date.parse(time_hour!);
    const read = Object.entries(metrics).filter(([, value]) => value !== 'NA');
    const payload = {
      ts,
      deviceType: 'weather',
      ...Object.fromEntries(read.map(([name, value]) => [name, Number(value)])),
    };
    return { arrivalTime: ts + ((Number(day) + Number(hour)) % 4) * HOUR, key: origin!, payload };
  });
  return events.sort((a, b) => a.arrivalTime - b.arrivalTime);
}

let duck: Duck;
beforeAll(async () => {
  duck = await openDuck();
  await duck.run(CALENDAR);
});
afterAll(() => duck.close());

test('every day and week of a year at three stations is that of SQL over the file', async () => {
  const platform = memoryPlatform({ aggregate: settings });
  const { process } = await aggregate(platform);
  const all = await records();
  const cuts = Array.from({ length: all.length / 2_000 }, (_, index) => index * 2_000);
  for (const batch of batchesOf(all, cuts)) await process!(batch, invocation());
  const { scheduled } = await rollup(platform);
  await scheduled!({ time: 0 }, invocation());
  const [tally] = await platform.stores.aggregation.tallies();
  // One row lacks the temperature, which the schema requires.
  expect(tally).toMatchObject({ aggregated: all.length - 1, late: 0, duplicate: 0, refused: 1 });

  await duck.run(`
    create table observed as select row_number() over () as off, * from read_csv('${FILE}', nullstr = 'NA')
      where temp is not null;
    create table wide as select 0 as part, off,
      columns(* exclude (off, origin, year, month, day, hour, time_hour))::double from observed;
    create table reading as unpivot wide on columns(* exclude (part, off)) into name metric value num;
    create table setting as select '${ZONE}' as zone, true as sunday;
    create table event as
      select 'device' as definition, origin as key, 0 as source, off, epoch_ms(time_hour) as ts from observed;
    ${BUCKETS.map(([name, query]) => `create table ${name} as ${query};`).join('\n')}
    create view long as select * from bucketed where period not in ('1m', '1h');`);
  const oracle = new Map<string, Figures>();
  for (const figure of await duck.rows<Figures>(numbers('long', 'definition, key, period, start, stop'))) {
    const { key, period, start, stop, metric } = figure;
    oracle.set(`${key} ${period} ${start}-${stop} ${metric}`, figure);
  }

  const wrong: string[] = [];
  const compared = new Set<string>();
  const sums: Record<string, number> = {};
  for (const key of STATIONS) {
    for (const period of PERIODS) {
      const range = { from: 0, to: Number.MAX_SAFE_INTEGER };
      const page = { limit: 10_000, cursor: null };
      const { items } = await platform.stores.rollups.rollups(
        { definition: 'device', key },
        period,
        range,
        page,
      );
      for (const { start, end, metrics } of items) {
        for (const [metric, figures] of Object.entries(metrics)) {
          const sum = `${period} ${metric}`;
          sums[sum] = (sums[sum] ?? 0) + figures.sum;
          // Shorter ones hold one event as a rule.
          if (period === '1m' || period === '1h') continue;
          const place = `${key} ${period} ${start}-${end} ${metric}`;
          const exact = oracle.get(place);
          compared.add(place);
          if (exact === undefined) wrong.push(`${place} is not there`);
          else {
            wrong.push(...differences(place, figuresOf(figures, EXACT), exact, 0));
            wrong.push(...differences(place, figuresOf(figures, Object.keys(PERCENTILES)), exact, 0.01));
            wrong.push(...differences(place, figuresOf(figures, ROUNDED), exact, 1e-9));
          }
        }
      }
    }
  }
  expect(wrong.slice(0, 20)).toEqual([]);
  expect(compared.size).toBe(oracle.size);
  // SUM equals the raw sum, at every level.
  for (const { metric, sum } of await duck.rows<{ metric: string; sum: number }>(
    'select metric, sum(num) as sum from reading group by metric',
  )) {
    for (const period of PERIODS) expect(sums[`${period} ${metric}`]! / sum).toBeCloseTo(1, 12);
  }
  await platform.stores.close();
}, 120_000);
