/** Runs the millrace command to its end. Needs `npm run build`. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { projectRoot } from './project-root.js';

export interface CommandResult {
  /** Null when it was killed for taking too long. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * @param input what it reads from stdin
 * @param env added to this process's
 */
export function command(
  args: readonly string[],
  input = '',
  timeoutMs = 20_000,
  env: Readonly<Record<string, string>> = {},
): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(projectRoot, 'dist', 'cli', 'main.js'), ...args],
      { cwd: projectRoot, timeout: timeoutMs, killSignal: 'SIGKILL', env: { ...process.env, ...env } },
      (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr: stripVTControlCharacters(stderr) }),
    );
    child.stdin?.end(input);
  });
}
