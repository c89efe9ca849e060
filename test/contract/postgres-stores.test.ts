/** Every contract of a store, held against PostgreSQL: the suites that SQLite's stores are held against. */
import { openPostgresStores } from '../../stores/postgres/stores.js';
import type { Stores } from '../../stores/stores.js';
import { emptySchema, type PostgresServer, postgresIsThere, startPostgres } from '../support/postgres.js';
import { requireService } from '../support/services.js';
import { aggregationStoreContract } from './aggregation-store.contract.js';
import { alertStoreContract } from './alert-store.contract.js';
import { deliveryStoreContract } from './delivery-store.contract.js';
import { dispatchStoreContract } from './dispatch-store.contract.js';
import { firingsContract } from './firings.contract.js';
import { notificationStoreContract } from './notification-store.contract.js';
import { operationStoreContract } from './operation-store.contract.js';
import { rollupStoreContract } from './rollup-store.contract.js';
import { tickStoreContract } from './tick-store.contract.js';
import { validationStoreContract } from './validation-store.contract.js';
import { windowStatesContract } from './window-states.contract.js';

const describePostgres = await requireService('PostgreSQL', postgresIsThere);

describePostgres('PostgreSQL', () => {
  let server: PostgresServer;
  const opened: Stores[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterEach(async () => {
    for (const stores of opened.splice(0)) await stores.close();
  });
  afterAll(() => server.dispose());

  const fresh = async () => {
    const stores = openPostgresStores(await emptySchema(server.url));
    opened.push(stores);
    return stores;
  };
  describe('validation', () => validationStoreContract(async () => (await fresh()).validation));
  describe('aggregation', () => aggregationStoreContract(async () => (await fresh()).aggregation));
  describe('rollups', () => rollupStoreContract(async () => (await fresh()).rollups));
  describe('alerts', () => alertStoreContract(async () => (await fresh()).alerts));
  describe('notifications', () => notificationStoreContract(fresh));
  describe('operations', () => operationStoreContract(async () => (await fresh()).operations));
  describe('dispatch', () => dispatchStoreContract(fresh));
  describe('deliveries', () =>
    deliveryStoreContract(async () => {
      const url = await emptySchema(server.url);
      const [ours, theirs] = [openPostgresStores(url), openPostgresStores(url)];
      opened.push(ours, theirs);
      return { dispatch: ours.dispatch, deliveries: ours.deliveries, another: theirs.deliveries };
    }));
  describe('ticks', () => tickStoreContract(async () => (await fresh()).ticks));
  describe('firings', () => firingsContract(async () => (await fresh()).firings));
  describe('window states', () => windowStatesContract(async () => (await fresh()).windowStates));
});
