/**
 * How many of aggregate's commits per second each kind of store takes: 500 windows of 500 devices and their progress,
 * durable, written over again and again as it is while events flow; by one partition, and by several at a time.
 *
 * Then commits of what alert's rules remember of 1,000 devices, and deliveries that are made, claimed and settled.
 *
 *     node dist/bench/stores/main.js [postgres://…]
 *
 * A window's row has three metrics, about 370 bytes of JSON. With one partition the next commit begins when the last one has
 * ended, as a function's do. CPU is this process's; the server's is not in it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AggregationCommit, AggregationStore, MetricFigures } from '../../stores/aggregation.js';
import { openStores, type StoresConfig } from '../../stores/open.js';
import { measureAlerts } from './alerts.js';
import { measureDeliveries } from './deliveries.js';

const WINDOWS = 500;
const SECONDS = 3;
const PARTITIONS = [1, 4] as const;

function figures(value: number): MetricFigures {
  const [firstTime, lastTime] = [1_700_000_000_123, 1_700_000_009_876];
  return {
    count: 10,
    sum: value * 10.1,
    min: value - 0.5,
    max: value + 0.5,
    first: value,
    firstTime,
    last: value,
    lastTime,
  };
}

function commitOf(partition: number, round: number): AggregationCommit {
  const next = BigInt(round + 1) * 5_000n;
  const names = Array.from({ length: WINDOWS }, (_, index) => `sensor-${partition}-${index}`);
  const metrics = { temperature: figures(20 + round / 7), humidity: figures(40.25), battery: figures(3.3) };
  // Every twentieth commit begins new windows.
  const start = Math.floor(round / 20) * 10_000;
  return {
    tally: {
      partition,
      nextOffset: next,
      aggregated: Number(next),
      late: 0,
      duplicate: 0,
      refused: 0,
      ticks: 0,
      ahead: 0,
      behind: 0,
      corrections: 0,
    },
    from: BigInt(round) * 5_000n,
    progress: names.map((key, index) => ({
      scope: '',
      key,
      partition,
      offset: next - BigInt(index + 1),
      state: `{"v":1,"latest":${start + index},"seq":[${round},${round + 1}],"watermark":${start}}`,
    })),
    windows: names.map((key, index) => ({
      definition: 'device',
      key,
      start,
      size: 10_000,
      end: start + 10_000,
      partition,
      offset: next - BigInt(index + 1),
      closed: false,
      revision: 0,
      events: 10 + round,
      metrics,
    })),
    removed: [],
    late: [],
  };
}

async function measure(store: AggregationStore, partitions: number) {
  const times: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const end = began + SECONDS * 1_000;
  await Promise.all(
    Array.from({ length: partitions }, async (_, index) => {
      // Partitions of their own, so that each measurement begins on none.
      const partition = partitions * 100 + index;
      for (let round = 0; performance.now() < end; round++) {
        const commit = commitOf(partition, round);
        const before = performance.now();
        await store.commit(commit);
        times.push(performance.now() - before);
      }
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  times.sort((a, b) => a - b);
  return {
    partitions,
    commitsPerSecond: Math.round(times.length / seconds),
    windowsPerSecond: Math.round((times.length * WINDOWS) / seconds),
    medianMs: Number(times[times.length >> 1]?.toFixed(1)),
    p99Ms: Number(times[Math.floor(times.length * 0.99)]?.toFixed(1)),
    cpuMsPerCommit: Number(((user + system) / 1_000 / times.length).toFixed(2)),
  };
}

async function run(config: StoresConfig): Promise<void> {
  const stores = openStores(config);
  await stores.aggregation.tallies();
  for (const partitions of PARTITIONS) {
    const result = await measure(stores.aggregation, partitions);
    process.stdout.write(`${JSON.stringify({ stores: config.kind, ...result })}\n`);
  }
  for (const result of [await measureAlerts(stores.alerts), await measureDeliveries(stores)]) {
    process.stdout.write(`${JSON.stringify({ stores: config.kind, ...result })}\n`);
  }
  await stores.close();
}

const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-stores-'));
await run({ kind: 'sqlite', directory });
rmSync(directory, { recursive: true });
const url = process.argv[2] ?? process.env.DATABASE_URL;
if (url !== undefined) await run({ kind: 'postgres', url });
