/** Kill -9 between sending and settling: what was under way is sent again, with the same id, and nothing is missing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openSqliteStores } from '../../stores/sqlite/stores.js';
import type { Stores } from '../../stores/stores.js';
import { alertNamed, deliveryOf, inGroup, ok, put, receiver } from '../functions/deliver/support.js';
import { withDirectory } from '../support/streams.js';

const TARGET = 'ops/webhook/0';
const GROUPS = 5;
const DELIVERIES = 300;
/** In which request of its run each process dies. */
const KILLS = [1, 2, 9, 30, 70];
/** Longer than any claim. */
const STEP_MS = 60_000;

test('a crash between send and settle repeats deliveries with their ids, and loses none', async () => {
  await withDirectory(async (directory) => {
    const ids = Array.from({ length: DELIVERIES }, (_, n) => `d${n}`);
    await withStores(directory, (stores) =>
      // Of other alerts each, so that none is superseded.
      put(
        stores,
        ...ids.map((id, n) =>
          deliveryOf(id, TARGET, { ...inGroup(`g${n % GROUPS}`), alerts: [alertNamed(id)] }),
        ),
      ),
    );
    const hook = await receiver();
    const work = (ahead: number) => {
      const program = join(process.cwd(), 'dist', 'test', 'support', 'deliver-worker.js');
      return spawn(process.execPath, [program, directory, hook.url, String(ahead)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
    };
    let ahead = 0;
    for (const kill of KILLS) {
      const from = hook.begun();
      const child = work(ahead);
      hook.answer((response, before, request) => {
        if (before - from + 1 === kill) child.kill('SIGKILL');
        // The target has it, and its answer comes to nobody, or to a process that cannot settle any more.
        else ok(response, before, request);
      });
      expect(await endOf(child)).toBe('SIGKILL');
      ahead += STEP_MS;
    }
    hook.answer(ok);
    expect(await endOf(work(ahead))).toBe(0);

    expect(new Set(hook.ids())).toEqual(new Set(ids));
    expect(hook.received.length).toBeGreaterThan(DELIVERIES);
    const bodies = new Map<unknown, string>();
    for (const { body, text, headers } of hook.received) {
      expect(headers['idempotency-key']).toBe(body.id);
      expect(bodies.get(body.id) ?? text).toBe(text);
      bodies.set(body.id, text);
    }
    // Whoever passes over ids that it has had sees every group in order.
    for (let group = 0; group < GROUPS; group++) {
      const first = [...new Set(hook.ids())].filter((id) => Number(String(id).slice(1)) % GROUPS === group);
      expect(first).toEqual(ids.filter((_, n) => n % GROUPS === group));
    }
    await withStores(directory, async ({ deliveries }) => {
      expect(await deliveries.counts()).toEqual([{ target: TARGET, state: 'delivered', count: DELIVERIES }]);
    });
  });
}, 60_000);

async function endOf(child: ChildProcess): Promise<number | NodeJS.Signals | null> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  return signal ?? code;
}

async function withStores(directory: string, work: (stores: Stores) => Promise<void>): Promise<void> {
  const stores = openSqliteStores(directory);
  try {
    await work(stores);
  } finally {
    await stores.close();
  }
}
