/** The two servers under test as child processes: the whole product, and the broker alone. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { MillraceError } from '../common/errors.js';

/** The folder of the built code. */
export const dist = join(dirname(fileURLToPath(import.meta.url)), '..');

const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;

export interface Server {
  readonly pid: number;
  readonly mqttPort: number;
  /** Base address of the query API; null for the broker alone. */
  readonly httpUrl: string | null;
  /** Ends it; rejects with `BENCH_SERVER` when it had ended by itself. */
  stop(): Promise<void>;
}

/**
 * The product on an empty data directory, which `stop` removes. The directory lies where `TMPDIR` says.
 * @param args of `millrace start`
 */
export async function startProduct(args: readonly string[] = []): Promise<Server> {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  const env = {
    ...process.env,
    MILLRACE_DATA_DIR: directory,
    MILLRACE_HOST: '127.0.0.1',
    MILLRACE_MQTT_PORT: '0',
    MILLRACE_HTTP_PORT: '0',
  };
  try {
    const server = await start(['cli/main.js', 'start', ...args], env, true);
    return { ...server, stop: () => server.stop().finally(remove) };
  } catch (error) {
    remove();
    throw error;
  }
}

export function startBroker(): Promise<Server> {
  return start(['bench/floors/broker.js'], process.env, false);
}

async function start(args: readonly string[], env: NodeJS.ProcessEnv, http: boolean): Promise<Server> {
  const [script, ...rest] = args as [string, ...string[]];
  const child = spawn(process.execPath, [join(dist, script), ...rest], {
    cwd: dirname(dist),
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const addresses = await new Promise<{ mqttPort: number; httpUrl: string | null }>((resolve, reject) => {
    const fail = (what: string) => {
      clearTimeout(timer);
      child.kill('SIGKILL');
      reject(
        new MillraceError(`${script} did not start: ${what}\n${text}`, {
          code: 'BENCH_SERVER',
          hint: 'npm run build?',
        }),
      );
    };
    const timer = setTimeout(() => fail(`no address within ${START_TIMEOUT_MS} ms`), START_TIMEOUT_MS);
    const read = (chunk: string) => {
      // The end is enough to say why it did not start, and a long benchmark must not collect a log.
      text = (text + stripVTControlCharacters(chunk)).slice(-8_000);
      const port = /MQTT\s+mqtt:\/\/\S+:(\d+)\s/.exec(text)?.[1];
      const url = /HTTP\s+(http:\/\/\S+)\s/.exec(text)?.[1];
      if (port === undefined || (http && url === undefined)) return;
      clearTimeout(timer);
      resolve({ mqttPort: Number(port), httpUrl: url?.replace(/\/$/, '') ?? null });
    };
    child.stdout.setEncoding('utf8').on('data', read);
    child.stderr.setEncoding('utf8').on('data', read);
    child.once('error', (error) => fail(error.message));
    child.once('close', (code, signal) => fail(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  return { ...addresses, pid: child.pid!, stop: () => stop(child, script, () => text) };
}

async function stop(child: ChildProcess, name: string, output: () => string): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) {
    const how = child.signalCode ?? `exit code ${child.exitCode}`;
    throw new MillraceError(`${name} ended by itself with ${how}\n${output()}`, { code: 'BENCH_SERVER' });
  }
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(timer);
}
