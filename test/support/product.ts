/**
 * The real product as a child process, for crash and e2e tests: `node dist/cli/main.js start` on free ports.
 * Needs `npm run build` (the test scripts do that). What a test leaves running is killed after the test file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { projectRoot } from './project-root.js';

export interface ProductOptions {
  /** Default: a new directory, removed after the test file. Give the old one to restart on its data. */
  readonly dataDir?: string;
  /** Added to the environment; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: `start`. */
  readonly command?: 'start' | 'dev';
  /** Folder of another installation, `copyInstallation` makes one; default: this one. */
  readonly root?: string;
  /** Further arguments of the command. */
  readonly args?: readonly string[];
  /** How long the banner may take (ms). */
  readonly timeoutMs?: number;
}

export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Product {
  readonly mqttUrl: string;
  readonly httpUrl: string;
  readonly dataDir: string;
  readonly pid: number;
  /** Everything it wrote so far to stdout and stderr. */
  output(): string;
  /** Sends the signal (default SIGTERM) and waits for the end. Of a process that has ended, just how it did. */
  stop(signal?: NodeJS.Signals): Promise<ExitStatus>;
  kill9(): Promise<ExitStatus>;
}

const running = new Set<ChildProcess>();
const directories = new Set<string>();

afterAll(async () => {
  await Promise.all([...running].map((child) => end(child, 'SIGKILL')));
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
  directories.clear();
});

/** A new empty directory that is removed after the test file. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-test-'));
  directories.add(directory);
  return directory;
}

/** Starts the product and resolves when its banner names both addresses. Rejects, with its output, if it ends. */
export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const dataDir = options.dataDir ?? temporaryDirectory();
  const env = {
    ...process.env,
    MILLRACE_DATA_DIR: dataDir,
    MILLRACE_HOST: '127.0.0.1',
    MILLRACE_MQTT_PORT: '0',
    MILLRACE_HTTP_PORT: '0',
    ...options.env,
  };
  const { root = projectRoot, command = 'start', args = [] } = options;
  const child = spawn(process.execPath, [join(root, 'dist', 'cli', 'main.js'), command, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let text = '';
  let started = false;
  const output = () => stripVTControlCharacters(text);
  const { mqttUrl, httpUrl } = await new Promise<{ mqttUrl: string; httpUrl: string }>((resolve, reject) => {
    const timeoutMs = options.timeoutMs ?? 30_000;
    const timer = setTimeout(() => fail(`no banner within ${timeoutMs} ms`), timeoutMs);
    const fail = (what: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(new Error(`the product did not start: ${what}\n${output()}`));
    };
    const read = (chunk: string) => {
      text += chunk;
      if (started) return;
      // The white space after an address tells that the chunk did not end in the middle of it.
      const mqtt = /MQTT\s+(mqtt:\/\/\S+)\s/.exec(output())?.[1];
      const http = /HTTP\s+(http:\/\/\S+)\s/.exec(output())?.[1];
      if (mqtt === undefined || http === undefined) return;
      started = true;
      clearTimeout(timer);
      resolve({ mqttUrl: mqtt, httpUrl: http.replace(/\/$/, '') });
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  return {
    mqttUrl,
    httpUrl,
    dataDir,
    pid: child.pid!,
    output,
    stop: (signal = 'SIGTERM') => end(child, signal),
    kill9: () => end(child, 'SIGKILL'),
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<ExitStatus> {
  if (child.exitCode === null && child.signalCode === null) {
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }
  return { code: child.exitCode, signal: child.signalCode };
}
