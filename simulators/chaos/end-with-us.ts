/** A child process must not outlive the run that started it, however the run ends. */
import type { ChildProcess } from 'node:child_process';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Kills the child when this process exits, and when a signal is about to end it. Whoever else listens for the signal
 * decides what it means: then nothing is done before the exit. Call the answer when the child has ended.
 */
export function endWithUs(child: ChildProcess): () => void {
  const kill = () => void child.kill('SIGKILL');
  const onSignal = (signal: NodeJS.Signals) => {
    // Others of our kind kill their own child and wait for the last of them to pass the signal on.
    const others = process.listeners(signal).filter((listener) => !ours.has(listener));
    if (others.length > 0) return;
    kill();
    release();
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  const release = () => {
    process.off('exit', kill);
    for (const signal of SIGNALS) process.off(signal, onSignal);
    ours.delete(onSignal);
  };
  ours.add(onSignal);
  process.on('exit', kill);
  // First in line: who listens once is gone when the next one is asked.
  for (const signal of SIGNALS) process.prependListener(signal, onSignal);
  return release;
}

const ours = new Set<(...args: never[]) => void>();
