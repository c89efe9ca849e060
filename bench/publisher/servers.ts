/** What is published to: the sink, and Mosquitto. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { MillraceError } from '../../common/errors.js';
import { dist } from '../servers.js';

export interface Publishee {
  readonly name: string;
  readonly port: number;
  /** Publishes it has had; null: it does not tell. */
  received(): Promise<number | null>;
  stop(): Promise<void>;
}

export async function startSink(): Promise<Publishee> {
  const child = spawn(process.execPath, [join(dist, 'bench/publisher/sink.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const numberIn = async (pattern: RegExp) => {
    const { value } = await lines.next();
    const match = pattern.exec(String(value));
    if (match === null) throw new MillraceError(`the sink says ${String(value)}`, { code: 'BENCH_SERVER' });
    return Number(match[1]);
  };
  const port = await numberIn(/:(\d+) /);
  return {
    name: 'sink',
    port,
    received: () => {
      child.kill('SIGUSR2');
      return numberIn(/^publishes (\d+)$/);
    },
    stop: () => stopped(child),
  };
}

/** Null when there is none on this machine. */
export async function startMosquitto(): Promise<Publishee | null> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-mosquitto-'));
  const port = await freePort();
  const config = join(folder, 'mosquitto.conf');
  // Debian's own user may not read a folder of ours.
  const user = process.getuid?.() === 0 ? ['user root'] : [];
  writeFileSync(config, [...user, `listener ${port} 127.0.0.1`, 'allow_anonymous true', ''].join('\n'));
  const env = { ...process.env, PATH: `${process.env.PATH ?? ''}${delimiter}/usr/sbin` };
  const child = spawn('mosquitto', ['-c', config], { stdio: 'ignore', env });
  let isMissing = false;
  child.once('error', () => {
    isMissing = true;
  });
  for (let i = 0; i < 100 && !isMissing; i++) {
    if (await listens(port)) {
      return {
        name: 'Mosquitto',
        port,
        received: () => Promise.resolve(null),
        stop: async () => {
          await stopped(child);
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }
    await delay(50);
  }
  rmSync(folder, { recursive: true, force: true });
  return null;
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}
