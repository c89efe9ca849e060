/**
 * `npm run bench:environments`: how many records reach a function, and at what cost, through each kind of environment;
 * and how long environments take to start. One run, all variants in turn, so that they can be compared.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pino from 'pino';
import type { Settings } from '../../common/settings.js';
import type { FunctionPool } from '../../runtime/environments/invocation.js';
import { createPool } from '../../runtime/environments/pool.js';
import type { EnvironmentSpec } from '../../runtime/environments/protocol.js';
import type { Batch } from '../../streams/batch.js';
import { FrameWriter, RecordKind } from '../../streams/record.js';
import { cpuSeconds } from './cpu.js';

const ISOLATIONS = ['worker', 'process', 'inline'] as const;
const FUNCTIONS = ['trivial', 'parse', 'plain-trivial', 'plain-parse'] as const;
const BATCH_SIZES = [1, 100, 1_000, 10_000] as const;
/** Batches under way at a time: as many as a stream of four partitions has. */
const LANES = 4;
const COLD_STARTS = 20;

type Isolation = (typeof ISOLATIONS)[number];
type FunctionName = (typeof FUNCTIONS)[number];

interface Throughput {
  readonly isolation: Isolation;
  readonly function: FunctionName;
  readonly batchSize: number;
  readonly recordsPerSecond: number;
  readonly cpuSecondsPerMillion: number;
}

interface Starts {
  readonly isolation: Isolation;
  readonly function: FunctionName;
  /** ms: median and longest of each part. */
  readonly spawn: readonly [number, number];
  readonly import: readonly [number, number];
  readonly firstInvoke: readonly [number, number];
}

const storesDirectory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
const seconds = process.argv.includes('--quick') ? 0.3 : 1;
// Plain handlers print nothing here, and a warning that inline enforces nothing is no news to a benchmark.
const log = pino({ level: 'silent' });

function poolOf(isolation: Isolation, name: FunctionName): FunctionPool {
  const spec: EnvironmentSpec = {
    functionName: name,
    functionArn: `arn:aws:lambda:eu-west-1:000000000000:function:${name}`,
    handler: `functions/${name}.handler`,
    modulePath: fileURLToPath(new URL(`./functions/${name}.js`, import.meta.url)),
    handlerExport: 'handler',
    runtime: 'nodejs20.x',
    region: 'eu-west-1',
    isolation,
    initializationType: 'on-demand',
    settings: {} as Settings,
    stores: { kind: 'sqlite', directory: storesDirectory },
    timeoutMs: 30_000,
    memoryMB: 512,
    environment: {},
    logLevel: 'silent',
    nice: 0,
  };
  const platform = async () => undefined;
  return createPool(spec, { platform, log, environments: 1, provisionedConcurrency: 0, idleMs: 600_000 });
}

/** About 150 bytes of JSON each, as devices send them. */
function batchOf(partition: number, count: number): Batch {
  const writer = new FrameWriter(count * 200);
  for (let i = 0; i < count; i++) {
    const value = Buffer.from(
      JSON.stringify({
        ts: 1_790_000_000_000 + i,
        seq: i,
        temperature: 21.5 + (i % 10),
        humidity: 40.25,
        battery: 3.705,
        firmware: '1.4.2',
        location: 'hall 3, line 2, cell 17',
      }),
    );
    writer.write({
      kind: RecordKind.acknowledged,
      arrivalTime: 1_790_000_000_000,
      key: `device-${i % 1_000}`,
      value,
    });
  }
  return { stream: 'bench', partition, baseOffset: 0n, count, frames: writer.take() };
}

async function throughput(isolation: Isolation, name: FunctionName, batchSize: number): Promise<Throughput> {
  const pool = poolOf(isolation, name);
  const source = {
    kind: 'kinesis',
    stream: 'bench',
    arn: 'arn:aws:kinesis:eu-west-1:000000000000:stream/bench',
    bootstrapServers: [],
    reportsFailures: true,
  } as const;
  let records = 0;
  let until = 0;
  const lane = async (partition: number) => {
    const batch = batchOf(partition, batchSize);
    while (performance.now() < until) {
      const outcome = await pool.processBatch({ source, batch });
      if (outcome.kind !== 'success') throw new Error(`${isolation} ${name}: ${JSON.stringify(outcome)}`);
      records += batchSize;
    }
  };
  const run = async (length: number) => {
    until = performance.now() + length * 1000;
    await Promise.all(Array.from({ length: LANES }, (_, partition) => lane(partition)));
  };
  try {
    await run(seconds / 2);
    records = 0;
    const [cpu, begun] = [cpuSeconds(), performance.now()];
    await run(seconds);
    const elapsed = (performance.now() - begun) / 1000;
    const used = cpuSeconds() - cpu;
    return {
      isolation,
      function: name,
      batchSize,
      recordsPerSecond: Math.round(records / elapsed),
      cpuSecondsPerMillion: (used / records) * 1e6,
    };
  } finally {
    await pool.close();
  }
}

async function starts(isolation: Isolation, name: FunctionName): Promise<Starts> {
  const times = { spawn: [] as number[], import: [] as number[], firstInvoke: [] as number[] };
  for (let i = 0; i < COLD_STARTS; i++) {
    const pool = poolOf(isolation, name);
    await pool.invoke({ payload: Buffer.from('{"Records":[]}') });
    const [start] = pool.stats.recentColdStarts;
    times.spawn.push(start!.spawnMs);
    times.import.push(start!.importMs);
    times.firstInvoke.push(start!.firstInvokeMs);
    await pool.close();
  }
  const shape = (values: number[]): readonly [number, number] => {
    const sorted = values.sort((a, b) => a - b);
    return [sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!];
  };
  return {
    isolation,
    function: name,
    spawn: shape(times.spawn),
    import: shape(times.import),
    firstInvoke: shape(times.firstInvoke),
  };
}

const number = (value: number, digits = 0) =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[at]!))).join('  '),
    )
    .join('\n');
}

const startedAt = new Date().toISOString();
const measured: Throughput[] = [];
for (const name of FUNCTIONS) {
  for (const batchSize of BATCH_SIZES) {
    for (const isolation of ISOLATIONS) measured.push(await throughput(isolation, name, batchSize));
  }
}
const coldStarts: Starts[] = [];
for (const name of ['trivial', 'plain-trivial'] as const) {
  for (const isolation of ISOLATIONS) coldStarts.push(await starts(isolation, name));
}
rmSync(storesDirectory, { recursive: true, force: true });

console.log('records/s (CPU seconds per million)\n');
console.log(
  table([
    ['function, batch size', ...ISOLATIONS],
    ...FUNCTIONS.flatMap((name) =>
      BATCH_SIZES.map((size) => [
        `${name}, ${number(size)}`,
        ...ISOLATIONS.map((isolation) => {
          const one = measured.find(
            (m) => m.function === name && m.batchSize === size && m.isolation === isolation,
          )!;
          return `${number(one.recordsPerSecond)} (${number(one.cpuSecondsPerMillion, 2)})`;
        }),
      ]),
    ),
  ]),
);
console.log(`\ncold starts, ms: median (longest of ${COLD_STARTS})\n`);
console.log(
  table([
    ['function, isolation', 'spawn', 'import', 'first invoke'],
    ...coldStarts.map((one) => [
      `${one.function}, ${one.isolation}`,
      ...[one.spawn, one.import, one.firstInvoke].map(
        ([median, longest]) => `${number(median, 1)} (${number(longest, 1)})`,
      ),
    ]),
  ]),
);
const aim = measured.find(
  (m) => m.isolation === 'worker' && m.function === 'trivial' && m.batchSize === 1_000,
)!;
console.log(
  `\nworker, trivial, 1,000: ${number(aim.recordsPerSecond)} records/s; aim >= 1,000,000: ${aim.recordsPerSecond >= 1e6 ? 'reached' : 'SHORT'}`,
);

const machine = { cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), node: process.version };
const folder = join(process.cwd(), 'bench', 'results');
mkdirSync(folder, { recursive: true });
const file = join(folder, `${startedAt.slice(0, 16).replace(':', '')}-environments.json`);
writeFileSync(
  file,
  `${JSON.stringify({ startedAt, machine, seconds, lanes: LANES, measured, coldStarts }, null, 2)}\n`,
);
console.log(`\nkept in ${file}`);
