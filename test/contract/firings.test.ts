import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openFirings } from '../../stores/sqlite/firings.js';
import { withDirectory } from '../support/streams.js';
import { firingsContract } from './firings.contract.js';

describe('SQLite', () => {
  firingsContract(async () => openFirings(':memory:'));

  test('of processes that claim the same moments at the same time, one wins each', async () => {
    const moments = 500;
    await withDirectory(async (directory) => {
      const program = join(process.cwd(), 'dist', 'test', 'support', 'firing-claimer.js');
      const path = join(directory, 'firings.db');
      const claimers = [1, 2].map(() => {
        const child = spawn(process.execPath, [program, path, String(moments)], {
          stdio: ['pipe', 'pipe', 'inherit'],
        });
        return { child, lines: linesOf(child) };
      });
      await Promise.all(claimers.map(({ child }) => once(child.stdout, 'data')));
      for (const { child } of claimers) child.stdin.write('go\n');
      const won = (await Promise.all(claimers.map(({ lines }) => lines))).map((lines) => {
        expect([lines[0], lines.at(-1)]).toEqual(['ready', 'end']);
        return lines.slice(1, -1).map(Number);
      });
      // A process may fall behind a later moment of the other one; that one is then the latest of those missed.
      const all = won.flat();
      expect(new Set(all).size).toBe(all.length);
      expect(Math.max(...all)).toBe(moments);
    });
  }, 30_000);
});

async function linesOf(child: ChildProcess): Promise<string[]> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  expect(code).toBe(0);
  return output.trim().split('\n');
}
