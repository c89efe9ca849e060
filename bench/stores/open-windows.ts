/**
 * What a cold start of aggregate reads: 100,000 open windows of one partition, with how long the thread does nothing else
 * in the meantime. Then all of them close in one commit, as one tick may have it, and the keys are listed.
 *
 *     node dist/bench/stores/open-windows.js [postgres://…]
 *
 * The database should be empty. A window's row has three metrics, about 370 bytes of JSON.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { AggregationStore, MetricFigures, WindowRow } from '../../stores/aggregation.js';
import { openStores, type StoresConfig } from '../../stores/open.js';

const WINDOWS = 100_000;
const PER_COMMIT = 5_000;
const NONE = { late: 0, duplicate: 0, refused: 0, ticks: 0, ahead: 0, behind: 0, corrections: 0 };

function figures(value: number): MetricFigures {
  const times = { firstTime: 1_700_000_000_123, lastTime: 1_700_000_009_876 };
  return {
    count: 10,
    sum: value * 10.1,
    min: value - 0.5,
    max: value + 0.5,
    first: value,
    last: value,
    ...times,
  };
}

function windowOf(index: number): WindowRow {
  return {
    ...{ definition: 'device', key: `sensor-${index}`, start: 0, size: 10_000, end: 10_000, partition: 0 },
    ...{ offset: BigInt(index), closed: false, revision: 0, events: 10 },
    metrics: { temperature: figures(index / 7), humidity: figures(40.25), battery: figures(3.3) },
  };
}

async function commit(store: AggregationStore, windows: readonly WindowRow[], from: bigint): Promise<void> {
  const tally = { partition: 0, nextOffset: from + 1n, aggregated: 0, ...NONE };
  await store.commit({ tally, from, progress: [], windows, removed: [], late: [] });
}

async function run(config: StoresConfig): Promise<void> {
  const stores = openStores(config);
  const store = stores.aggregation;
  const report = (what: string, figures: Record<string, number>) =>
    process.stdout.write(`${JSON.stringify({ stores: config.kind, what, ...figures })}\n`);
  const timed = async (what: string, work: () => Promise<number>): Promise<void> => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    // A turn of the event loop before and after, so that a pause of the whole time is seen.
    const turn = () => new Promise((resolve) => setTimeout(resolve, 5));
    await turn();
    const began = performance.now();
    const count = await work();
    const ms = Math.round(performance.now() - began);
    await turn();
    delay.disable();
    report(what, { count, ms, longestPauseMs: Math.round(delay.max / 1e6) });
  };

  let offset = 0n;
  for (let first = 0; first < WINDOWS; first += PER_COMMIT) {
    const windows = Array.from({ length: PER_COMMIT }, (_, index) => windowOf(first + index));
    await commit(store, windows, offset++);
  }
  let open: readonly WindowRow[] = [];
  const read = async () => {
    open = await store.openWindows(0);
    return open.length;
  };
  await timed('open windows', read);
  await timed('open windows again', read);
  await timed('keys, by pages of 1,000', async () => {
    let count = 0;
    for (let cursor: string | null = null; ; ) {
      const page = await store.keys('device', { limit: 1_000, cursor });
      count += page.items.length;
      if (page.next === null) return count;
      cursor = page.next;
    }
  });
  await timed('all closed by one commit', async () => {
    await commit(
      store,
      open.map((row) => ({ ...row, closed: true, revision: 1 })),
      offset,
    );
    return open.length;
  });
  await stores.close();
}

const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-stores-'));
await run({ kind: 'sqlite', directory });
rmSync(directory, { recursive: true });
const url = process.argv[2] ?? process.env.DATABASE_URL;
if (url !== undefined) await run({ kind: 'postgres', url });
