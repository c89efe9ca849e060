/**
 * Sees to it that no process of an environment outlives its host: one that is stopped (SIGSTOP) cannot notice that its
 * host was killed, and would stay for ever. A shell holds the other end of a pipe; when that closes, for whatever
 * reason, it kills the processes it was told of last. There is one for all environments of this process.
 */
import { type ChildProcess, spawn } from 'node:child_process';

/** Each line replaces the list. Signals to the whole group (Ctrl-C) are the host's to handle. */
const SCRIPT = `trap '' INT TERM HUP; pids=; while read -r line; do pids=$line; done; [ -z "$pids" ] || kill -KILL $pids 2>/dev/null`;

const guarded = new Set<number>();
let shell: ChildProcess | undefined;

/** Returns how to end the watch over it. */
export function guard(pid: number): () => void {
  guarded.add(pid);
  tell();
  return () => {
    guarded.delete(pid);
    tell();
    if (guarded.size > 0) return;
    shell?.stdin?.end();
    shell = undefined;
  };
}

function tell(): void {
  if (shell === undefined) {
    shell = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'] });
    // Without a shell nothing is lost but this safety: environments that run end by themselves with their host.
    shell.on('error', () => undefined);
    shell.stdin?.on('error', () => undefined);
    shell.unref();
    (shell.stdin as unknown as { unref?(): void } | null)?.unref?.();
  }
  shell.stdin?.write(`${[...guarded].join(' ')}\n`);
}
