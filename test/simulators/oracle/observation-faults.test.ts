/** A backend with one planted fault at a time: each is reported, with its exact place; without one there is nothing. */
import { join } from 'node:path';
import { compare } from '../../../simulators/oracle/compare.js';
import { schemaJudge } from '../../../simulators/oracle/judge.js';
import { createOracle } from '../../../simulators/oracle/oracle.js';
import { rulesOf } from '../../../simulators/oracle/settings.js';
import type { Observation, ObservedAlert } from '../../../simulators/oracle/verdict.js';
import { planOf } from '../../../simulators/plan/plan.js';
import { testSettings } from '../../support/platform.js';
import { projectRoot } from '../../support/project-root.js';
import { calmNetwork, testScenario } from '../../support/scenario.js';
import { type ArrivingEvent, observe } from '../../support/virtual-backend.js';
import { drive } from '../../support/virtual-drive.js';

const START = 1_790_000_000_000;
const windowMs = 10_000;
const latenessMs = 15_000;

const scenario = testScenario({
  devices: 4,
  failures: [
    {
      kind: 'spike',
      metric: 'temperature',
      by: [70, 70],
      share: 1,
      from: 0,
      until: 60_000,
      every: 20_000,
      lasts: [2_000, 4_000],
    },
  ],
  network: {
    ...calmNetwork,
    duplicates: { share: 0.1, after: [1_000, 2_000] },
    reordering: { share: 0.05, by: [25_000, 30_000] },
  },
  payload: {
    malformed: 0.05,
    wrongType: 0.05,
    missingField: 0,
    oldSchema: { share: 0, rename: {} },
    withoutSeq: false,
  },
});

async function cleanRun() {
  const plan = planOf(scenario, START, schemaJudge(join(projectRoot, 'schemas')));
  const rules = rulesOf(join(projectRoot, 'rules'));
  const { events } = testSettings();
  const oracle = createOracle(plan, {
    windowMs,
    latenessMs,
    maxAheadMs: 300_000,
    marginMs: 1_000,
    rules,
    events,
  });
  const arrived = drive(plan, oracle, { seed: 1, delayMs: 5, loss: 0, breaks: 0, underWay: 0 });
  const until = arrived.at(-1)!.arrivalTime + 5_000;
  const seen = await observe(arrived, { windowMs, latenessMs, until, cuts: [50, 100] });
  return { plan, oracle, arrived, until, seen, expected: oracle.expectation(until) };
}

type Run = Awaited<ReturnType<typeof cleanRun>>;

function findingsOf({ oracle, expected }: Run, seen: Observation) {
  const { devices, lookedAt } = oracle;
  return compare(expected, seen, { devices, lookedAt, from: 0, resends: false });
}

/** The only kind of finding, with what it says. */
function only(run: Run, change: Partial<Observation>) {
  const found = findingsOf(run, { ...run.seen, ...change });
  expect(found).toHaveLength(1);
  const [{ kind, where, count, examples }] = found as [(typeof found)[number]];
  return { is: `${kind} ${where}`, count, what: examples[0]!.what };
}

let run: Run;
beforeAll(async () => {
  run = await cleanRun();
});

const time = (ms: number) => new Date(ms).toISOString();

test('a clean run gives no finding, and has something of everything', () => {
  expect(findingsOf(run, run.seen)).toEqual([]);
  const { expected } = run;
  expect(Object.keys(expected.quarantined).sort()).toEqual(['JSON_SYNTAX', 'SCHEMA']);
  for (const count of [expected.duplicates, expected.late, expected.alerts.length, expected.rollups.size]) {
    expect(count).toBeGreaterThan(0);
  }
});

test('a lost window', () => {
  const key = [...run.seen.windows!.keys()][7]!;
  const windows = new Map(run.seen.windows);
  windows.delete(key);
  const [device, metric, start] = key.split(' ');
  expect(only(run, { windows })).toEqual({
    is: 'lost window',
    count: 1,
    what: `window of ${metric} of ${device} from ${time(Number(start))}: is missing`,
  });
});

test('an event that is in a window twice', () => {
  const [key, figures] = [...run.seen.windows!][3]!;
  const twice = { ...figures, count: figures.count + 1, sum: figures.sum + figures.last };
  const found = only(run, { windows: new Map(run.seen.windows).set(key, twice) });
  expect(found.is).toBe('duplicate window');
  expect(found.what).toContain(`holds ${figures.count + 1} events instead of ${figures.count}`);
});

test('a wrong sum, by the least bit that is no rounding', () => {
  const [key, figures] = [...run.seen.windows!][3]!;
  const found = only(run, {
    windows: new Map(run.seen.windows).set(key, { ...figures, sum: figures.sum + 0.01 }),
  });
  expect(found.is).toBe('wrong window');
  expect(found.what).toContain(`sum is ${figures.sum + 0.01} instead of`);
});

test('a window that nothing was sent for', () => {
  const start = START - (START % windowMs) + 3_600_000;
  const figures = { count: 1, sum: 1, min: 1, max: 1, first: 1, last: 1 };
  const found = only(run, { windows: new Map(run.seen.windows).set(`room-0 temperature ${start}`, figures) });
  expect(found.is).toBe('unexpected window');
  expect(found.what).toContain(`temperature of room-0 from ${time(start)}`);
});

test('a rollup that lacks an event', () => {
  const [key, figures] = [...run.seen.rollups!][0]!;
  const rollups = new Map(run.seen.rollups).set(key, { ...figures, count: figures.count - 1 });
  expect(only(run, { rollups })).toMatchObject({ is: 'lost rollup', count: 1 });
});

const without = <T>(list: readonly T[], index: number) => list.filter((_, at) => at !== index);

test('an alert that was never told, with the report that caused it', () => {
  const index = run.seen.alerts!.findIndex(({ state }) => state === 'firing');
  const { rule, deviceId, startsAt } = run.seen.alerts![index]!;
  const { cause } = run.expected.alerts.find(
    (one) => one.deviceId === deviceId && one.startsAt === startsAt,
  )!;
  const found = only(run, { alerts: without(run.seen.alerts!, index) });
  expect(found).toMatchObject({ is: 'lost alert', count: 1 });
  expect(found.what).toBe(
    `${rule} of ${deviceId} from ${time(startsAt)} was never told, caused by report ${cause!.number} of ${deviceId}, seq ${cause!.seq} (${time(cause!.eventTime)})`,
  );
});

test('an alert that must not be', () => {
  const ghost: ObservedAlert = {
    id: 'ghost',
    rule: 'HighTemperature',
    deviceId: 'room-1',
    state: 'firing',
    startsAt: START + 12_345,
    endsAt: null,
    receivedAt: START,
    times: 1,
  };
  expect(only(run, { alerts: [...run.seen.alerts!, ghost] })).toEqual({
    is: 'unexpected alert',
    count: 1,
    what: `HighTemperature of room-1 from ${time(START + 12_345)} (firing) must not have been told`,
  });
});

test('an alert that ended at the wrong time', () => {
  const index = run.seen.alerts!.findIndex(({ state }) => state === 'resolved');
  const end = run.seen.alerts![index]!;
  const alerts = run.seen.alerts!.map((one) => (one === end ? { ...one, endsAt: one.endsAt! + 1_000 } : one));
  expect(only(run, { alerts })).toEqual({
    is: 'wrong alert',
    count: 1,
    what: `${end.rule} of ${end.deviceId} from ${time(end.startsAt)} ended at ${time(end.endsAt! + 1_000)} instead of ${time(end.endsAt!)}`,
  });
});

test('an alert that was told twice', () => {
  const alerts = run.seen.alerts!.map((one, index) => (index === 0 ? { ...one, times: 2 } : one));
  expect(only(run, { alerts })).toMatchObject({ is: 'duplicate alert', count: 1 });
});

test('an event that is booked twice', () => {
  const books = { ...run.seen.books!, aggregated: run.seen.books!.aggregated + 1 };
  const found = only(run, { books });
  expect(found).toMatchObject({ is: 'duplicate books', count: 1 });
  expect(found.what).toBe(`events in windows: ${books.aggregated} instead of ${run.expected.aggregated}`);
});

test('books that lack three events count three', () => {
  const books = { ...run.seen.books!, stored: run.seen.books!.stored - 3 };
  expect(only(run, { books })).toMatchObject({ is: 'lost books', count: 3 });
});

test('a refusal with the wrong code, one that is missing, and one of a sound event', () => {
  const [first, ...rest] = run.seen.quarantine!;
  const report = run.expected.quarantinedReports.find(
    ({ deviceId, seq }) => deviceId === first!.deviceId && first!.payload.includes(`"seq":${seq}`),
  )!;
  const wrong = only(run, { quarantine: [{ ...first!, code: 'TOO_DEEP' }, ...rest] });
  expect(wrong).toMatchObject({ is: 'wrong quarantine', count: 1 });
  expect(wrong.what).toContain(`report ${report.number} of ${report.deviceId}`);
  expect(wrong.what).toContain(`is in quarantine as TOO_DEEP, expected ${first!.code}`);

  const lost = only(run, { quarantine: rest });
  expect(lost).toMatchObject({ is: 'lost quarantine', count: 1 });
  expect(lost.what).toContain(`report ${report.number} of ${report.deviceId}`);

  const sound = { deviceId: 'room-2', code: 'SCHEMA', payload: '{"ts":1,"seq":99}' };
  const unexpected = only(run, { quarantine: [...run.seen.quarantine!, sound] });
  expect(unexpected).toMatchObject({ is: 'unexpected quarantine', count: 1 });
  expect(unexpected.what).toContain('"seq\\":99');
});

test('a late event that is not kept, and one that is not late', () => {
  const [first, ...rest] = run.seen.late!;
  const lost = only(run, { late: rest });
  expect(lost).toMatchObject({ is: 'lost late', count: 1 });
  expect(lost.what).toContain(time(first!.eventTime));
  const punctual = { deviceId: 'room-0', eventTime: START, payload: `{"ts":${START},"seq":${START + 1}}` };
  expect(only(run, { late: [...run.seen.late!, punctual] })).toMatchObject({ is: 'late late', count: 1 });
});

/** The functions get other events than the oracle was told of: a gateway with a fault. */
async function through(gateway: (events: readonly ArrivingEvent[]) => readonly ArrivingEvent[]) {
  const { arrived, until } = run;
  const seen = await observe(gateway(arrived), { windowMs, latenessMs, until, cuts: [] });
  return findingsOf(run, seen);
}

const kinds = (found: Awaited<ReturnType<typeof through>>) =>
  found.map(({ kind, where }) => `${kind} ${where}`);

test('a gateway that acknowledges an event and loses it', async () => {
  const lost = run.arrived.findIndex(({ payload }) => payload.includes('"seq":') && payload.at(-1) === 0x7d);
  const found = await through((events) => without(events, lost));
  expect(kinds(found)).toEqual(expect.arrayContaining(['lost books', 'lost window']));
});

test('a gateway that stores an event twice', async () => {
  const found = await through((events) => [...events.slice(0, 20), events[19]!, ...events.slice(20)]);
  expect(kinds(found)).toEqual(expect.arrayContaining(['duplicate books']));
});

test('a gateway that mixes up the devices', async () => {
  const found = await through((events) =>
    events.map((event, index) => (index === 40 ? { ...event, deviceId: 'room-3' } : event)),
  );
  expect(found.length).toBeGreaterThan(0);
});
