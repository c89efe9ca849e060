/**
 * What the stores of alerts and notifications held when there was one scope and alerts had no version, reason or
 * flapping: rows as they were written then, and what is to be read of them now. The statements are those of both kinds
 * of database.
 */
import type { Alert, AlertState, AlertStore } from '../../stores/alerts.js';
import type { Stores } from '../../stores/stores.js';
import { alertNamed } from './alert-documents.js';

const FIRST = { limit: 100, cursor: null };
const FAR = '9007199254740993';

/** As it is read: of no version, decided by its condition. */
function alertOf(fingerprint: string, state: AlertState, startsAt: number): Alert {
  return { ...alertNamed(fingerprint, startsAt, state), ruleVersion: '' };
}

function documentOf(fingerprint: string, state: AlertState, startsAt: number): string {
  const { ruleVersion: _, reason: __, flapping: ___, ...before } = alertOf(fingerprint, state, startsAt);
  return JSON.stringify(before);
}

const history = (['pending', 'firing', 'resolved', 'resolved'] as const).map((state, index) => {
  const [fingerprint, startsAt] = [['p', 'f', 'r', 'f'][index]!, [30, 20, 10, 5][index]!];
  return { fingerprint, startsAt, state };
});

/** Inserts for the tables of the version before. */
export const ALERTS_BEFORE = [
  ...history.map(
    ({ fingerprint, startsAt, state }) =>
      `INSERT INTO alerts (fingerprint, starts_at, device_id, state, changed_at, alert)
       VALUES ('${fingerprint}', ${startsAt}, 'dev-1', '${state}', ${startsAt}, '${documentOf(fingerprint, state, startsAt)}')`,
  ),
  `INSERT INTO alert_state (fingerprint, device_id, "partition", "offset", starts_at, pending, state) VALUES
     ('p', 'dev-1', 0, ${FAR}, 30, TRUE, '{"v":1,"of":"p"}'), ('f', 'dev-1', 1, 6, 20, FALSE, '{"v":1,"of":"f"}'),
     ('r', 'dev-1', 1, 7, 10, FALSE, '{"v":1,"of":"r"}'), ('n', 'dev-2', 0, 8, NULL, FALSE, '{"v":1,"of":"n"}')`,
  `INSERT INTO alerts_owed ("partition", through, changed_at, alerts)
   VALUES (1, ${FAR}, 20, '[{"alert":${documentOf('f', 'firing', 20)},"passed":false}]')`,
];

/** What was there is there, and the store goes on from it. */
export async function expectAlertsOfBefore(store: AlertStore): Promise<void> {
  const byFingerprint = async (deviceId: string) =>
    [...(await store.rows('alert', [deviceId]))].sort((a, b) => (a.fingerprint < b.fingerprint ? -1 : 1));
  const row = (of: string, partition: number, offset: bigint, alert: Alert | null, deviceId = 'dev-1') => ({
    ...{ fingerprint: of, deviceId, partition, offset, alert },
    state: `{"v":1,"of":"${of}"}`,
  });
  const firing = alertOf('f', 'firing', 20);
  expect(await byFingerprint('dev-1')).toEqual([
    row('f', 1, 6n, firing),
    row('p', 0, BigInt(FAR), alertOf('p', 'pending', 30)),
    row('r', 1, 7n, alertOf('r', 'resolved', 10)),
  ]);
  expect(await byFingerprint('dev-2')).toEqual([row('n', 0, 8n, null, 'dev-2')]);
  expect(await store.rows('fleet', ['dev-1'])).toEqual([]);
  expect([await store.active('alert', 0), await store.active('alert', 1)]).toEqual([['dev-1'], ['dev-1']]);
  expect(await store.next('alert', 0)).toBe(0n);
  expect(await store.counts()).toEqual({ pending: 1, firing: 1, nodata: 0, resolved: 2 });
  expect(await store.owed('alert', 1)).toEqual([
    { through: BigInt(FAR), alerts: [{ alert: firing, passed: false }] },
  ]);
  const all = history.map(({ fingerprint, state, startsAt }) => alertOf(fingerprint, state, startsAt));
  for (const filter of [{}, { rule: 'Hot' }, { severity: 'critical' }, { deviceId: 'dev-1' }]) {
    expect((await store.alerts(filter, FIRST)).items).toEqual(all);
  }
  expect((await store.alerts({ rule: 'Cold' }, FIRST)).items).toEqual([]);

  const gone = alertOf('f', 'nodata', 20);
  await store.commit({
    ...{ scope: 'alert', partition: 1, from: 0n, next: 9n, memories: [], ended: [], settled: [BigInt(FAR)] },
    rows: [row('f', 1, 8n, gone)],
  });
  await store.commit({
    ...{ scope: 'alert', partition: 0, from: 0n, next: BigInt(FAR) + 2n, ended: [] },
    rows: [row('p', 0, BigInt(FAR) + 1n, null)],
    memories: [{ deviceId: 'dev-1', partition: 0, offset: 1n, due: 5, state: '{}' }],
  });
  expect(await store.counts()).toEqual({ pending: 0, firing: 0, nodata: 1, resolved: 2 });
  expect((await store.alerts({}, FIRST)).items).toEqual([gone, all[2], all[3]]);
  expect([await store.owed('alert', 1), await store.due('alert', 0, 9, 9)]).toEqual([[], ['dev-1']]);
  expect((await store.expired(100, 9)).map(({ fingerprint }) => fingerprint)).toEqual(['r']);
  expect(await store.trim(100, 9)).toBe(2);
}

/** Inserts for the tables of the version before. */
export const NOTIFICATIONS_BEFORE = [
  `INSERT INTO delivered (id, "partition", "offset", time) VALUES ('f-20-firing', 1, ${FAR}, 20), ('r-10-resolved', 0, 3, 10)`,
];

/** Like `expectAlertsOfBefore`. */
export async function expectNotificationsOfBefore(
  stores: Pick<Stores, 'notifications' | 'dispatch'>,
): Promise<void> {
  const { notifications, dispatch } = stores;
  const ids = ['f-20-firing', 'r-10-resolved'];
  expect(await notifications.count()).toBe(2);
  expect(await notifications.delivered(ids)).toEqual(
    new Map([
      ['f-20-firing', BigInt(FAR)],
      ['r-10-resolved', 3n],
    ]),
  );
  expect(await dispatch.inbox(0n, 9)).toEqual([]);
  const alert = alertNamed('g', 30);
  await notifications.commit(1, [{ id: alert.id, offset: 9n, time: 30, told: { alert, passed: false } }]);
  expect((await dispatch.inbox(0n, 9)).map((entry) => entry.alert)).toEqual([alert]);
  expect(await notifications.trim(20, 9)).toBe(1);
  expect(await notifications.count()).toBe(2);
}
