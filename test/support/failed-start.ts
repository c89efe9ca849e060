/** Starts the product where it must not start, and collects how it said so. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { projectRoot } from './project-root.js';

export interface FailedStart {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param timeoutMs after this it is killed, and `code` is null */
export function failedStart(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs = 20_000,
): Promise<FailedStart> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(projectRoot, 'dist', 'cli', 'main.js'), 'start', ...args],
      {
        cwd: projectRoot,
        env: { ...process.env, MILLRACE_MQTT_PORT: '0', MILLRACE_HTTP_PORT: '0', ...env },
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
      },
      (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr: stripVTControlCharacters(stderr) }),
    );
  });
}
