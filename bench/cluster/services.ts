/** The services of a cluster to be measured, by the scripts of `test/services/`, and the processes that use them. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError } from '../../common/errors.js';
import { cpuSecondsOf } from '../driver/process-stats.js';
import { type Publishee, startMosquitto } from '../publisher/servers.js';
import { dist } from '../servers.js';

const run = promisify(execFile);
const root = dirname(dist);
const START_MS = 60_000;

export interface Services {
  readonly brokers: string;
  readonly databaseUrl: string;
  readonly mosquitto: Publishee;
  readonly env: Readonly<Record<string, string>>;
  /** CPU seconds so far of Kafka and of PostgreSQL with its sessions. */
  cpu(): { readonly kafka: number; readonly postgres: number };
  stop(): Promise<void>;
}

export async function startServices(): Promise<Services> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-cluster-'));
  // Root runs PostgreSQL as another user, who has to get in.
  chmodSync(folder, 0o711);
  const script = async (name: string, ...args: string[]) => {
    const directory = join(folder, name);
    mkdirSync(directory, { recursive: true });
    const [action, ...more] = args;
    const file = join(root, 'test', 'services', `${name}.mjs`);
    return (await run(process.execPath, [file, action!, directory, ...more])).stdout;
  };
  const kafka = JSON.parse(await script('kafka', 'start')) as { brokers: string; pid: number };
  const postgres = JSON.parse(await script('postgres', 'start')) as { url: string; pid: number };
  const mosquitto = await startMosquitto();
  if (mosquitto === null) throw new MillraceError('no mosquitto on PATH', { code: 'BENCH_SERVER' });
  return {
    brokers: kafka.brokers,
    databaseUrl: postgres.url,
    mosquitto,
    env: {
      KAFKA_BROKERS: kafka.brokers,
      DATABASE_URL: postgres.url,
      MQTT_URL: `mqtt://127.0.0.1:${mosquitto.port}`,
    },
    cpu: () => ({ kafka: cpuSecondsOf(kafka.pid), postgres: cpuWithChildren(postgres.pid) }),
    async stop() {
      await mosquitto.stop();
      await script('kafka', 'stop', '--kill');
      await script('postgres', 'stop', '--kill');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Of a server and its sessions, those that have ended included. */
function cpuWithChildren(pid: number): number {
  let sum = cpuSecondsOf(pid);
  // Fields 16 and 17 of proc(5)'s stat, in hundredths of a second: of children that were waited for.
  for (const field of [13, 14]) sum += Number(statOf(`${pid}`)![field]) / 100;
  for (const entry of readdirSync('/proc')) {
    if (/^\d+$/.test(entry) && Number(statOf(entry)?.[1]) === pid) sum += cpuSecondsOf(Number(entry));
  }
  return sum;
}

/** Fields from the third on; undefined when the process has ended. */
function statOf(pid: string): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

export interface Process {
  readonly pid: number;
  readonly http: string;
  readonly mqttPort: number;
  stop(): Promise<void>;
}

/** `millrace start` with a folder of its own. */
export async function startProcess(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Process> {
  const data = mkdtempSync(join(tmpdir(), 'millrace-bench-process-'));
  const child = spawn(process.execPath, [join(dist, 'cli', 'main.js'), 'start', ...args], {
    cwd: root,
    env: {
      ...process.env,
      MILLRACE_MQTT_PORT: '0',
      MILLRACE_HTTP_PORT: '0',
      MILLRACE_DATA_DIR: data,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const { mqtt, http } = await addresses(child);
  return {
    pid: child.pid!,
    http,
    mqttPort: Number(new URL(mqtt).port),
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      rmSync(data, { recursive: true, force: true });
    },
  };
}

function addresses(child: ChildProcess): Promise<{ mqtt: string; http: string }> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = () =>
      reject(new MillraceError(`a process did not start: ${text}`, { code: 'BENCH_SERVER' }));
    const timer = setTimeout(fail, START_MS);
    child.once('exit', fail);
    child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const mqtt = /MQTT\s+(mqtt:\/\/\S+)\s/.exec(text)?.[1];
      const http = /HTTP\s+(http:\/\/\S+)\s/.exec(text)?.[1];
      if (mqtt === undefined || http === undefined) return;
      clearTimeout(timer);
      child.removeListener('exit', fail);
      resolve({ mqtt, http });
    });
  });
}
