/** Leases and checkpoints of groups, in memory and on a real PostgreSQL server. */
import { openPostgres, type Postgres } from '../../stores/postgres/database.js';
import { openLeases } from '../../stores/postgres/leases.js';
import { createMemoryLeases } from '../../streams/kinesis/lease-store.js';
import { emptySchema, type PostgresServer, postgresIsThere, startPostgres } from '../support/postgres.js';
import { requireService } from '../support/services.js';
import { leaseStoreContract } from './lease-store.contract.js';

describe('memory', () =>
  leaseStoreContract(async () => {
    const store = createMemoryLeases();
    return { store, another: store };
  }));

const describePostgres = await requireService('PostgreSQL', postgresIsThere);

describePostgres('PostgreSQL', () => {
  let server: PostgresServer;
  const opened: Postgres[] = [];
  beforeAll(async () => {
    server = await startPostgres();
  }, 60_000);
  afterEach(async () => {
    for (const database of opened.splice(0)) await database.close();
  });
  afterAll(() => server.dispose(), 60_000);

  leaseStoreContract(async () => {
    const url = await emptySchema(server.url);
    const [one, other] = [openPostgres(url), openPostgres(url)];
    opened.push(one, other);
    return { store: openLeases(one), another: openLeases(other) };
  });
});
