/**
 * SQLite and PostgreSQL side by side: the same functions over the same records, delivered at least once in the same
 * way (commits that fail, environments that die, records that come again), leave the same behind, byte by byte.
 */
import fc from 'fast-check';
import { create as aggregate } from '../../functions/aggregate/handler.js';
import { create as alert } from '../../functions/alert/handler.js';
import { create as rollup } from '../../functions/rollup/handler.js';
import { create as validate } from '../../functions/validate/handler.js';
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
const DEFINITION = 'device';
const BAD = badEvents().filter(({ payload }) => payload.length < 10_000);

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
  }),
  { minLength: 60, maxLength: 120 },
);

function timelineOf(list: typeof steps extends fc.Arbitrary<infer T> ? T : never): TestRecord[] {
  let now = T0;
  const records: TestRecord[] = [];
  for (const [seq, { kind, device, lag, gap, temperature, battery, which }] of list.entries()) {
    now += gap;
    const key = DEVICES[device]!;
    const earlier = records[which % Math.max(1, records.length)];
    if (kind === 'tick') records.push(tick(now));
    else if (kind === 'bad')
      records.push({ arrivalTime: now, key, payload: BAD[which % BAD.length]!.payload });
    else if (kind === 'again' && earlier?.payload !== undefined) {
      records.push({ ...earlier, arrivalTime: now });
    } else {
      const payload = { ts: now - lag, seq, temperature, humidity: 40.25, battery, note: 'é\u0000\u0001' };
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
  const platform = memoryPlatform({}, fated);
  await deliver(records, plan, validate, platform, fated.validation);
  await deliver(records, plan, aggregate, platform, fated.aggregation);
  await deliver(records, plan, alert, platform, fated.alerts);
  const { scheduled } = await rollup(platform);
  await scheduled?.({ time: T0 + 86_400_000 } as never, invocation());

  const range = { from: 0, to: Number.MAX_SAFE_INTEGER };
  const ids = [...DEVICES, ''];
  const sorted = <T>(rows: readonly T[]) => rows.map((row) => text(row)).sort();
  const perDevice = <T>(list: (id: string) => Promise<{ readonly items: readonly T[] }>) =>
    Promise.all(ids.map(async (id) => (await list(id)).items));
  return {
    validation: text([await stores.validation.tallies(), (await stores.validation.devices(FIRST)).items]),
    quarantine: text((await stores.validation.quarantine(FIRST)).items),
    aggregation: text(await stores.aggregation.tallies()),
    progress: sorted(await stores.aggregation.progress(0, '', ids)),
    keys: text((await stores.aggregation.keys(DEFINITION, FIRST)).items),
    open: text(await stores.aggregation.openWindows(0)),
    windows: text(
      await perDevice((key) => stores.aggregation.windows({ definition: DEFINITION, key }, range, FIRST)),
    ),
    late: text((await stores.aggregation.late({}, FIRST)).items),
    alerts: text([(await stores.alerts.alerts({}, FIRST)).items, await stores.alerts.counts()]),
    rows: sorted(await stores.alerts.rows(ids)),
    owed: text(await stores.alerts.owed(0)),
    told: text(platform.appended),
    rollups: text(
      await Promise.all(
        PERIODS.map((period) =>
          perDevice((key) => stores.rollups.rollups({ definition: DEFINITION, key }, period, range, FIRST)),
        ),
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
    const found = { windows: 0, alerts: 0, late: 0 };
    await fc.assert(
      fc.asyncProperty(steps.map(timelineOf), deliveries, async (records, plan) => {
        const ours = memoryStores();
        const theirs = openPostgresStores(await emptySchema(server.url));
        try {
          const expected = await run(ours, records, plan);
          expect(await run(theirs, records, plan)).toEqual(expected);
          found.windows += expected.windows.length;
          found.alerts += expected.alerts.length;
          found.late += expected.late.length;
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
