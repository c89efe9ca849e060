/** The load generators side by side: the simulators' driver, mosquitto_pub, MQTT.js. Each in a process of its own. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MillraceError } from '../../common/errors.js';
import { dist } from '../servers.js';
import type { LoadResult, LoadTask } from './load.js';
import { PAYLOAD, topicOf } from './plans.js';

export interface Rate {
  readonly perSecond: number;
  /** Per second of its own CPU time, user and system: what one core does. */
  readonly perCpuSecond: number;
  readonly cpuSeconds: number;
  /** Over its whole run, the warm-up included. */
  readonly sent: number;
}

const TIMEOUT_MS = 120_000;

const run = promisify(execFile);

export async function runLoad(task: LoadTask): Promise<LoadResult> {
  return JSON.parse(await node(['--expose-gc'], 'load.js', task)) as LoadResult;
}

export async function runMqttJs(task: {
  readonly port: number;
  readonly qos: 0 | 1;
  readonly connections: number;
  readonly seconds: number;
}): Promise<Rate> {
  return JSON.parse(await node([], 'mqttjs.js', task)) as Rate;
}

async function node(flags: readonly string[], script: string, task: object): Promise<string> {
  const file = join(dist, 'bench/publisher', script);
  const { stdout } = await run(process.execPath, [...flags, file, JSON.stringify(task)], {
    timeout: TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  return stdout;
}

/** Lines from a file over one connection. @returns null when it is not installed */
export async function runMosquittoPub(port: number, qos: 0 | 1, messages: number): Promise<Rate | null> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-lines-'));
  try {
    const file = join(folder, 'lines');
    await writeLines(file, messages);
    // bash's own `time` knows the CPU time of a child to the millisecond.
    const script =
      'command -v mosquitto_pub >/dev/null || exit 9; TIMEFORMAT="%R %U %S"; ' +
      'time mosquitto_pub -h 127.0.0.1 -p "$1" -t "$2" -q "$3" -l < "$4"';
    const child = spawn('bash', ['-c', script, 'bash', String(port), topicOf(0), String(qos), file], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let text = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    const [code] = (await once(child, 'close')) as [number];
    if (code === 9) return null;
    const times = /([\d.]+) ([\d.]+) ([\d.]+)\s*$/.exec(text);
    if (code !== 0 || times === null) {
      throw new MillraceError(`mosquitto_pub failed: ${text}`, { code: 'BENCH_GENERATOR' });
    }
    const [seconds, user, system] = times.slice(1).map(Number) as [number, number, number];
    return {
      perSecond: messages / seconds,
      perCpuSecond: messages / (user + system),
      cpuSeconds: user + system,
      sent: messages,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function writeLines(file: string, count: number): Promise<void> {
  const stream = createWriteStream(file);
  const line = `${PAYLOAD.toString()}\n`;
  const block = line.repeat(1_000);
  for (let i = 0; i < count; i += 1_000) stream.write(block);
  stream.end();
  await once(stream, 'close');
}
