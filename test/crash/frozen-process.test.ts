/** A frozen environment cannot notice that its host was killed: its guardian ends it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { poll } from '../support/poll.js';
import { projectRoot } from '../support/project-root.js';

test('a frozen process does not outlive a host that was killed', async () => {
  const host = spawn(process.execPath, [join(projectRoot, 'dist/test/support/pool-host.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(host.stdout, 'data')) as [Buffer];
  const pid = Number(line.toString());
  await poll(() => stateOf(pid) === 'T', { what: `process ${pid} being stopped` });
  host.kill('SIGKILL');
  await poll(() => stateOf(pid) === null, { what: `the end of process ${pid}` });
}, 30_000);

/** The letter of proc(5); null when the process has ended, even if nobody has asked how yet. */
function stateOf(pid: number): string | null {
  try {
    const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? null;
    return state === 'Z' ? null : state;
  } catch {
    // No such process.
    return null;
  }
}
