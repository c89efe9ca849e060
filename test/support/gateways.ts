/** Gateways as processes of their own (`gateway-process.ts`, from dist/), and what their logs hold in the end. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openStream } from './embedded.js';
import { projectRoot } from './project-root.js';
import { readAll } from './streams.js';

export const GATEWAY_PARTITIONS = 3;

export interface Gateway {
  readonly pid: number;
  /** Everything it wrote so far. */
  output(): string;
  /** Sentinels that it has stored. */
  sentinels(): string[];
  kill9(): Promise<void>;
  /** Stops it cleanly. Returns what it counted. */
  stop(): Promise<Readonly<Record<string, number>>>;
}

/** Resolves when it is connected to the broker; rejects with its output when it ends before. */
export async function startGateway(
  directory: string,
  env: Readonly<Record<string, string>>,
): Promise<Gateway> {
  const program = join(projectRoot, 'dist', 'test', 'support', 'gateway-process.js');
  const child = spawn(process.execPath, [program, directory, String(GATEWAY_PARTITIONS)], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  await new Promise<void>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (/^ready$/m.test(text)) resolve();
    });
    child.once('close', () => reject(new Error(`the gateway ended: ${text}`)));
  });
  return {
    pid: child.pid!,
    output: () => text,
    sentinels: () => [...text.matchAll(/^stored (\S+)$/gm)].map(([, id]) => id!),
    kill9: () => end(child, 'SIGKILL'),
    async stop() {
      await end(child, 'SIGTERM');
      return JSON.parse(text.trimEnd().split('\n').at(-1)!);
    },
  };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = once(child, 'close');
  child.kill(signal);
  await closed;
}

/** Every record of the log: device and payload, each partition in its order. */
export async function storedIn(directory: string): Promise<{ deviceId: string; payload: string }[]> {
  const stream = await openStream(directory, { partitions: GATEWAY_PARTITIONS });
  try {
    const stored = [];
    for (let partition = 0; partition < GATEWAY_PARTITIONS; partition++) {
      for (const record of await readAll(stream, partition, 10_000)) {
        stored.push({ deviceId: record.key, payload: Buffer.from(record.value).toString() });
      }
    }
    return stored;
  } finally {
    await stream.close();
  }
}
