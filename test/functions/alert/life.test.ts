/** The function over whole lives: restarts, changes of the rules, silence. Records arrive 5 ms after their reading. */
import { create } from '../../../functions/alert/handler.js';
import type { Process } from '../../../functions/contract.js';
import type { Alert } from '../../../stores/alerts.js';
import { type AlertProject, alertProject } from '../../support/alert-project.js';
import { batchOf, type TestRecord, tick } from '../../support/batches.js';
import { invocation, type MemoryPlatform, memoryPlatform } from '../../support/platform.js';

const T0 = Date.UTC(2024, 0, 1);
const MINUTE = 60_000;

const HOT = `
- alert: Hot
  expr: event.temperature > 80
  labels: { severity: critical }
  annotations: { summary: "{{ deviceId }}: {{ value }}" }
`;

function reading(minutes: number, temperature: number, key = 'dev-1'): TestRecord {
  const ts = T0 + minutes * MINUTE;
  return { arrivalTime: ts + 5, key, payload: { ts, temperature, humidity: 40, battery: 3.7 } };
}

const at = (minutes: number): TestRecord => tick(T0 + minutes * MINUTE + 5);

/** A deployment whose records are numbered on; each `feed` is a batch. */
class Deployment {
  readonly platform: MemoryPlatform;
  readonly #records: TestRecord[] = [];
  #process: Process | undefined;

  constructor({ root }: AlertProject, tags: MemoryPlatform['settings']['deviceTags'] | null = null) {
    this.platform = memoryPlatform({ root, ...(tags === null ? {} : { deviceTags: tags }) });
  }

  async feed(...records: readonly TestRecord[]): Promise<void> {
    this.#process ??= (await create(this.platform)).process!;
    const from = this.#records.length;
    this.#records.push(...records);
    await this.#process(batchOf(this.#records, from), invocation());
  }

  /** The next batch finds an environment that knows nothing. */
  restart(): void {
    this.#process = undefined;
  }

  get alerts(): Alert[] {
    return (this.platform.appended.alerts ?? []).map(({ value }) =>
      JSON.parse(Buffer.from(value).toString()),
    );
  }

  /** As `firing 1`, `resolved 1-2`: minutes. */
  get told(): string[] {
    const minutes = (time: number) => (time - T0) / MINUTE;
    return this.alerts.map(({ state, startsAt, endsAt }) =>
      endsAt === null ? `${state} ${minutes(startsAt)}` : `${state} ${minutes(startsAt)}-${minutes(endsAt)}`,
    );
  }
}

// min: 0      3         4:59   5
//      hot    restart   tick   tick: fires
test('`for: 5m` interrupted by a restart fires at 5 m', async () => {
  const deployment = new Deployment(alertProject(`${HOT}  for: 5m`));
  await deployment.feed(reading(0, 85), at(1), at(3));
  deployment.restart();
  await deployment.feed(at(5 - 1 / MINUTE));
  expect(deployment.told).toEqual([]);
  deployment.restart();
  await deployment.feed(at(5));
  expect(deployment.told).toEqual(['firing 0']);
});

// min: 0     1     2 … 14   15              90    91
//      hot   hot   ticks    tick: no data   hot   cold
test('a data gap while above the threshold is no-data, not a 90-minute alarm', async () => {
  const deployment = new Deployment(alertProject(HOT));
  await deployment.feed(reading(0, 85), reading(1, 86));
  for (let minute = 2; minute < 90; minute++) await deployment.feed(at(minute));
  expect(deployment.told).toEqual(['firing 0', 'nodata 0-1']);
  expect(deployment.alerts[1]).toMatchObject({
    reason: 'no-data',
    changedAt: T0 + 16 * MINUTE + 5,
    value: 85,
  });
  await deployment.feed(reading(90, 85), reading(91, 20));
  expect(deployment.told.slice(2)).toEqual(['firing 90', 'resolved 90-91']);
  const { items } = await deployment.platform.stores.alerts.alerts({}, { limit: 9, cursor: null });
  expect(items.map(({ state, endsAt }) => [state, (endsAt! - T0) / MINUTE])).toEqual([
    ['resolved', 91],
    ['resolved', 1],
  ]);
});

// day: 0     15 min   29.9        30: gone   31
//      hot   tick     nothing     resolved   hot: as any new alert
test('the alert of a device that never comes back ends with retention: nobody is told of it for ever', async () => {
  const DAY = 24 * 60;
  const deployment = new Deployment(alertProject(`${HOT}  for: 1m`));
  await deployment.feed(reading(0, 85), at(1), at(15));
  expect(deployment.told).toEqual(['firing 0', 'nodata 0-0']);
  await deployment.feed(at(30 * DAY - 1));
  deployment.restart();
  await deployment.feed(at(30 * DAY - 0.5));
  expect(deployment.told).toHaveLength(2);
  await deployment.feed(at(30 * DAY), at(30 * DAY + 1));
  expect(deployment.told.slice(2)).toEqual(['resolved 0-0']);
  expect(deployment.alerts[2]).toMatchObject({ reason: 'no-data', value: 85, eventTime: T0 });
  expect(await deployment.platform.stores.alerts.counts()).toMatchObject({ nodata: 0, resolved: 1 });
  await deployment.feed(reading(31 * DAY, 85));
  expect(deployment.told).toHaveLength(3);
  await deployment.feed(reading(31 * DAY + 1, 85));
  expect(deployment.told[3]).toBe(`firing ${31 * DAY}`);
});

// min: 0     1      30
//      hot   cold   hot: kept firing until 11
test('an alert that was over before the next one began is so in the history as well', async () => {
  const deployment = new Deployment(alertProject(`${HOT}  keep_firing_for: 10m\n  no_data: never`));
  await deployment.feed(reading(0, 85), reading(1, 20));
  await deployment.feed(reading(30, 85));
  expect(deployment.told).toEqual(['firing 0', 'resolved 0-11', 'firing 30']);
  expect(await deployment.platform.stores.alerts.counts()).toMatchObject({ firing: 1, resolved: 1 });
});

test("the reading's time is in the alarm, however late it arrives", async () => {
  const deployment = new Deployment(alertProject(HOT));
  const late = { ...reading(1, 85), arrivalTime: T0 + 9 * MINUTE };
  await deployment.feed(late, { ...reading(2, 20), arrivalTime: T0 + 10 * MINUTE });
  expect(deployment.alerts).toMatchObject([
    { state: 'firing', eventTime: T0 + MINUTE, startsAt: T0 + MINUTE, changedAt: T0 + 9 * MINUTE, value: 85 },
    { state: 'resolved', eventTime: T0 + 2 * MINUTE, endsAt: T0 + 2 * MINUTE, value: 20 },
  ]);
});

describe('rules that change', () => {
  const other = HOT.replace('Hot', 'Other').replace('80', '200');

  test('a removed rule resolves its alerts and says why, of a silent device at a tick', async () => {
    const project = alertProject(HOT + other);
    const deployment = new Deployment(project);
    await deployment.feed(reading(0, 85), reading(0, 85, 'dev-2'));
    project.write(other);
    deployment.restart();
    await deployment.feed(reading(1, 85), at(2), at(3));
    expect(deployment.alerts.slice(2)).toMatchObject([
      { deviceId: 'dev-1', state: 'resolved', reason: 'rule-removed', endsAt: T0 + MINUTE },
      { deviceId: 'dev-2', state: 'resolved', reason: 'rule-removed', endsAt: T0 + 2 * MINUTE },
    ]);
    expect(deployment.alerts).toHaveLength(4);
    expect(await deployment.platform.stores.alerts.counts()).toMatchObject({ firing: 0, resolved: 2 });
  });

  test('so does a rule whose labels changed: it is another alert', async () => {
    const project = alertProject(HOT);
    const deployment = new Deployment(project);
    await deployment.feed(reading(0, 85));
    project.write(HOT.replace('critical', 'warning'));
    deployment.restart();
    await deployment.feed(reading(1, 86));
    expect(deployment.alerts.map(({ state, severity, reason }) => [state, severity, reason])).toEqual([
      ['firing', 'critical', 'condition'],
      ['resolved', 'critical', 'rule-removed'],
      ['firing', 'warning', 'condition'],
    ]);
  });

  test('a changed threshold keeps a firing alert', async () => {
    const project = alertProject(HOT);
    const deployment = new Deployment(project);
    await deployment.feed(reading(0, 85));
    project.write(HOT.replace('80', '70'));
    deployment.restart();
    await deployment.feed(reading(1, 75), reading(2, 65));
    expect(deployment.told).toEqual(['firing 0', 'resolved 0-2']);
    const [before, after] = deployment.alerts.map(({ ruleVersion }) => ruleVersion);
    expect(before).not.toBe(after);
  });
});

describe('rules that look back', () => {
  const ABSENT = `
- alert: Silent
  expr: absent('10m')
  labels: { severity: warning }
  annotations: { summary: "{{ deviceId }} was last at {{ event.temperature }} °C" }
`;

  // min: 0        3         10
  //      reading  restart   tick: absent
  test('a silent device is noticed at a tick, also by an environment that has never heard of it', async () => {
    const deployment = new Deployment(alertProject(ABSENT));
    await deployment.feed(reading(0, 21), reading(2, 22, 'dev-2'), at(3));
    deployment.restart();
    await deployment.feed(at(10 - 1 / MINUTE));
    expect(deployment.told).toEqual([]);
    await deployment.feed(at(10), at(11));
    expect(deployment.alerts).toMatchObject([
      {
        deviceId: 'dev-1',
        startsAt: T0 + 10 * MINUTE,
        eventTime: T0,
        annotations: { summary: 'dev-1 was last at 21 °C' },
      },
    ]);
    for (let minute = 12; minute < 60; minute += 4) await deployment.feed(at(minute));
    await deployment.feed(reading(60, 21), reading(60, 21, 'dev-2'));
    expect(deployment.told).toEqual(['firing 10', 'firing 12', 'resolved 10-60', 'resolved 12-60']);
  });

  test('a window goes on over a restart, and only devices that it is for are remembered', async () => {
    const deployment = new Deployment(
      alertProject(`
- alert: Mean
  expr: device.type == "environment" && window('3m').temperature.mean > 80
  labels: { severity: warning }
  annotations: { summary: "{{ value }}" }
`),
    );
    const weather = { ts: T0, deviceType: 'weather', temp: 70 };
    await deployment.feed(reading(0, 70), { arrivalTime: T0, key: 'EWR', payload: weather });
    deployment.restart();
    await deployment.feed(reading(1, 100));
    expect(deployment.alerts).toMatchObject([{ state: 'firing', value: 85, eventTime: T0 + MINUTE }]);
    const { alerts } = deployment.platform.stores;
    expect(await alerts.memories('alert', ['dev-1', 'EWR'])).toMatchObject([
      { deviceId: 'dev-1', offset: 2n },
    ]);
  });

  // min: 0    1    2    6: none of the last 5 m are left but one
  //      hot  hot  hot  tick
  test('time alone ends an alert', async () => {
    const deployment = new Deployment(
      alertProject(`
- alert: Often
  expr: matches(event.temperature > 80, '5m') >= 3
  labels: { severity: warning }
`),
    );
    await deployment.feed(reading(0, 85), reading(1, 85), reading(2, 85), at(3), at(4), at(5), at(6), at(7));
    expect(deployment.told).toHaveLength(2);
    expect(deployment.alerts).toMatchObject([
      { state: 'firing' },
      { state: 'resolved', reason: 'condition' },
    ]);
  });

  test('a rule that asks for another one follows it, in the same event and at the same tick', async () => {
    const deployment = new Deployment(
      alertProject(`
- alert: Both
  expr: firing('Hot') && firing('Low')
  labels: { severity: critical }
- alert: Hot
  expr: event.temperature > 80
  labels: { severity: warning }
- alert: Low
  expr: event.battery < 3.8
  for: 2m
  labels: { severity: warning }
`),
    );
    await deployment.feed(reading(0, 85), at(2));
    expect(deployment.alerts.map(({ rule, state }) => [rule, state])).toEqual([
      ['Hot', 'firing'],
      ['Low', 'firing'],
      ['Both', 'firing'],
    ]);
    await deployment.feed(reading(3, 20));
    expect(deployment.alerts.slice(3).map(({ rule, state }) => [rule, state])).toEqual([
      ['Hot', 'resolved'],
      ['Both', 'resolved'],
    ]);
  });
});

// 2024-01-01 is a Monday. UTC  16:59  17:01
//                              hot    tick: the hours are over
test('outside of its hours a rule neither begins nor goes on', async () => {
  const deployment = new Deployment(
    alertProject(`${HOT}  active: { days: mon-fri, hours: "09:00-18:00", timeZone: Europe/Berlin }`),
  );
  await deployment.feed(reading(7 * 60, 85), reading(16 * 60 + 59, 85), at(16 * 60 + 59.5), at(17 * 60 + 1));
  await deployment.feed(reading(17 * 60 + 2, 90));
  expect(deployment.told).toEqual(['firing 1019', 'resolved 1019-1021']);
  expect(deployment.alerts[1]).toMatchObject({ reason: 'inactive-hours' });
});

test('labels and annotations know the tags of the device, and the alert stays the same one', async () => {
  const rules = HOT.replace('{ severity: critical }', '{ severity: critical, site: "{{ tags.site }}" }');
  const deployment = new Deployment(alertProject(rules), {
    byDevice: { 'dev-*': { site: 'north' } },
    fromEvent: [],
  });
  await deployment.feed(reading(0, 85), reading(1, 20));
  expect(deployment.alerts.map(({ labels }) => labels.site)).toEqual(['north', 'north']);
});

test('an environment that was left behind cannot write', async () => {
  const { platform } = new Deployment(alertProject(HOT));
  const records = [reading(0, 85), reading(1, 20), reading(2, 85), reading(3, 20)];
  const [first, second] = await Promise.all([create(platform), create(platform)]);
  await first.process!(batchOf(records, 0, 1), invocation());
  await second.process!(batchOf(records, 1, 3), invocation());
  await expect(first.process!(batchOf(records, 1, 4), invocation())).rejects.toMatchObject({
    code: 'STORE_STALE',
    canRetry: true,
  });
  await first.process!(batchOf(records, 1, 4), invocation());
  expect(await platform.stores.alerts.counts()).toMatchObject({ firing: 0, resolved: 2 });
});

test('where offsets have gaps the store is asked whether anybody else has been at work', async () => {
  const { platform } = new Deployment(alertProject(HOT));
  const { alerts } = platform.stores;
  let loads = 0;
  const active: typeof alerts.active = (...args) => {
    loads++;
    return alerts.active(...args);
  };
  Object.assign(platform.stores, { alerts: { ...alerts, active } });
  const batch = (record: TestRecord, offset: bigint) => ({
    ...batchOf([record]),
    baseOffset: offset,
    offsets: [offset],
  });
  const [first, second] = await Promise.all([create(platform), create(platform)]);
  await first.process!(batch(reading(0, 85), 10n), invocation());
  await first.process!(batch(reading(1, 86), 20n), invocation());
  expect(loads).toBe(1);
  await second.process!(batch(reading(2, 20), 30n), invocation());
  await first.process!(batch(reading(3, 85), 40n), invocation());
  expect(loads).toBe(3);
  expect(platform.appended.alerts).toHaveLength(3);
});

test('state of the version before is read, and what fires in it is not missed at once', async () => {
  const deployment = new Deployment(alertProject(HOT));
  await deployment.feed(reading(0, 85), reading(1, 85));
  const { alerts } = deployment.platform.stores;
  const [row] = await alerts.rows('alert', ['dev-1']);
  const { phase, startsAt, activatedAt, lastHeld, ended } = JSON.parse(row!.state).machine;
  const machine = { phase, startsAt, activatedAt, lastHeld, ended };
  const before = { ...row!, state: JSON.stringify({ v: 1, rule: 'Hot', machine }) };
  Object.assign(deployment.platform.stores, { alerts: { ...alerts, rows: async () => [before] } });
  deployment.restart();
  await deployment.feed(at(15), at(16));
  expect(deployment.told).toEqual(['firing 0', 'nodata 0-1']);
});
