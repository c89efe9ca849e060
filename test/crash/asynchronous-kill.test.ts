import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { withDirectory } from '../support/streams.js';

const ROUNDS = 8;

test('after kill -9 at any moment every queued event is run, or its failure reported', async () => {
  await withDirectory(async (directory) => {
    const path = join(directory, 'asynchronous.db');
    const said = { queued: new Set<number>(), ran: new Set<number>(), reported: new Set<number>() };
    const note = (output: string) => {
      // A line that the kill cut off was not said.
      for (const line of output.slice(0, output.lastIndexOf('\n')).split('\n')) {
        const [what, number] = line.split(' ') as [keyof typeof said, string];
        if (line !== '') said[what].add(Number(number));
      }
    };
    for (let round = 0; round < ROUNDS; round++) {
      const { output, signal } = await work(path, String(round * 1_000_000), Math.random() * 100);
      expect(signal).toBe('SIGKILL');
      note(output);
    }
    expect(said.queued.size).toBeGreaterThan(ROUNDS);
    const { output, code } = await work(path, 'drain');
    expect(code).toBe(0);
    note(output);
    const lost = [...said.queued].filter((number) => !said.ran.has(number) && !said.reported.has(number));
    expect(lost).toEqual([]);
    for (const number of said.reported) expect(number % 5).toBe(0);
    for (const number of said.ran) expect(number % 5).not.toBe(0);
  });
}, 120_000);

/** Runs the worker to its end, or until `killAfter` ms after it first said something. */
async function work(path: string, argument: string, killAfter?: number) {
  const program = join(process.cwd(), 'dist', 'test', 'support', 'asynchronous-worker.js');
  const child = spawn(process.execPath, [program, path, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    if (output === '' && killAfter !== undefined) setTimeout(() => child.kill('SIGKILL'), killAfter);
    output += chunk.toString();
  });
  const [code, signal] = (await closed) as [number | null, string | null];
  return { output, code, signal };
}
