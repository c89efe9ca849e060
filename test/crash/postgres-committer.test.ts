/** A process that shares a partition of a PostgreSQL store, paused and killed while it commits. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openStores, type StoresConfig } from '../../stores/open.js';
import { poll } from '../support/poll.js';
import { emptySchema, type PostgresServer, postgresIsThere, startPostgres } from '../support/postgres.js';
import { projectRoot } from '../support/project-root.js';
import { requireService } from '../support/services.js';

const PROGRAM = join(projectRoot, 'dist', 'test', 'support', 'partition-committer.js');
const describePostgres = await requireService('PostgreSQL', postgresIsThere);

describePostgres('a process that shares a partition', () => {
  let server: PostgresServer;
  let config: StoresConfig;
  beforeAll(async () => {
    server = await startPostgres();
    config = { kind: 'postgres', url: await emptySchema(server.url) };
  });
  const started: ChildProcess[] = [];
  afterAll(async () => {
    for (const child of started) child.kill('SIGKILL');
    await server.dispose();
  });

  const startCommitter = (name: string) => {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(config), name], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    started.push(child);
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    return { child, lines: () => output.split('\n').slice(0, -1) };
  };

  test('holds nobody up while it is paused, writes nothing late, and loses nothing when it is killed', async () => {
    const stores = openStores(config);
    const { aggregation } = stores;
    const zombie = startCommitter('zombie');
    for (let pause = 0; pause < 5; pause++) {
      const before = zombie.lines().length;
      await poll(() => zombie.lines().length > before + 10);
      zombie.child.kill('SIGSTOP');
      // Wherever it was stopped: others get on, within a deadline much shorter than any of the server's.
      const other = startCommitter(`other${pause}`);
      await poll(() => other.lines().filter((line) => line !== 'stale').length > 20, { timeoutMs: 8_000 });
      other.child.kill('SIGKILL');
      await once(other.child, 'exit');
      zombie.child.kill('SIGCONT');
    }
    await poll(() => zombie.lines().length > 100);
    zombie.child.kill('SIGKILL');
    await once(zombie.child, 'exit');

    const tally = await poll(() => aggregation.tally(0));
    const windows = await aggregation.changedSince(0n, 1_000_000);
    // Every offset is in one window, of whoever's commit it was, and none is missing.
    const offsets = windows.map(({ key }) => Number(key.split('-')[1])).sort((a, b) => a - b);
    expect(offsets).toEqual(Array.from({ length: Number(tally.nextOffset) }, (_, offset) => offset));
    expect(tally.aggregated).toBe(offsets.length);
    // What it was told to be durable is there under its name.
    const names = new Set(windows.map(({ key }) => key));
    for (const line of zombie.lines()) {
      if (line !== 'stale') expect(names).toContain(`zombie-${Number(line) - 1}`);
    }
    await stores.close();
  });
});
