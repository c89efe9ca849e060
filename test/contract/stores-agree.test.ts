/**
 * SQLite and PostgreSQL side by side: the same functions over the same records, delivered at least once in the same
 * way (commits that fail, environments that die, records that come again), leave the same behind, byte by byte.
 */
import fc from 'fast-check';
import { type AggregationDefinition, tumblingPerDevice } from '../../common/aggregations.js';
import { create as aggregate } from '../../functions/aggregate/handler.js';
import { create as alert } from '../../functions/alert/handler.js';
import { create as rollup } from '../../functions/rollup/handler.js';
import { create as validate } from '../../functions/validate/handler.js';
import type { Series } from '../../stores/aggregation.js';
import { openPostgresStores } from '../../stores/postgres/stores.js';
import { PERIODS } from '../../stores/rollups.js';
import type { Stores } from '../../stores/stores.js';
import { badEvents } from '../support/bad-events.js';
import { type TestRecord, tick } from '../support/batches.js';
import { type Delivery, deliver, deliveries } from '../support/deliveries.js';
import { invocation, memoryPlatform, memoryStores } from '../support/platform.js';
import { emptySchema, type PostgresServer, postgresIsThere, startPostgres } from '../support/postgres.js';
import { requireService } from '../support/services.js';
import { fateful } from '../support/stream-function.js';

const describePostgres = await requireService('PostgreSQL', postgresIsThere);

const T0 = Date.UTC(2024, 0, 1);
const DEVICES = ['a', 'ü/\u{1F321}', 'c d', '"{},\\'];
const FIRST = { limit: 10_000, cursor: null };
const BAD = badEvents().filter(({ payload }) => payload.length < 10_000);

const base = tumblingPerDevice(10_000, 60_000);
const definition = (name: string, more: Partial<AggregationDefinition>): AggregationDefinition => ({
  ...base.definitions[0]!,
  rollups: false,
  ...more,
  name,
});
const ORDERED = ['delta', 'rate', 'timeWeightedMean'];
const SETTINGS = {
  deviceTags: { byDevice: { 'c*': { site: 'C\u0001' } }, fromEvent: ['site'] },
  aggregate: {
    ...base,
    timeZone: 'Europe/Berlin',
    definitions: [
      base.definitions[0]!,
      definition('hopping', {
        window: { type: 'hopping', sizeMs: 20_000, everyMs: 10_000 },
        metrics: { '*': ['mean', 'stddev', 'p99', 'distinct', ...ORDERED] },
        rollups: false,
      }),
      definition('minutes', {
        window: { type: 'tumbling', sizeMs: 60_000 },
        metrics: { temperature: ['p50', 'stddev'], site: ['duration', 'distinct', 'last'] },
        rollups: true,
        publish: true,
      }),
      definition('visits', { window: { type: 'session', gapMs: 15_000, maxMs: 120_000 } }),
      definition('latest', { window: { type: 'last', count: 3 } }),
      definition('sites', { by: ['site', 'type'], metrics: { temperature: ['p90', 'max', 'distinct'] } }),
      definition('fleet', { by: [], allowedLatenessMs: 0 }),
    ],
  },
};

const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('event', 'event', 'event', 'event', 'again', 'tick', 'bad'),
    device: fc.nat(DEVICES.length - 1),
    lag: fc.constantFrom(0, 0, 0, 5_000, 90_000),
    gap: fc.constantFrom(0, 100, 3_000, 70_000),
    temperature: fc.oneof(
      fc.constantFrom(85, 20, -0, 80.00000000000001),
      fc.double({ noNaN: true, min: -50, max: 150 }),
    ),
    battery: fc.constantFrom(3.7, 2.9),
    which: fc.nat(),
    site: fc.constantFrom('north', 'ü=,', 'a\u0000', 'a\u0001', undefined),
  }),
  { minLength: 60, maxLength: 120 },
);

function timelineOf(list: typeof steps extends fc.Arbitrary<infer T> ? T : never): TestRecord[] {
  let now = T0;
  const records: TestRecord[] = [];
  for (const [seq, { kind, device, lag, gap, temperature, battery, which, site }] of list.entries()) {
    now += gap;
    const key = DEVICES[device]!;
    const earlier = records[which % Math.max(1, records.length)];
    if (kind === 'tick') records.push(tick(now));
    else if (kind === 'bad')
      records.push({ arrivalTime: now, key, payload: BAD[which % BAD.length]!.payload });
    else if (kind === 'again' && earlier?.payload !== undefined) {
      records.push({ ...earlier, arrivalTime: now });
    } else {
      const payload = {
        ts: now - lag,
        seq,
        temperature,
        humidity: 40.25,
        battery,
        site,
        note: 'é\u0000\u0001',
      };
      records.push({ arrivalTime: now + 5, key, payload });
    }
  }
  return [...records, tick(now + 200_000)];
}

/** Runs everything on stores; resolves with all that is to be found there afterwards, as text. */
async function run(stores: Stores, records: readonly TestRecord[], plan: readonly Delivery[]) {
  const fated = {
    ...stores,
    validation: fateful(stores.validation),
    aggregation: fateful(stores.aggregation),
    alerts: fateful(stores.alerts),
  };
  const platform = memoryPlatform(SETTINGS, fated);
  await deliver(records, plan, validate, platform, fated.validation);
  await deliver(records, plan, aggregate, platform, fated.aggregation);
  await deliver(records, plan, alert, platform, fated.alerts);
  const { scheduled } = await rollup(platform);
  await scheduled?.({ time: T0 + 86_400_000 } as never, invocation());

  const range = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const ids = [...DEVICES, ''];
  const sorted = <T>(rows: readonly T[]) => rows.map((row) => text(row)).sort();
  const { definitions } = SETTINGS.aggregate;
  const series: Series[] = [];
  for (const { name } of definitions) {
    const { items } = await stores.aggregation.keys(name, FIRST);
    for (const key of items) series.push({ definition: name, key });
  }
  const perSeries = <T>(list: (series: Series) => Promise<{ readonly items: readonly T[] }>) =>
    Promise.all(series.map(async (one) => (await list(one)).items));
  const scopes = ['', ...definitions.filter(({ by }) => by !== 'device').map(({ name }) => name)];
  const keys = [...new Set([...ids, ...series.map(({ key }) => key)])];
  const progress = scopes.map((scope) => stores.aggregation.progress(0, scope, keys));
  return {
    validation: text([await stores.validation.tallies(), (await stores.validation.devices(FIRST)).items]),
    quarantine: text((await stores.validation.quarantine(FIRST)).items),
    aggregation: text(await stores.aggregation.tallies()),
    progress: sorted((await Promise.all(progress)).flat()),
    series: text(series),
    open: text(await stores.aggregation.openWindows(0)),
    windows: text(await perSeries((one) => stores.aggregation.windows(one, range, FIRST))),
    changed: (await stores.aggregation.windowsSince(0n, 100_000)).map(({ change: _, ...row }) => text(row)),
    published: text(platform.published),
    late: text((await stores.aggregation.late({}, FIRST)).items),
    alerts: text([(await stores.alerts.alerts({}, FIRST)).items, await stores.alerts.counts()]),
    rows: sorted(await stores.alerts.rows('alert', ids)),
    memories: sorted(await stores.alerts.memories('alert', ids)),
    waiting: text([
      await stores.alerts.next('alert', 0),
      await stores.alerts.active('alert', 0),
      await stores.alerts.due('alert', 0, Number.MAX_SAFE_INTEGER, 100),
    ]),
    owed: text(await stores.alerts.owed('alert', 0)),
    told: text(platform.appended),
    rollups: text(
      await Promise.all(
        PERIODS.map((period) => perSeries((one) => stores.rollups.rollups(one, period, range, FIRST))),
      ),
    ),
  };
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'bigint') return `${part}n`;
    return part instanceof Uint8Array ? Buffer.from(part).toString('hex') : part;
  });
}

describePostgres('SQLite and PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.dispose());

  test('hold the same after the same records', async () => {
    const found = { windows: 0, rollups: 0, alerts: 0, late: 0, published: 0 };
    await fc.assert(
      fc.asyncProperty(steps.map(timelineOf), deliveries, async (records, plan) => {
        const ours = memoryStores();
        const theirs = openPostgresStores(await emptySchema(server.url));
        try {
          const expected = await run(ours, records, plan);
          expect(await run(theirs, records, plan)).toEqual(expected);
          for (const name of Object.keys(found) as (keyof typeof found)[]) {
            found[name] += expected[name].length;
          }
        } finally {
          await ours.close();
          await theirs.close();
        }
      }),
      { numRuns: 8, endOnFailure: true },
    );
    for (const length of Object.values(found)) expect(length).toBeGreaterThan(500);
  }, 120_000);
});
