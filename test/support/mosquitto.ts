/** A real Mosquitto on a port of its own, for as long as a test needs it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePorts } from './free-ports.js';
import { poll } from './poll.js';
import { commandOnPath } from './services.js';

export interface Mosquitto {
  readonly port: number;
  close(): Promise<void>;
}

/** Throws when it is not installed; Debian puts it where only root looks. */
export function mosquittoCommand(): string {
  process.env.PATH = `${process.env.PATH ?? ''}${delimiter}/usr/sbin`;
  return commandOnPath('mosquitto');
}

export async function startMosquitto(): Promise<Mosquitto> {
  const [port] = (await freePorts(1)) as [number];
  const folder = mkdtempSync(join(tmpdir(), 'millrace-mosquitto-'));
  const config = join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} 127.0.0.1`,
    'allow_anonymous true',
    'persistence false',
    'max_queued_messages 0',
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const child = spawn(mosquittoCommand(), ['-c', config], { stdio: 'ignore' });
  const exited = once(child, 'exit');
  await poll(() => accepts(port), { what: 'Mosquitto' });
  return {
    port,
    async close() {
      child.kill();
      await exited;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
