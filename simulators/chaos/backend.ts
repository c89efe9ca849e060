/**
 * A Millrace of this machine that belongs to a run: started as a process of its own, so that it can be killed, stopped
 * and started again on the same ports and data like any backend that has a bad day.
 *
 * Only the process that was started here is ever signalled, through its handle: a number that the system has given to
 * another process in the meantime is never touched.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { MillraceError, messageOf } from '../../common/errors.js';
import { endWithUs } from './end-with-us.js';
import { restartablePort } from './ports.js';

export interface BackendOptions {
  /** Of the installation whose `dist/cli/main.js` is run. */
  readonly root: string;
  /** Kept afterwards. Absent: a new one, which goes when the backend is stopped for good. */
  readonly dataDir?: string;
  /** `serverless.yml` to run; absent: the installation's. */
  readonly config?: string;
  readonly host?: string;
  /** Absent: free ones. */
  readonly mqttPort?: number;
  readonly httpPort?: number;
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long a start may take, ms. */
  readonly startTimeoutMs?: number;
}

/** How a process ended. */
export interface BackendExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LocalBackend {
  readonly host: string;
  /** The same after every restart. */
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly mqttUrl: string;
  readonly httpUrl: string;
  readonly dataDir: string;
  /** Null while it is down. */
  readonly pid: number | null;
  /** What it wrote since the first start, the latest 64 KiB. */
  output(): string;
  /** kill -9; resolves when it is gone. Of a backend that is down: nothing. */
  kill(): Promise<void>;
  /** Starts it again; resolves when it takes connections. Of a backend that is up: nothing. */
  start(): Promise<void>;
  /** SIGTERM, waits for the end, starts again. Code `BACKEND_EXIT` when it did not end in order. */
  restart(): Promise<void>;
  /** SIGSTOP: keeps its sockets, does nothing. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
  /** Ends it for good, whatever state it is in. Answers how it ended; null when it was down. */
  stop(): Promise<BackendExit | null>;
}

const OUTPUT_KEPT = 64 * 1024;
const START_TIMEOUT_MS = 30_000;
/** A backend may take its time to drain; then it is killed. */
const STOP_TIMEOUT_MS = 20_000;
/** Somebody else may take a port between the look and the start. */
const PORT_ATTEMPTS = 5;

/** Resolves when it takes connections. Codes `BACKEND_START` and `BACKEND_PORT`; then nothing is left running. */
export async function startLocalBackend(options: BackendOptions): Promise<LocalBackend> {
  const own = options.dataDir === undefined;
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'millrace-simulation-'));
  const { host = '127.0.0.1' } = options;
  const named = options.mqttPort !== undefined && options.httpPort !== undefined;
  try {
    for (let attempt = 1; ; attempt++) {
      const mqttPort = options.mqttPort ?? (await restartablePort(host));
      const httpPort = options.httpPort ?? (await restartablePort(host));
      const backend = new BackendProcess(options, { host, mqttPort, httpPort, dataDir, own });
      try {
        await backend.start();
        return backend;
      } catch (error) {
        if (named || attempt === PORT_ATTEMPTS || !backend.output().includes('EADDRINUSE')) throw error;
      }
    }
  } catch (error) {
    if (own) rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
}

interface Place {
  readonly host: string;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly dataDir: string;
  /** The data directory was made for this backend. */
  readonly own: boolean;
}

class BackendProcess implements LocalBackend {
  readonly host: string;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly dataDir: string;
  readonly #options: BackendOptions;
  readonly #own: boolean;
  #child: ChildProcess | null = null;
  #text = '';
  #ended = false;

  constructor(options: BackendOptions, { host, mqttPort, httpPort, dataDir, own }: Place) {
    this.#options = options;
    this.host = host;
    this.mqttPort = mqttPort;
    this.httpPort = httpPort;
    this.dataDir = dataDir;
    this.#own = own;
  }

  get mqttUrl(): string {
    return `mqtt://${this.#address}:${this.mqttPort}`;
  }

  get httpUrl(): string {
    return `http://${this.#address}:${this.httpPort}`;
  }

  get #address(): string {
    return this.host.includes(':') ? `[${this.host}]` : this.host;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  output(): string {
    return stripVTControlCharacters(this.#text);
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  async start(): Promise<void> {
    if (this.#child !== null) return;
    if (this.#ended) throw this.#failure('it was stopped for good');
    const { root, config, env, startTimeoutMs = START_TIMEOUT_MS } = this.#options;
    const args = [join(root, 'dist', 'cli', 'main.js'), 'start', '--data-dir', this.dataDir];
    args.push('--host', this.host, '--mqtt-port', `${this.mqttPort}`, '--http-port', `${this.httpPort}`);
    if (config !== undefined) args.push('--config', config);
    // A group of its own: a Ctrl-C at the terminal is for the run, which then ends its backend in order.
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    const release = endWithUs(child);
    child.once('close', () => {
      release();
      if (this.#child === child) this.#child = null;
    });
    await this.#ready(child, startTimeoutMs);
  }

  async restart(): Promise<void> {
    const exit = await this.#end('SIGTERM');
    if (exit !== null && exit.code !== 0) {
      throw new MillraceError(`the backend ended with ${exit.signal ?? `exit code ${exit.code}`}`, {
        code: 'BACKEND_EXIT',
        hint: `It said: ${this.#lastWords()}`,
      });
    }
    await this.start();
  }

  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async stop(): Promise<BackendExit | null> {
    this.#ended = true;
    const exit = await this.#end('SIGTERM');
    if (this.#own) rmSync(this.dataDir, { recursive: true, force: true });
    return exit;
  }

  /** The banner comes when both ports are open. */
  #ready(child: ChildProcess, timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      let seen = '';
      let problem: string | undefined;
      const timer = setTimeout(() => {
        problem = `it was not ready within ${timeoutMs} ms`;
        child.kill('SIGKILL');
      }, timeoutMs);
      const read = (chunk: string) => {
        this.#text = (this.#text + chunk).slice(-OUTPUT_KEPT);
        if (seen === 'ready') return;
        seen += stripVTControlCharacters(chunk);
        if (!/^ {2}MQTT {2}\S+$/m.test(seen) || !/^ {2}HTTP {2}\S+ /m.test(seen)) return;
        seen = 'ready';
        clearTimeout(timer);
        resolve();
      };
      child.stdout!.setEncoding('utf8').on('data', read);
      child.stderr!.setEncoding('utf8').on('data', read);
      child.once('error', (error) => {
        problem = messageOf(error);
      });
      // Not before it is gone: whoever hears of the failure may remove its data.
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        reject(this.#failure(problem ?? `it ended with ${signal ?? `exit code ${code}`}`));
      });
    });
  }

  async #end(signal: 'SIGTERM' | 'SIGKILL'): Promise<BackendExit | null> {
    const child = this.#child;
    if (child === null) return null;
    const closed = once(child, 'close');
    child.kill(signal);
    // A process that is stopped hears of SIGTERM only when it goes on.
    if (signal === 'SIGTERM') child.kill('SIGCONT');
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await closed;
    clearTimeout(patience);
    return { code: child.exitCode, signal: child.signalCode };
  }

  #failure(what: string): MillraceError {
    return new MillraceError(`the local backend did not start: ${what}`, {
      code: 'BACKEND_START',
      hint: `It said: ${this.#lastWords()}`,
    });
  }

  #lastWords(): string {
    return this.output().trim().split('\n').slice(-12).join('\n') || 'nothing';
  }
}
