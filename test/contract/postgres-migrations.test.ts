/** Tables that the version before left in PostgreSQL are brought up to date, and everything in them is there. */
import { MIGRATIONS as AGGREGATION } from '../../stores/postgres/aggregation-tables.js';
import { ALERT_MIGRATIONS } from '../../stores/postgres/alert-tables.js';
import { openPostgres } from '../../stores/postgres/database.js';
import { MIGRATIONS as NOTIFICATIONS } from '../../stores/postgres/notifications.js';
import { MIGRATIONS as ROLLUPS } from '../../stores/postgres/rollups.js';
import { openPostgresStores } from '../../stores/postgres/stores.js';
import {
  ALERTS_BEFORE,
  expectAlertsOfBefore,
  expectNotificationsOfBefore,
  NOTIFICATIONS_BEFORE,
} from '../support/alerts-before.js';
import {
  emptySchema,
  type PostgresServer,
  postgresIsThere,
  query,
  startPostgres,
} from '../support/postgres.js';
import { requireService } from '../support/services.js';
import {
  aggregationBefore,
  expectAggregationOfBefore,
  expectRollupsOfBefore,
  ROLLUPS_BEFORE,
} from '../support/stores-before.js';

const describePostgres = await requireService('PostgreSQL', postgresIsThere);

describePostgres('PostgreSQL, as the version before left it', () => {
  let server: PostgresServer;
  let url: string;
  beforeAll(async () => {
    server = await startPostgres();
  });
  beforeEach(async () => {
    url = await emptySchema(server.url);
  });
  afterAll(() => server.dispose());

  const before = async (store: string, migrations: readonly string[], statements: readonly string[]) => {
    const database = openPostgres(url);
    await database.tables(store, migrations).all('SELECT');
    await database.close();
    for (const statement of statements) await query(url, statement);
  };

  test('windows, progress and late events of one definition', async () => {
    await before('aggregation', AGGREGATION.slice(0, 1), [
      ...aggregationBefore({ tallies: 'aggregation_tallies', devices: 'aggregation_devices' }),
      `SELECT setval('aggregation_changes', 4)`,
    ]);
    const stores = openPostgresStores(url);
    await expectAggregationOfBefore(stores.aggregation);
    await stores.close();
  });

  test('rollups, their cursors and counts', async () => {
    await before('rollups', ROLLUPS.slice(0, 1), [
      ...ROLLUPS_BEFORE,
      `UPDATE rollup_periods SET cursor = 9, change = 3 WHERE period = '1m'`,
      `UPDATE rollup_periods SET cursor = 2, change = 1 WHERE period <> '1m'`,
    ]);
    const stores = openPostgresStores(url);
    await expectRollupsOfBefore(stores.rollups);
    await stores.close();
  });

  test('alerts, their history, state and what is owed', async () => {
    await before('alerts', ALERT_MIGRATIONS.slice(0, 1), ALERTS_BEFORE);
    const stores = openPostgresStores(url);
    await expectAlertsOfBefore(stores.alerts);
    await stores.close();
  });

  test('which notifications were delivered', async () => {
    await before('notifications', NOTIFICATIONS.slice(0, 1), NOTIFICATIONS_BEFORE);
    const stores = openPostgresStores(url);
    await expectNotificationsOfBefore(stores);
    await stores.close();
  });
});
