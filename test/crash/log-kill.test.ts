import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openCheckpointFile } from '../../streams/embedded/checkpoint-file.js';
import { openStream, segmentsOf } from '../support/embedded.js';
import { readAll, withDirectory } from '../support/streams.js';

const ROUNDS = 20;
const PARTITIONS = 3;

test('after kill -9 at any moment everything acknowledged is there, once and in order', async () => {
  await withDirectory(async (directory) => {
    const acknowledged = new Set<number>();
    let first = 0;
    for (let round = 0; round < ROUNDS; round++) {
      for (const number of await appendAndKill(directory, first, Math.random() * 80)) {
        acknowledged.add(number);
      }
      // Numbers beyond the last acknowledged one may be in the log: the next round begins well behind them.
      first = Math.max(first, ...acknowledged) + 10_000;
    }
    expect(acknowledged.size).toBeGreaterThan(ROUNDS);

    const stream = await openStream(directory, { partitions: PARTITIONS });
    expect(stream.recovery.damage).toEqual([]);
    const stored = new Set<number>();
    for (let p = 0; p < PARTITIONS; p++) {
      let previous = -1;
      let offset = 0n;
      for (const record of await readAll(stream, p, 10_000)) {
        const number = Number(Buffer.from(record.value).toString());
        expect(record.offset).toBe(offset++);
        expect(number % PARTITIONS).toBe(p);
        expect(number).toBeGreaterThan(previous);
        previous = number;
        stored.add(number);
      }
      expect(stream.counts(p)).toEqual({ acknowledged: Number(offset), received: 0, tick: 0 });
    }
    expect([...acknowledged].filter((number) => !stored.has(number))).toEqual([]);
    expect((await segmentsOf(directory)).length).toBeGreaterThan(1);
    await stream.close();

    const checkpoints = openCheckpointFile(join(directory, 'checkpoints'));
    expect(checkpoints.damagedSlots).toEqual([]);
    const last = checkpoints.load('reader', 0) ?? 0n;
    const saved = [...acknowledged].filter((number) => number % 100 === 0);
    expect(last).toBeGreaterThanOrEqual(BigInt(Math.max(0, ...saved)));
    checkpoints.close();
  });
}, 120_000);

/** Runs the appender until `ms` after its first acknowledgement, and returns the numbers it printed whole. */
async function appendAndKill(directory: string, first: number, ms: number): Promise<number[]> {
  const program = join(process.cwd(), 'dist', 'test', 'support', 'log-appender.js');
  const child = spawn(process.execPath, [program, directory, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  let output = '';
  let isFirst = true;
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    if (isFirst) setTimeout(() => child.kill('SIGKILL'), ms);
    isFirst = false;
  });
  const [, signal] = (await closed) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return output.slice(0, output.lastIndexOf('\n')).split('\n').map(Number);
}
