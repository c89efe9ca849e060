import fc from 'fast-check';
import { create } from '../../../functions/alert/handler.js';
import type { Process } from '../../../functions/contract.js';
import type { Alert, AlertCommit } from '../../../stores/alerts.js';
import type { Stores } from '../../../stores/stores.js';
import { alertProject } from '../../support/alert-project.js';
import { batchesOf, batchOf, type TestRecord, tick } from '../../support/batches.js';
import { invocation, type MemoryPlatform, memoryPlatform, memoryStores } from '../../support/platform.js';
import { projectRoot } from '../../support/project-root.js';

const T0 = Date.UTC(2024, 0, 1);

async function start(platform: MemoryPlatform): Promise<Process> {
  const { process } = await create(platform);
  return process!;
}

function told(platform: MemoryPlatform): Alert[] {
  return (platform.appended.alerts ?? []).map(
    ({ value }) => JSON.parse(Buffer.from(value).toString()) as Alert,
  );
}

function reading(seconds: number, temperature: number, key = 'dev-1', battery = 3.7): TestRecord {
  const ts = T0 + seconds * 1000;
  return { arrivalTime: ts + 5, key, payload: { ts, temperature, humidity: 40, battery } };
}

test('85 degrees fire HighTemperature, 20 degrees resolve it; documents are complete', async () => {
  const platform = memoryPlatform();
  const process = await start(platform);
  await process(batchOf([reading(1, 85), reading(2, 90), reading(3, 20)]), invocation());
  const [firing, resolved, ...more] = told(platform);
  expect(more).toEqual([]);
  const common = {
    fingerprint: expect.stringMatching(/^[0-9a-f]{16}$/),
    rule: 'HighTemperature',
    ruleVersion: expect.stringMatching(/^[0-9a-f]{8}$/),
    severity: 'critical',
    reason: 'condition',
    flapping: false,
    deviceId: 'dev-1',
    labels: { severity: 'critical', deviceId: 'dev-1' },
    startsAt: T0 + 1000,
  };
  expect(firing).toEqual({
    ...common,
    id: `${firing!.fingerprint}-${T0 + 1000}-firing`,
    state: 'firing',
    annotations: { summary: 'dev-1 measures 85 °C; the limit is 80 °C' },
    value: 85,
    eventTime: T0 + 1000,
    endsAt: null,
    changedAt: T0 + 1005,
    event: { ts: T0 + 1000, temperature: 85, humidity: 40, battery: 3.7 },
  });
  expect(resolved).toMatchObject({ ...common, state: 'resolved', value: 20, endsAt: T0 + 3000 });
  expect(platform.appended.alerts![0]).toMatchObject({ kind: 0, key: 'dev-1', arrivalTime: T0 + 1005 });
  expect(await platform.stores.alerts.counts()).toEqual({ pending: 0, firing: 0, nodata: 0, resolved: 1 });
});

test('a pending alert is kept, not told; a tick fires it with the event that began it', async () => {
  const platform = memoryPlatform();
  const process = await start(platform);
  const records = [reading(0, 20, 'dev-1', 2.9), tick(T0 + 60_004), tick(T0 + 60_005)];
  await process(batchOf(records, 0, 2), invocation());
  expect(told(platform)).toEqual([]);
  expect(
    (await platform.stores.alerts.alerts({ state: 'pending' }, { limit: 9, cursor: null })).items,
  ).toHaveLength(1);
  // A new environment finds the timer in the store.
  await (await start(platform))(batchOf(records, 2, 3), invocation());
  expect(told(platform)).toMatchObject([
    { rule: 'LowBattery', state: 'firing', value: 2.9, startsAt: T0, eventTime: T0, changedAt: T0 + 60_005 },
  ]);
});

test('ordinary events write nothing and ask the store once per device', async () => {
  const platform = memoryPlatform();
  let queries = 0;
  let commits = 0;
  const { alerts } = platform.stores;
  const counting = {
    ...alerts,
    rows: (scope: string, ids: readonly string[]) => {
      queries++;
      return alerts.rows(scope, ids);
    },
    commit: (commit: AlertCommit) => {
      commits++;
      return alerts.commit(commit);
    },
  };
  const process = await start({ ...platform, stores: { ...platform.stores, alerts: counting } });
  const records = Array.from({ length: 30 }, (_, index) => reading(index, 20, `dev-${index % 3}`));
  for (const batch of batchesOf(records, [6, 15])) await process(batch, invocation());
  expect({ queries, commits }).toEqual({ queries: 1, commits: 0 });
});

test('refused records and rules that cannot be evaluated do not fail the batch', async () => {
  const platform = memoryPlatform();
  const process = await start(platform);
  const bad: TestRecord[] = [
    { arrivalTime: T0, key: 'dev-1', payload: '{broken' },
    { arrivalTime: T0, key: 'dev-1', payload: { ts: T0, temperature: 'hot', humidity: 1, battery: 3 } },
    // A weather station's extra metric of a kind the rule does not expect is absent or null, or refused.
    { arrivalTime: T0, key: 'EWR', payload: { ts: T0, deviceType: 'weather', temp: 99, wind_speed: null } },
  ];
  await process(batchOf([...bad, reading(1, 85)]), invocation());
  expect(told(platform).map(({ rule }) => rule)).toEqual(['HeatAdvisory', 'HighTemperature']);
});

test('an alert is told although its state could not be kept: the next attempt repeats it, identically', async () => {
  const stores = memoryStores();
  const platform = memoryPlatform({}, failingCommits(stores, 1));
  const records = [reading(1, 85), reading(2, 20), reading(3, 85)];
  const process = await start(platform);
  await expect(process(batchOf(records), invocation())).rejects.toThrow('crash');
  await process(batchOf(records), invocation());
  const documents = (platform.appended.alerts ?? []).map(({ value }) => Buffer.from(value).toString());
  expect(documents).toHaveLength(6);
  expect(documents.slice(3)).toEqual(documents.slice(0, 3));
});

test('an alert whose state was kept and whose telling failed is told by whoever comes next, once', async () => {
  const platform = memoryPlatform();
  const records = [reading(1, 85), reading(2, 20), reading(3, 20)];
  const deaf = { ...platform, append: () => Promise.reject(new Error('crash')) };
  await expect((await start(deaf))(batchOf(records, 0, 2), invocation())).rejects.toThrow('crash');
  expect(told(platform)).toEqual([]);
  const process = await start(platform);
  await process(batchOf(records, 0, 2), invocation());
  await process(batchOf(records, 0, 2), invocation());
  await process(batchOf(records, 2, 3), invocation());
  expect(told(platform).map(({ state }) => state)).toEqual(['firing', 'resolved']);
});

test('what was told is owed no longer once more is, and is not told again after a restart', async () => {
  const platform = memoryPlatform();
  const records = [reading(1, 85), reading(2, 20), reading(3, 20)];
  const process = await start(platform);
  await process(batchOf(records, 0, 1), invocation());
  await process(batchOf(records, 1, 2), invocation());
  expect(await platform.stores.alerts.owed('alert', 0)).toMatchObject([{ through: 1n }]);
  await (await start(platform))(batchOf(records, 2, 3), invocation());
  expect(told(platform)).toHaveLength(2);
});

test('the alert of a rule that is no more resolves with the next event', async () => {
  const platform = memoryPlatform();
  await (await start(platform))(batchOf([reading(1, 85)]), invocation());
  const { alerts } = platform.stores;
  const renamed = {
    ...alerts,
    rows: async (scope: string, ids: readonly string[]) =>
      (await alerts.rows(scope, ids)).map((row) => ({
        ...row,
        state: row.state.replace('HighTemperature', 'Gone'),
      })),
  };
  const process = await start({ ...platform, stores: { ...platform.stores, alerts: renamed } });
  await process(batchOf([reading(1, 85), reading(2, 20)], 1, 2), invocation());
  expect(told(platform).map(({ state }) => state)).toEqual(['firing', 'resolved']);
  expect(await alerts.counts()).toEqual({ pending: 0, firing: 0, nodata: 0, resolved: 1 });
});

const record = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record({
      key: fc.constantFrom('a', 'b'),
      // Seconds before (or after) arrival: late, repeated and hurried events.
      lag: fc.constantFrom(0, 0, 0, 1, 5, 40, -3),
      temperature: fc.constantFrom(20, 20, 85, 90),
      battery: fc.constantFrom(3.7, 3.7, 2.9, 2.5),
    }),
  },
  { weight: 3, arbitrary: fc.constant('tick' as const) },
  { weight: 1, arbitrary: fc.constant('broken' as const) },
  { weight: 1, arbitrary: fc.constant('again' as const) },
);

type Mark = typeof record extends fc.Arbitrary<infer T> ? T : never;

function timelineOf(marks: readonly Mark[]): TestRecord[] {
  const records: TestRecord[] = [];
  marks.forEach((mark, index) => {
    const arrivalTime = T0 + index * 7_000;
    if (mark === 'tick') records.push(tick(arrivalTime));
    else if (mark === 'broken') records.push({ arrivalTime, key: 'a', payload: 'no' });
    else if (mark === 'again') {
      const earlier = records.filter(({ payload }) => typeof payload === 'object').at(-2);
      records.push(earlier === undefined ? tick(arrivalTime) : { ...earlier, arrivalTime });
    } else {
      const { key, lag, temperature, battery } = mark;
      const ts = arrivalTime - lag * 1000;
      records.push({ arrivalTime, key, payload: { ts, temperature, humidity: 40, battery } });
    }
  });
  return records;
}

async function outcome(platform: MemoryPlatform) {
  const documents = new Map(
    (platform.appended.alerts ?? []).map((record) => {
      const text = Buffer.from(record.value).toString();
      return [
        (JSON.parse(text) as Alert).id,
        `${record.arrivalTime} ${JSON.stringify(record.headers)} ${text}`,
      ];
    }),
  );
  const distinct = new Set(
    (platform.appended.alerts ?? []).map(({ value }) => Buffer.from(value).toString()),
  );
  const byText = (a: unknown, b: unknown) => (JSON.stringify(a, text) < JSON.stringify(b, text) ? -1 : 1);
  return {
    documents: [...documents],
    /** Repetitions are identical, or they would be counted here. */
    distinct: distinct.size,
    rows: [...(await platform.stores.alerts.rows('alert', ['a', 'b']))].sort(byText),
    memories: [...(await platform.stores.alerts.memories('alert', ['a', 'b']))].sort(byText),
    history: (await platform.stores.alerts.alerts({}, { limit: 1000, cursor: null })).items,
  };
}

/** Everything that keeps state: what it forgets, or finds again otherwise after a restart, shows. */
const LOOKING_BACK = alertProject(`
- alert: Between
  expr: event.temperature > 80
  clear: event.temperature < 30
  for: 20s
  keep_firing_for: 30s
  no_data: 60s
  labels: { severity: a }
- alert: Mean
  expr: window('30s').temperature.mean > 60
  no_data: 45s
  labels: { severity: a }
- alert: Silent
  expr: absent('25s')
  for: 10s
  labels: { severity: a }
- alert: Often
  expr: matches(event.temperature > 80, '40s') >= 2
  labels: { severity: a }
- alert: Both
  expr: firing('Mean') && !firing('Silent')
  labels: { severity: a }
`).root;

test.each([
  ['rules of this project', projectRoot],
  ['rules that look back', LOOKING_BACK],
])('%s: any batches, crashes and redeliveries give the same documents and state', async (_, root) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(record, { minLength: 1, maxLength: 60 }),
      fc.array(fc.nat(60), { maxLength: 10 }),
      fc.array(
        fc.record({
          crash: fc.constantFrom('no', 'no', 'commit', 'append', 'checkpoint'),
          back: fc.nat(3),
          cold: fc.boolean(),
        }),
        { maxLength: 12 },
      ),
      async (marks, cuts, faults) => {
        const records = timelineOf(marks);
        const straight = memoryPlatform({ root });
        await (await start(straight))(batchOf(records), invocation());

        const stores = memoryStores();
        const commits = { failing: 0 };
        const kept = memoryPlatform({ root }, failingCommits(stores, commits));
        let deaf = false;
        const platform: MemoryPlatform = {
          ...kept,
          append: (...told) => (deaf ? Promise.reject(new Error('crash')) : kept.append(...told)),
        };
        const batches = batchesOf(records, cuts);
        let process = await start(platform);
        for (let index = 0, step = 0; index < batches.length; step++) {
          const { crash, back, cold } = faults[step] ?? { crash: 'no', back: 0, cold: false };
          if (cold) process = await start(platform);
          commits.failing = crash === 'commit' ? 1 : 0;
          deaf = crash === 'append';
          const failed = await process(batches[index]!, invocation()).then(
            () => false,
            () => true,
          );
          commits.failing = 0;
          deaf = false;
          // A checkpoint that was lost brings earlier batches again.
          if (crash === 'checkpoint') index = Math.max(0, index - back);
          else if (!failed) index++;
        }
        expect(await outcome(platform)).toEqual(await outcome(straight));
        await straight.stores.close();
        await stores.close();
      },
    ),
    { numRuns: 30 },
  );
});

function text(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

function failingCommits(stores: Stores, failures: number | { failing: number }): Stores {
  const left = typeof failures === 'number' ? { failing: failures } : failures;
  const { alerts } = stores;
  return {
    ...stores,
    alerts: {
      ...alerts,
      async commit(commit) {
        if (left.failing-- > 0) throw new Error('crash');
        return alerts.commit(commit);
      },
    },
  };
}
