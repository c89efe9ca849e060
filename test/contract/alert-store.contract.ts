/** What every alert store owes, whatever it keeps its rows in. */
import type { Alert, AlertState, AlertStateRow, AlertStore } from '../../stores/alerts.js';
import { pages } from './validation-store.contract.js';

function alertOf(deviceId: string, startsAt: number, state: AlertState, changedAt = startsAt): Alert {
  const fingerprint = fingerprintOf(deviceId);
  return {
    id: `${fingerprint}-${startsAt}-${state}`,
    fingerprint,
    rule: 'Hot',
    severity: 'critical',
    state,
    deviceId,
    labels: { severity: 'critical', deviceId },
    annotations: {},
    value: 85.5,
    eventTime: changedAt,
    startsAt,
    endsAt: state === 'resolved' ? changedAt : null,
    changedAt,
    event: { ts: startsAt, temperature: 85.5, nested: { größe: ['x'] } },
  };
}

function fingerprintOf(deviceId: string): string {
  return Buffer.from(deviceId).toString('hex').padEnd(16, '0');
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

export function alertStoreContract(open: () => Promise<AlertStore>): void {
  let store: AlertStore;
  const all = { limit: 100, cursor: null };
  const commit = (rows: readonly AlertStateRow[], ended: readonly Alert[] = []) =>
    store.commit({ partition: 0, rows, ended });
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
    const read = [...(await store.rows(['a', 'b', 'nobody']))];
    expect(read.sort((x, y) => (x.deviceId < y.deviceId ? -1 : 1))).toEqual(written);
    expect(await store.rows([])).toEqual([]);
  });

  test('a row is replaced only by one with a later offset, its alert included', async () => {
    const current = row('a', 5n, alertOf('a', 1, 'resolved', 9));
    await commit([current]);
    await commit([row('a', 5n, alertOf('a', 1, 'firing'))]);
    await commit([row('a', 4n, null)]);
    expect(await store.rows(['a'])).toEqual([current]);
    expect(await history()).toEqual([current.alert]);
  });

  test('pending rows are found by partition, until they fire or come to nothing', async () => {
    await commit([
      row('a', 1n, alertOf('a', 1, 'pending')),
      row('b', 2n, alertOf('b', 1, 'pending')),
      row('c', 3n, alertOf('c', 1, 'pending'), 7),
      row('d', 4n, alertOf('d', 1, 'firing')),
    ]);
    expect((await store.pending(0)).map(({ deviceId }) => deviceId).sort()).toEqual(['a', 'b']);
    await commit([row('a', 5n, alertOf('a', 1, 'firing', 2)), row('b', 6n, null)]);
    expect(await store.pending(0)).toEqual([]);
    expect(await store.pending(7)).toHaveLength(1);
    expect(await store.counts()).toEqual({ pending: 1, firing: 2, resolved: 0 });
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
    expect(await store.counts()).toEqual({ pending: 1, firing: 0, resolved: 1 });
  });

  test('the same commit again changes nothing, and neither does one from before', async () => {
    const first = [row('a', 1n, alertOf('a', 1, 'pending'))];
    const second = [row('a', 5n, alertOf('a', 3, 'firing'))];
    await commit(first);
    await commit(second);
    const before = [await history(), await store.rows(['a'])];
    await commit(second);
    await commit(first);
    expect([await history(), await store.rows(['a'])]).toEqual(before);
  });

  test('values at their edges come back', async () => {
    const labels = { '': '', 'é\u0000': '\\"{},NULL', large: 'x'.repeat(1 << 20) };
    const alert = { ...alertOf('a', -1, 'firing'), labels, value: -1.7976931348623157e308, event: null };
    const written = { ...row('a', 2n ** 62n, alert), state: '' };
    await commit([written]);
    expect(await store.rows(['a'])).toEqual([written]);
    expect(await history()).toEqual([alert]);
  });

  test('ended alerts enter the history, and change nothing that has ended there already', async () => {
    await commit([row('a', 1n, alertOf('a', 10, 'firing'))]);
    const first = alertOf('a', 10, 'resolved', 12);
    const current = alertOf('a', 20, 'firing');
    await commit([row('a', 2n, current)], [first, alertOf('a', 5, 'resolved')]);
    await commit([], [alertOf('a', 10, 'resolved', 99)]);
    expect(await history()).toEqual([current, first, alertOf('a', 5, 'resolved')]);
    expect((await store.rows(['a']))[0]!.alert).toEqual(current);
    expect(await store.counts()).toEqual({ pending: 0, firing: 1, resolved: 2 });
  });

  test('what is owed stays until it is settled or as old as what is trimmed', async () => {
    const told = (deviceId: string, changedAt: number) => [
      { alert: alertOf(deviceId, 1, 'firing', changedAt), passed: false },
      { alert: alertOf(deviceId, 0, 'resolved', changedAt), passed: true },
    ];
    const beyond = 2n ** 60n + 1n;
    const owe = (partition: number, through: bigint, changedAt: number, settled: bigint[] = []) =>
      store.commit({
        partition,
        rows: [],
        ended: [],
        owed: { through, alerts: told('a', changedAt) },
        settled,
      });
    await owe(0, beyond, 50);
    await owe(1, 3n, 20);
    await owe(0, 7n, 50);
    await owe(0, 7n, 60);
    expect(await store.owed(0)).toEqual([
      { through: 7n, alerts: told('a', 60) },
      { through: beyond, alerts: told('a', 50) },
    ]);
    await owe(0, 9n, 70, [7n, beyond, 3n]);
    expect((await store.owed(0)).map(({ through }) => through)).toEqual([9n]);
    expect(await store.owed(1)).toHaveLength(1);
    await store.trim(70, 1);
    expect(await store.owed(0)).toHaveLength(1);
    expect(await store.owed(1)).toEqual([]);
  });

  test('the history is paged newest first, and filtered by state and device', async () => {
    const ended = ['a', 'b'].flatMap((id) => [3, 1, 2].map((time) => alertOf(id, time, 'resolved')));
    await commit([row('c', 1n, alertOf('c', 2, 'firing'))], ended);
    const paged = await pages((page) => store.alerts({}, page), 2);
    expect(paged.map((items) => items.length)).toEqual([2, 2, 2, 1]);
    const order = paged.flat();
    expect(order.map(({ startsAt }) => startsAt)).toEqual([3, 3, 2, 2, 2, 1, 1]);
    expect(new Set(order.map(({ id }) => id)).size).toBe(7);
    const starts = async (filter: { state?: AlertState; deviceId?: string }) =>
      (await store.alerts(filter, all)).items.map(({ deviceId, startsAt }) => `${deviceId}${startsAt}`);
    expect(await starts({ state: 'firing' })).toEqual(['c2']);
    expect(await starts({ deviceId: 'a' })).toEqual(['a3', 'a2', 'a1']);
    expect(await starts({ deviceId: 'a', state: 'pending' })).toEqual([]);
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
    expect((await store.rows(['a', 'b', 'c', 'd'])).map(({ deviceId }) => deviceId).sort()).toEqual([
      'c',
      'd',
    ]);
    expect(await store.counts()).toEqual({ pending: 0, firing: 1, resolved: 1 });
  });
}
