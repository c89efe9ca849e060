/** What every alert store owes, whatever it keeps its rows in. */
import type {
  Alert,
  AlertFilter,
  AlertState,
  AlertStateRow,
  AlertStore,
  DeviceMemory,
} from '../../stores/alerts.js';
import { pages } from './validation-store.contract.js';

function alertOf(deviceId: string, startsAt: number, state: AlertState, changedAt = startsAt): Alert {
  const fingerprint = fingerprintOf(deviceId);
  return {
    id: `${fingerprint}-${startsAt}-${state}`,
    fingerprint,
    rule: 'Hot',
    ruleVersion: '0123abcd',
    severity: 'critical',
    state,
    reason: 'condition',
    deviceId,
    labels: { severity: 'critical', deviceId },
    annotations: {},
    value: 85.5,
    eventTime: changedAt,
    startsAt,
    endsAt: state === 'resolved' ? changedAt : null,
    changedAt,
    flapping: false,
    event: { ts: startsAt, temperature: 85.5, nested: { größe: ['x'] } },
  };
}

function fingerprintOf(deviceId: string): string {
  return Buffer.from(deviceId, 'utf16le').toString('hex').padEnd(16, '0');
}

function row(deviceId: string, offset: bigint, alert: Alert | null, partition = 0): AlertStateRow {
  return {
    fingerprint: fingerprintOf(deviceId),
    deviceId,
    partition,
    offset,
    alert,
    state: `{"at":${offset}}`,
  };
}

function memory(deviceId: string, due: number | null, partition = 0): DeviceMemory {
  return { deviceId, partition, offset: 3n, due, state: `{"of":"${deviceId}"}` };
}

export function alertStoreContract(open: () => Promise<AlertStore>): void {
  let store: AlertStore;
  const all = { limit: 100, cursor: null };
  /** Changes nothing but what is given, and its position by one. */
  const commitTo = async (
    scope: string,
    partition: number,
    change: Partial<Parameters<AlertStore['commit']>[0]>,
  ) => {
    const from = await store.next(scope, partition);
    const nothing = { rows: [], memories: [], ended: [] };
    await store.commit({ scope, partition, from, next: from + 1n, ...nothing, ...change });
  };
  const commit = (rows: readonly AlertStateRow[], ended: readonly Alert[] = []) =>
    commitTo('alert', 0, { rows, ended });
  const remember = (memories: readonly DeviceMemory[], scope = 'alert', partition = 0) =>
    commitTo(scope, partition, { memories });
  const history = async () => (await store.alerts({}, all)).items;

  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });

  test('rows come back as they were written, for the devices that are asked for', async () => {
    const beyond = 2n ** 60n + 1n;
    const written = [row('a', beyond, alertOf('a', 1, 'firing')), row('b', 2n, null)];
    await commit([...written, row('c', 3n, alertOf('c', 1, 'firing'))]);
    const read = [...(await store.rows('alert', ['a', 'b', 'nobody']))];
    expect(read.sort((x, y) => (x.deviceId < y.deviceId ? -1 : 1))).toEqual(written);
    expect(await store.rows('alert', [])).toEqual([]);
  });

  test('a row is replaced only by one with a later offset, its alert included', async () => {
    const current = row('a', 5n, alertOf('a', 1, 'resolved', 9));
    await commit([current]);
    await commit([row('a', 5n, alertOf('a', 1, 'firing'))]);
    await commit([row('a', 4n, null)]);
    expect(await store.rows('alert', ['a'])).toEqual([current]);
    expect(await history()).toEqual([current.alert]);
  });

  test('a row of another partition says nothing about which is later', async () => {
    await commit([row('a', 9n, alertOf('a', 1, 'firing'))]);
    const moved = row('a', 2n, alertOf('a', 1, 'resolved', 5), 3);
    await commitTo('alert', 3, { rows: [moved] });
    expect(await store.rows('alert', ['a'])).toEqual([moved]);
  });

  test('a commit advances its position, and one computed from another position changes nothing', async () => {
    const far = 2n ** 62n;
    expect(await store.next('alert', 0)).toBe(0n);
    const nothing = { rows: [], memories: [], ended: [] };
    const position = { scope: 'alert', partition: 0 };
    await store.commit({ ...position, ...nothing, from: 0n, next: far });
    const late = {
      rows: [row('a', far, alertOf('a', 1, 'firing'))],
      memories: [memory('a', 1)],
      ended: [alertOf('b', 1, 'resolved')],
      owed: { through: 1n, alerts: [] },
    };
    for (const from of [0n, far - 1n, far + 1n]) {
      await expect(store.commit({ ...position, ...late, from, next: far + 9n })).rejects.toMatchObject({
        code: 'STORE_STALE',
        canRetry: true,
      });
    }
    await expect(
      store.commit({ ...position, ...late, partition: 1, from: 5n, next: 6n }),
    ).rejects.toMatchObject({ code: 'STORE_STALE' });
    expect(await store.next('alert', 0)).toBe(far);
    expect(await store.next('alert', 1)).toBe(0n);
    expect([await store.rows('alert', ['a']), await store.memories('alert', ['a'])]).toEqual([[], []]);
    expect([await history(), await store.owed('alert', 0)]).toEqual([[], []]);
    await store.commit({ ...position, ...late, from: far, next: far });
    expect(await store.next('alert', 0)).toBe(far);
    expect(await store.rows('alert', ['a'])).toHaveLength(1);
  });

  test('scopes have rows, memories, positions and debts of their own, and one history', async () => {
    const firing = row('site=north', 1n, alertOf('site=north', 1, 'firing'));
    const owed = { through: 1n, alerts: [{ alert: firing.alert!, passed: false }] };
    await commitTo('fleet', 0, { rows: [firing], memories: [memory('site=north', 5)], owed });
    expect(await store.next('alert', 0)).toBe(0n);
    expect(await store.next('fleet', 0)).toBe(1n);
    await commit([row('site=north', 7n, null)]);
    expect(await store.rows('fleet', ['site=north'])).toEqual([firing]);
    expect(await store.rows('alert', ['site=north'])).toMatchObject([{ alert: null }]);
    expect(await store.memories('alert', ['site=north'])).toEqual([]);
    expect([await store.due('alert', 0, 9, 9), await store.due('fleet', 0, 9, 9)]).toEqual([
      [],
      ['site=north'],
    ]);
    expect(await store.owed('alert', 0)).toEqual([]);
    await commitTo('alert', 0, { settled: [1n] });
    expect(await store.owed('fleet', 0)).toEqual([owed]);
    expect((await history()).map(({ id }) => id)).toEqual([firing.alert!.id]);
  });

  test('devices are active until all of their alerts are over', async () => {
    const other = { ...row('a', 1n, alertOf('a', 2, 'firing')), fingerprint: 'ffff' };
    await commit([
      row('a', 1n, alertOf('a', 1, 'pending')),
      { ...other, alert: { ...other.alert!, fingerprint: 'ffff' } },
      row('b', 2n, alertOf('b', 1, 'pending')),
      row('d', 4n, alertOf('d', 1, 'nodata')),
      row('e', 4n, alertOf('e', 1, 'resolved')),
      row('f', 4n, null),
    ]);
    await commitTo('alert', 7, { rows: [row('c', 3n, alertOf('c', 1, 'firing'), 7)] });
    expect([...(await store.active('alert', 0))].sort()).toEqual(['a', 'b', 'd']);
    await commit([row('a', 5n, alertOf('a', 1, 'resolved', 2)), row('b', 6n, null)]);
    expect([...(await store.active('alert', 0))].sort()).toEqual(['a', 'd']);
    expect([await store.active('alert', 7), await store.active('fleet', 0)]).toEqual([['c'], []]);
    expect(await store.counts()).toEqual({ pending: 0, firing: 2, nodata: 1, resolved: 2 });
  });

  test('memories come back as they were written last, without any row', async () => {
    const far = { ...memory('a', -1.5), offset: 2n ** 60n + 1n, state: '{"é\u0000":"\\"}' };
    await remember([far, memory('b', null), memory('c', 3)]);
    const read = [...(await store.memories('alert', ['a', 'b', 'nobody']))];
    expect(read.sort((x, y) => (x.deviceId < y.deviceId ? -1 : 1))).toEqual([far, memory('b', null)]);
    // Where it is asked to, a store forgets what it knew: the position is what keeps the order.
    const again = { ...far, due: null, state: 'x'.repeat(100_000) };
    await remember([again]);
    expect(await store.memories('alert', ['a'])).toEqual([again]);
    expect(await store.rows('alert', ['a', 'b', 'c'])).toEqual([]);
    expect(await store.memories('alert', [])).toEqual([]);
  });

  test('devices are due by partition, the earliest first', async () => {
    await remember([memory('a', 30), memory('b', 10), memory('c', 20), memory('d', null), memory('e', 40)]);
    await remember([memory('f', 5, 1)], 'alert', 1);
    expect(await store.due('alert', 0, 30, 9)).toEqual(['b', 'c', 'a']);
    expect(await store.due('alert', 0, 30, 2)).toEqual(['b', 'c']);
    expect(await store.due('alert', 0, 9, 9)).toEqual([]);
    expect(await store.due('alert', 1, 9, 9)).toEqual(['f']);
    await remember([memory('b', null), memory('e', 1)]);
    expect(await store.due('alert', 0, 30, 9)).toEqual(['e', 'c', 'a']);
  });

  test('names of any characters are told apart', async () => {
    const names = ['a\u0000', 'a\u0000b', 'a\u0001', 'a\ud800', 'a\ud801', 'ä', "'", '"{},\\'];
    const rows = names.map((name, index) => {
      const alert = { ...alertOf(name, index, 'firing'), rule: `r${name}`, severity: `s${name}` };
      return row(name, 1n, alert);
    });
    await commitTo('\u0000', 0, { rows, memories: names.map((name, index) => memory(name, index)) });
    expect(await store.next('\u0000', 0)).toBe(1n);
    expect(await store.due('\u0000', 0, 99, 99)).toEqual(names);
    expect([...(await store.active('\u0000', 0))].sort()).toEqual([...names].sort());
    for (const [index, name] of names.entries()) {
      expect(await store.rows('\u0000', [name])).toEqual([rows[index]]);
      expect(await store.memories('\u0000', [name])).toEqual([memory(name, index)]);
      for (const filter of [{ deviceId: name }, { rule: `r${name}` }, { severity: `s${name}` }]) {
        expect((await store.alerts(filter, all)).items).toEqual([rows[index]!.alert]);
      }
    }
  });

  test('a pending alert that made way for another leaves no trace', async () => {
    await commit([row('a', 1n, alertOf('a', 1, 'pending'))]);
    await commit([row('a', 2n, alertOf('a', 5, 'pending'))]);
    expect(await history()).toEqual([alertOf('a', 5, 'pending')]);
  });

  test('a pending alert that fired and ended within the batch stays, as it ended', async () => {
    await commit([row('a', 1n, alertOf('a', 1, 'pending'))]);
    const ended = alertOf('a', 1, 'resolved', 4);
    await commit([row('a', 9n, alertOf('a', 7, 'pending'))], [ended]);
    expect(await history()).toEqual([alertOf('a', 7, 'pending'), ended]);
    expect(await store.counts()).toEqual({ pending: 1, firing: 0, nodata: 0, resolved: 1 });
  });

  test('the same commit again changes nothing, and neither does one from before', async () => {
    const first = [row('a', 1n, alertOf('a', 1, 'pending'))];
    const second = [row('a', 5n, alertOf('a', 3, 'firing'))];
    await commit(first);
    await commit(second);
    const before = [await history(), await store.rows('alert', ['a'])];
    await commit(second);
    await commit(first);
    expect([await history(), await store.rows('alert', ['a'])]).toEqual(before);
  });

  test('values at their edges come back', async () => {
    const labels = { '': '', 'é\u0000': '\\"{},NULL', large: 'x'.repeat(1 << 20) };
    const alert = { ...alertOf('a', -1, 'firing'), labels, value: -1.7976931348623157e308, event: null };
    const written = { ...row('a', 2n ** 62n, alert), state: '' };
    await commit([written]);
    expect(await store.rows('alert', ['a'])).toEqual([written]);
    expect(await history()).toEqual([alert]);
  });

  test('ended alerts enter the history, and change nothing that has ended there already', async () => {
    await commit([row('a', 1n, alertOf('a', 10, 'firing'))]);
    const first = alertOf('a', 10, 'resolved', 12);
    const current = alertOf('a', 20, 'firing');
    await commit([row('a', 2n, current)], [first, alertOf('a', 5, 'resolved')]);
    await commit([], [alertOf('a', 10, 'resolved', 99)]);
    expect(await history()).toEqual([current, first, alertOf('a', 5, 'resolved')]);
    expect((await store.rows('alert', ['a']))[0]!.alert).toEqual(current);
    expect(await store.counts()).toEqual({ pending: 0, firing: 1, nodata: 0, resolved: 2 });
  });

  test('what is owed stays until it is settled or as old as what is trimmed', async () => {
    const told = (deviceId: string, changedAt: number) => [
      { alert: alertOf(deviceId, 1, 'firing', changedAt), passed: false },
      { alert: alertOf(deviceId, 0, 'resolved', changedAt), passed: true },
    ];
    const beyond = 2n ** 60n + 1n;
    const owe = (partition: number, through: bigint, changedAt: number, settled: bigint[] = []) =>
      commitTo('alert', partition, { owed: { through, alerts: told('a', changedAt) }, settled });
    await owe(0, beyond, 50);
    await owe(1, 3n, 20);
    await owe(0, 7n, 50);
    await owe(0, 7n, 60);
    expect(await store.owed('alert', 0)).toEqual([
      { through: 7n, alerts: told('a', 60) },
      { through: beyond, alerts: told('a', 50) },
    ]);
    await owe(0, 9n, 70, [7n, beyond, 3n]);
    expect((await store.owed('alert', 0)).map(({ through }) => through)).toEqual([9n]);
    expect(await store.owed('alert', 1)).toHaveLength(1);
    await store.trim(70, 1);
    expect(await store.owed('alert', 0)).toHaveLength(1);
    expect(await store.owed('alert', 1)).toEqual([]);
  });

  test('a document that changes within its state is written, and one that does not stays', async () => {
    await commit([row('a', 1n, alertOf('a', 1, 'firing'))]);
    const flapping = { ...alertOf('a', 1, 'firing'), flapping: true };
    await commit([row('a', 2n, flapping)]);
    expect([await history(), await store.alert(fingerprintOf('a'))]).toEqual([[flapping], flapping]);
  });

  test('an alert is found by its fingerprint, the one that began last', async () => {
    await commit(
      [row('a', 1n, alertOf('a', 7, 'firing'))],
      [alertOf('a', 9, 'resolved'), alertOf('a', 2, 'resolved')],
    );
    expect(await store.alert(fingerprintOf('a'))).toEqual(alertOf('a', 9, 'resolved'));
    expect(await store.alert('nobody')).toBeNull();
  });

  test('the history is paged newest first, and filtered by state and device', async () => {
    const ended = ['a', 'b'].flatMap((id) => [3, 1, 2].map((time) => alertOf(id, time, 'resolved')));
    await commit([row('c', 1n, alertOf('c', 2, 'firing'))], ended);
    const paged = await pages((page) => store.alerts({}, page), 2);
    expect(paged.map((items) => items.length)).toEqual([2, 2, 2, 1]);
    const order = paged.flat();
    expect(order.map(({ startsAt }) => startsAt)).toEqual([3, 3, 2, 2, 2, 1, 1]);
    expect(new Set(order.map(({ id }) => id)).size).toBe(7);
    const starts = async (filter: AlertFilter) =>
      (await store.alerts(filter, all)).items.map(({ deviceId, startsAt }) => `${deviceId}${startsAt}`);
    expect(await starts({ state: 'firing' })).toEqual(['c2']);
    await commit([row('d', 1n, alertOf('d', 4, 'pending')), row('e', 1n, alertOf('e', 3, 'nodata'))]);
    expect(await starts({ state: 'active' })).toEqual(['d4', 'e3', 'c2']);
    expect(await starts({ state: 'active', deviceId: 'a' })).toEqual([]);
    expect(await starts({ deviceId: 'a' })).toEqual(['a3', 'a2', 'a1']);
    expect(await starts({ deviceId: 'a', state: 'pending' })).toEqual([]);
    expect(await starts({ state: 'nodata' })).toEqual(['e3']);
    expect(await starts({ fingerprint: fingerprintOf('b'), rule: 'Hot' })).toEqual(['b3', 'b2', 'b1']);
    expect(await starts({ rule: 'Hot', severity: 'critical', state: 'firing' })).toEqual(['c2']);
    expect(await starts({ rule: 'Cold' })).toEqual([]);
    expect(await starts({ severity: 'warning' })).toEqual([]);
    await expect(store.alerts({}, { limit: 1, cursor: '!' })).rejects.toMatchObject({
      code: 'CURSOR_INVALID',
    });
  });

  test('trimming forgets what resolved before, oldest change first, and nothing that is firing', async () => {
    await commit(
      [
        row('a', 1n, alertOf('a', 5, 'resolved', 50)),
        row('b', 2n, alertOf('b', 5, 'resolved', 60)),
        row('c', 3n, alertOf('c', 5, 'firing', 5)),
        row('d', 4n, alertOf('d', 5, 'resolved', 100)),
      ],
      [alertOf('c', 1, 'resolved', 40)],
    );
    expect((await store.expired(100, 9)).map(({ deviceId }) => deviceId)).toEqual(['a', 'b']);
    expect((await store.expired(100, 1)).map(({ deviceId }) => deviceId)).toEqual(['a']);
    expect(await store.trim(100, 2)).toBe(2);
    expect((await history()).map(({ deviceId }) => deviceId).sort()).toEqual(['b', 'c', 'd']);
    expect(await store.trim(100, 2)).toBe(1);
    expect(await store.trim(100, 2)).toBe(0);
    expect((await store.rows('alert', ['a', 'b', 'c', 'd'])).map(({ deviceId }) => deviceId).sort()).toEqual([
      'c',
      'd',
    ]);
    expect(await store.counts()).toEqual({ pending: 0, firing: 1, nodata: 0, resolved: 1 });
  });
}
