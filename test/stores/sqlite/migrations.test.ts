/** Files that the version before left behind open, and everything in them is there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAggregationStore } from '../../../stores/sqlite/aggregation.js';
import { MIGRATIONS as AGGREGATION } from '../../../stores/sqlite/aggregation-tables.js';
import { MIGRATIONS as ALERTS } from '../../../stores/sqlite/alert-tables.js';
import { openAlertStore } from '../../../stores/sqlite/alerts.js';
import { openSqlite } from '../../../stores/sqlite/database.js';
import { MIGRATIONS as NOTIFICATIONS } from '../../../stores/sqlite/notifications.js';
import { openRollupStore, MIGRATIONS as ROLLUPS } from '../../../stores/sqlite/rollups.js';
import { openSqliteStores } from '../../../stores/sqlite/stores.js';
import {
  ALERTS_BEFORE,
  expectAlertsOfBefore,
  expectNotificationsOfBefore,
  NOTIFICATIONS_BEFORE,
} from '../../support/alerts-before.js';
import {
  aggregationBefore,
  expectAggregationOfBefore,
  expectRollupsOfBefore,
  ROLLUPS_BEFORE,
} from '../../support/stores-before.js';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'millrace-migrations-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function fileOf(migrations: readonly string[], statements: readonly string[], name = 'before.db'): string {
  const path = join(directory, name);
  const database = openSqlite(path, migrations);
  for (const statement of statements) database.exec(statement);
  database.close();
  return path;
}

const windows = [
  ...aggregationBefore({ tallies: 'tallies', devices: 'devices' }),
  'UPDATE changes SET last = 4',
];

test('windows, progress and late events of one definition', async () => {
  const path = fileOf(AGGREGATION.slice(0, 1), windows);
  const store = openAggregationStore(path);
  await expectAggregationOfBefore(store);
  await store.close();
  const again = openAggregationStore(path);
  expect((await again.tally(1))?.nextOffset).toBe(8n);
  await again.close();
});

test('a device whose name has U+0001 in it is found under it', async () => {
  const path = fileOf(AGGREGATION.slice(0, 1), [
    `INSERT INTO devices VALUES ('x' || char(1), 0, 1, '{}')`,
    `INSERT INTO windows VALUES ('x' || char(1), 0, 10, 0, 1, 1, 1, 1, '{}')`,
    `INSERT INTO late VALUES (0, 1, 'x' || char(1), 1, 1, 1, '{}')`,
  ]);
  const store = openAggregationStore(path);
  expect(await store.progress(0, '', ['x\u0001'])).toHaveLength(1);
  expect((await store.keys('device', { limit: 9, cursor: null })).items).toEqual(['x\u0001']);
  expect((await store.late({ deviceId: 'x\u0001' }, { limit: 9, cursor: null })).items).toHaveLength(1);
  await store.close();
});

test('rollups, their cursors and counts', async () => {
  const path = fileOf(ROLLUPS.slice(0, 1), [
    ...ROLLUPS_BEFORE,
    `UPDATE periods SET cursor = 9, change = 3 WHERE period = '1m'`,
    `UPDATE periods SET cursor = 2, change = 1 WHERE period <> '1m'`,
  ]);
  const store = openRollupStore(path);
  await expectRollupsOfBefore(store);
  await store.close();
});

test('alerts, their history, state and what is owed', async () => {
  const path = fileOf(ALERTS.slice(0, 2), ALERTS_BEFORE);
  const store = openAlertStore(path);
  await expectAlertsOfBefore(store);
  await store.close();
});

test('alerts of a device whose name has U+0001 in it are found under it', async () => {
  const path = fileOf(ALERTS.slice(0, 2), [
    `INSERT INTO alerts (fingerprint, starts_at, device_id, state, changed_at, alert)
       VALUES ('f', 1, 'x' || char(1), 'firing', 1, '{"rule":"a\\u0001","severity":"b"}')`,
    `INSERT INTO alert_state VALUES ('f', 'x' || char(1), 0, 1, 1, 0, '{}')`,
  ]);
  const store = openAlertStore(path);
  expect(await store.rows('alert', ['x\u0001'])).toHaveLength(1);
  expect(await store.active('alert', 0)).toEqual(['x\u0001']);
  const page = { limit: 9, cursor: null };
  expect(
    (await store.alerts({ deviceId: 'x\u0001', rule: 'a\u0001', severity: 'b' }, page)).items,
  ).toHaveLength(1);
  await store.close();
});

test('which notifications were delivered', async () => {
  fileOf(NOTIFICATIONS.slice(0, 1), [...NOTIFICATIONS_BEFORE, 'UPDATE total SET n = 2'], 'notifications.db');
  const stores = openSqliteStores(directory);
  await expectNotificationsOfBefore(stores);
  await stores.close();
});
