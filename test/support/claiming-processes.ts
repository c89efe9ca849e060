/** Processes that claim the same moments of one store at the same time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StoresConfig } from '../../stores/open.js';
import { projectRoot } from './project-root.js';

const PROGRAM = join(projectRoot, 'dist', 'test', 'support', 'firing-claimer.js');

/** @returns the moments (1 to `moments`) each process won. Rejects when a process fails. */
export async function claimingProcesses(
  config: StoresConfig,
  moments: number,
  processes = 2,
): Promise<number[][]> {
  const claimers = Array.from({ length: processes }, () => {
    const child = spawn(process.execPath, [PROGRAM, JSON.stringify(config), String(moments)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return { child, lines: linesOf(child) };
  });
  await Promise.all(claimers.map(({ child }) => once(child.stdout, 'data')));
  for (const { child } of claimers) child.stdin.write('go\n');
  const all = await Promise.all(claimers.map(({ lines }) => lines));
  return all.map((lines) => {
    if (lines[0] !== 'ready' || lines.at(-1) !== 'end') throw new Error(`not a claimer's: ${lines}`);
    return lines.slice(1, -1).map(Number);
  });
}

async function linesOf(child: ChildProcess): Promise<string[]> {
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`a claiming process ended with ${code}`);
  return output.trim().split('\n');
}
