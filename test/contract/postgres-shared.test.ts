/**
 * A PostgreSQL database as several processes share it: who was slower writes nothing, whoever starts finds its tables,
 * and a server that goes away and comes back costs retries and nothing else. Each `Stores` has connections of its own,
 * as another process would.
 */
import pg from 'pg';
import { MillraceError } from '../../common/errors.js';
import { LOCKS } from '../../stores/postgres/locks.js';
import { openPostgresStores } from '../../stores/postgres/stores.js';
import type { Stores } from '../../stores/stores.js';
import { claimingProcesses } from '../support/claiming-processes.js';
import { poll } from '../support/poll.js';
import {
  emptySchema,
  type PostgresServer,
  postgresIsThere,
  query,
  startPostgres,
} from '../support/postgres.js';
import { requireService } from '../support/services.js';
import { pages } from './validation-store.contract.js';

const describePostgres = await requireService('PostgreSQL', postgresIsThere);

describePostgres('PostgreSQL, shared', () => {
  let server: PostgresServer;
  let url: string;
  const opened: Stores[] = [];
  const open = () => {
    const stores = openPostgresStores(url);
    opened.push(stores);
    return stores;
  };
  beforeAll(async () => {
    server = await startPostgres();
  });
  beforeEach(async () => {
    url = await emptySchema(server.url);
  });
  afterEach(async () => {
    for (const stores of opened.splice(0)) await stores.close();
  });
  afterAll(() => server.dispose());

  const window = (key: string, partition: number, offset: bigint) => ({
    definition: 'device',
    key,
    start: 0,
    size: 10,
    end: 10,
    partition,
    offset,
    closed: false,
    revision: 0,
    events: 1,
    metrics: {},
  });
  const NONE = { late: 0, duplicate: 0, refused: 0, ticks: 0, ahead: 0, behind: 0, corrections: 0 };
  /** One record of a partition, in a window of its own. */
  const commitNext = async ({ aggregation }: Stores, partition: number, name: string): Promise<bigint> => {
    const from = (await aggregation.tally(partition))?.nextOffset ?? 0n;
    await aggregation.commit({
      tally: { partition, nextOffset: from + 1n, aggregated: Number(from) + 1, ...NONE },
      from,
      progress: [],
      windows: [window(`${name}-${from}`, partition, from)],
      removed: [],
      late: [],
    });
    return from + 1n;
  };
  const devices = async (stores: Stores) =>
    (await stores.aggregation.changedSince(0n, 100_000)).map(({ key }) => key);

  test('processes that start at once make the tables once', async () => {
    const processes = Array.from({ length: 8 }, open);
    const everything = (stores: Stores) => [
      stores.validation.deviceCount(),
      stores.aggregation.tallies(),
      stores.rollups.cursor('1m'),
      stores.alerts.counts(),
      stores.notifications.count(),
      stores.operations.silences(0),
      stores.dispatch.cursor(),
      stores.deliveries.targets(),
      stores.ticks.lastTick(),
      stores.firings.register('job', 'rate(1 minute)', 5),
      stores.windowStates.load('f:s', 0),
    ];
    await Promise.all(processes.flatMap(everything));
    const versions = await query<{ store: string }>(url, 'SELECT store FROM millrace_stores');
    expect(versions).toHaveLength(10);
  });

  test('tables of a newer Millrace are left alone', async () => {
    await open().ticks.saveTick(5);
    await query(url, 'UPDATE millrace_stores SET version = 99');
    await expect(open().ticks.lastTick()).rejects.toMatchObject({ code: 'STORE_TOO_NEW', canRetry: false });
  });

  test('of processes that commit one partition, one at a time gets on, and nothing is written twice', async () => {
    const processes = Array.from({ length: 3 }, open);
    const goal = 60n;
    const commits = await Promise.all(
      processes.map(async (stores, name) => {
        for (let made = 0; ; ) {
          try {
            if ((await commitNext(stores, 0, `p${name}`)) > goal) return made;
            made++;
          } catch (error) {
            expect(error).toMatchObject({ code: 'STORE_STALE' });
          }
        }
      }),
    );
    const tally = await processes[0]!.aggregation.tally(0);
    expect(BigInt(commits.reduce((sum, made) => sum + made + 1, 0))).toBe(tally!.nextOffset);
    const written = await devices(processes[0]!);
    expect(BigInt(written.length)).toBe(tally!.nextOffset);
    expect(new Set(written.map((id) => id.split('-')[1])).size).toBe(written.length);
  });

  test('of processes that commit alerts of one partition, one at a time gets on', async () => {
    const processes = Array.from({ length: 3 }, open);
    const goal = 40n;
    const commits = await Promise.all(
      processes.map(async ({ alerts }, name) => {
        for (let made = 0; ; ) {
          const from = await alerts.next('alert', 0);
          if (from >= goal) return made;
          const memory = { deviceId: `p${name}-${from}`, partition: 0, offset: from, due: 1, state: '{}' };
          const change = { rows: [], memories: [memory], ended: [] };
          try {
            await alerts.commit({ scope: 'alert', partition: 0, from, next: from + 1n, ...change });
            made++;
          } catch (error) {
            expect(error).toMatchObject({ code: 'STORE_STALE' });
          }
        }
      }),
    );
    expect(commits.reduce((sum, made) => sum + made, 0)).toBe(Number(goal));
    const written = await processes[0]!.alerts.due('alert', 0, 9, 100);
    expect(new Set(written.map((id) => id.split('-')[1])).size).toBe(Number(goal));
    expect(written).toHaveLength(Number(goal));
  });

  test('of processes that dispatch at once, one at a time gets on', async () => {
    const processes = Array.from({ length: 3 }, open);
    const goal = 30n;
    await Promise.all(
      processes.map(async ({ dispatch }, name) => {
        for (;;) {
          const from = await dispatch.cursor();
          if (from >= goal) return;
          const groups = [{ key: `${from}-${name}`, due: null, state: '{}' }];
          const change = { from, cursor: from + 1n, groups, removedGroups: [], deliveries: [] };
          try {
            await dispatch.commit(change);
          } catch (error) {
            expect(error).toMatchObject({ code: 'STORE_STALE' });
          }
        }
      }),
    );
    const { items } = await processes[0]!.dispatch.allGroups({ limit: 100, cursor: null });
    expect(items).toHaveLength(Number(goal));
    expect(new Set(items.map(({ key }) => key.split('-')[0])).size).toBe(Number(goal));
  });

  test('offsets may have the 56 digits of a Kinesis sequence number', async () => {
    const { validation, aggregation } = open();
    const far = 10n ** 56n - 9n;
    const refused = [1n, 2n, 3n].map((n) => ({
      id: `0-${far + n}`,
      partition: 0,
      offset: far + n,
      deviceId: 'd',
      arrivalTime: 1,
      code: 'X',
      reason: '',
      keyword: null,
      pointer: null,
      payload: new Uint8Array(1),
    }));
    const tally = { partition: 0, nextOffset: far + 4n, valid: 0, quarantined: 3, ticks: 0 };
    await validation.commit({ tally, from: 0n, latest: [], quarantined: refused });
    expect(await validation.tally(0)).toEqual(tally);
    const found = await pages((page) => validation.quarantine(page), 1);
    expect(found.flat().map(({ offset }) => offset)).toEqual([far + 3n, far + 2n, far + 1n]);
    const windows = [window('far', 0, far)];
    await aggregation.commit({
      tally: { partition: 0, nextOffset: far, aggregated: 1, ...NONE },
      progress: [],
      windows,
      removed: [],
      late: [],
    });
    expect(await aggregation.openWindows(0)).toEqual(windows);
  });

  test('a process that slept while another worked on its partition writes nothing', async () => {
    const [zombie, successor] = [open(), open()];
    const from = await commitNext(zombie, 0, 'before');
    const late = { partition: 0, offset: 1n, eventTime: 1, arrivalTime: 1 };
    const entry = { ...late, id: '0-1', deviceId: 'd', code: 'X', reason: '', keyword: null, pointer: null };
    const slept = {
      tally: { partition: 0, nextOffset: 5n, aggregated: 5, ...NONE },
      from,
      progress: [{ scope: '', key: 'zombie', partition: 0, offset: 4n, state: '{}' }],
      windows: [window('zombie', 0, 4n)],
      removed: [window('before-0', 0, 0n)],
      late: [
        { ...late, id: '0-1', deviceId: 'zombie', windowStart: 0, definitions: ['device'], payload: '' },
      ],
    };
    await commitNext(successor, 0, 'after');
    await expect(zombie.aggregation.commit(slept)).rejects.toMatchObject({
      code: 'STORE_STALE',
      canRetry: true,
    });
    expect(await successor.aggregation.progress(0, '', ['zombie'])).toEqual([]);
    expect(await devices(successor)).toEqual(['before-0', 'after-1']);
    expect((await successor.aggregation.late({}, { limit: 9, cursor: null })).items).toEqual([]);

    const tally = { partition: 0, nextOffset: 2n, valid: 2, quarantined: 0, ticks: 0 };
    await successor.validation.commit({ tally, from: 0n, latest: [], quarantined: [] });
    const refused = { ...entry, payload: new Uint8Array(1) };
    await expect(
      zombie.validation.commit({
        tally: { ...tally, nextOffset: 9n },
        from: 0n,
        latest: [],
        quarantined: [refused],
      }),
    ).rejects.toMatchObject({ code: 'STORE_STALE', canRetry: true });
    expect((await successor.validation.quarantine({ limit: 9, cursor: null })).items).toEqual([]);
  });

  test('a lane that another process has taken over cannot be saved any more', async () => {
    const [zombie, successor] = [open().windowStates, open().windowStates];
    const open1 = { start: 0, end: 60_000, state: '{"n":1}' };
    expect(await zombie.load('f:s', 0)).toBeUndefined();
    await zombie.save('f:s', 0, { next: 5n, window: open1 });
    expect(await successor.load('f:s', 0)).toEqual({ next: 5n, window: open1 });
    const stale = { code: 'STORE_STALE', canRetry: true };
    await expect(zombie.save('f:s', 0, { next: 9n, window: null })).rejects.toMatchObject(stale);
    await successor.save('f:s', 0, { next: 6n, window: null });
    await expect(zombie.save('f:s', 0, { next: 9n, window: open1 })).rejects.toMatchObject(stale);
    expect(await zombie.load('f:s', 0)).toEqual({ next: 6n, window: null });
  });

  test('the feed of changes passes over none that is still being committed', async () => {
    const [slow, quick] = [open(), open()];
    await commitNext(quick, 0, 'first');
    // What the store's own commit does, held open in the middle.
    const writer = new pg.Client({ connectionString: url });
    await writer.connect();
    await writer.query('BEGIN');
    await writer.query('SELECT pg_advisory_xact_lock_shared($1, 0)', [LOCKS.changes]);
    await writer.query(
      `INSERT INTO windows (definition, key, start, size, until, partition, "offset", closed, revision, events, metrics,
         change) VALUES ('device', 'slow', 0, 10, 10, 1, 0, false, 0, 1, '{}', nextval('aggregation_changes'))`,
    );
    await commitNext(quick, 0, 'second');
    const feed = devices(slow);
    await poll(
      async () =>
        (await query(url, `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).length > 0,
    );
    await writer.query('COMMIT');
    await writer.end();
    expect(await feed).toEqual(['first-0', 'slow', 'second-1']);
  });

  test('a feed that is read while several processes write gives every change, once and in order', async () => {
    const writers = Array.from({ length: 4 }, open);
    const reader = open();
    let writing = true;
    const seen: bigint[] = [];
    const names: string[] = [];
    const read = async () => {
      for (;;) {
        const wasWriting = writing;
        const rows = await reader.aggregation.changedSince(seen.at(-1) ?? 0n, 7);
        seen.push(...rows.map(({ change }) => change));
        names.push(...rows.map(({ key }) => key));
        if (rows.length === 0 && !wasWriting) return;
      }
    };
    const reading = read();
    await Promise.all(
      writers.map(async (stores, partition) => {
        for (let n = 0; n < 40; n++) await commitNext(stores, partition, `w${partition}`);
      }),
    );
    writing = false;
    await reading;
    expect(new Set(names).size).toBe(160);
    expect(names).toHaveLength(160);
    expect(seen).toEqual([...seen].sort((a, b) => (a < b ? -1 : 1)));
  });

  test('of processes that claim the same moments at the same time, one wins each', async () => {
    const won = (await claimingProcesses({ kind: 'postgres', url }, 300)).flat();
    expect(new Set(won).size).toBe(won.length);
    expect(Math.max(...won)).toBe(300);
  });

  const testOwnServer = process.env.DATABASE_URL === undefined ? test : test.skip;
  testOwnServer.each(['crash', 'shutDown'] as const)(
    'a server that goes away (%s) and comes back costs retries, and no commit is lost or made twice',
    async (ending) => {
      const processes = [open(), open()];
      const perPartition = 300n;
      let failures = 0;
      let made = 0;
      const work = async (stores: Stores, partition: number) => {
        for (let next = 0n; next < perPartition; ) {
          try {
            next = await commitNext(stores, partition, `p${partition}`);
            made++;
          } catch (error) {
            expect(error).toBeInstanceOf(MillraceError);
            expect(error).toMatchObject({ canRetry: true });
            failures++;
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      };
      const working = Promise.all(processes.map(work));
      await poll(() => made > 100);
      await server[ending]();
      await poll(() => failures > 2);
      await server.startAgain();
      await working;
      const written = await devices(processes[0]!);
      expect(written).toHaveLength(2 * Number(perPartition));
      expect(new Set(written).size).toBe(written.length);
      for (const partition of [0, 1]) {
        expect(await processes[1]!.aggregation.tally(partition)).toMatchObject({
          nextOffset: perPartition,
          aggregated: Number(perPartition),
        });
      }
    },
  );
});
