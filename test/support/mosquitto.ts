/** A real Mosquitto for tests: on ports of its own, with plain, TLS and WebSocket listeners as asked for. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { connectAsync } from 'mqtt';
import { freePorts } from './free-ports.js';
import { poll } from './poll.js';
import { commandOnPath } from './services.js';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface Mosquitto {
  readonly port: number;
  readonly tlsPort: number;
  readonly wsPort: number;
  /** Self-made, for `localhost`; files. */
  readonly certificate: Certificate;
  readonly pid: number;
  /** Starts it again after `kill`, on the same ports, without what it had in memory. */
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Ends it as an administrator would: with `persistence`, sessions and what is queued for them are saved. */
  stop(): Promise<void>;
  close(): Promise<void>;
}

export interface MosquittoOptions {
  /** Only this user may connect. */
  readonly user?: { readonly name: string; readonly password: string };
  /** Keeps sessions and their queues on disk when it is stopped. */
  readonly persistence?: boolean;
}

/** Throws when it is not installed; Debian puts it where only root looks. */
export function mosquittoCommand(): string {
  process.env.PATH = `${process.env.PATH ?? ''}${delimiter}/usr/sbin`;
  return commandOnPath('mosquitto');
}

export async function startMosquitto(options: MosquittoOptions = {}): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-mosquitto-'));
  const certificate = makeCertificate(folder);
  const [port, tlsPort, wsPort] = (await freePorts(3)) as [number, number, number];
  const access = accessLines(folder, options);
  const config = join(folder, 'mosquitto.conf');
  writeFileSync(
    config,
    [
      'per_listener_settings false',
      ...access,
      ...(options.persistence
        ? ['persistence true', `persistence_location ${folder}/`]
        : ['persistence false']),
      'max_inflight_messages 0',
      'max_queued_messages 0',
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      `listener ${port} 127.0.0.1`,
      `listener ${tlsPort} 127.0.0.1`,
      `certfile ${certificate.cert}`,
      `keyfile ${certificate.key}`,
      `listener ${wsPort} 127.0.0.1`,
      'protocol websockets',
      '',
    ].join('\n'),
  );
  let child: ChildProcess;
  const start = async () => {
    child = spawn(mosquittoCommand(), ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
    let log = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-4_000);
    });
    const { name, password } = options.user ?? {};
    await poll(
      async () => {
        if (child.exitCode !== null) throw new Error(`mosquitto ended: ${log}`);
        const client = await connectAsync(
          `mqtt://127.0.0.1:${port}`,
          { ...(name === undefined ? {} : { username: name, password: password! }), connectTimeout: 2_000 },
          false,
        );
        await client.endAsync();
        return true;
      },
      { what: 'mosquitto having started' },
    );
  };
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  };
  await start();
  return {
    port,
    tlsPort,
    wsPort,
    certificate,
    get pid() {
      return child.pid!;
    },
    start,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    close: async () => {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function accessLines(folder: string, { user }: MosquittoOptions): string[] {
  if (user === undefined) return ['allow_anonymous true'];
  const file = join(folder, 'passwords');
  execFileSync(commandOnPath('mosquitto_passwd'), ['-b', '-c', file, user.name, user.password], {
    stdio: 'ignore',
  });
  if (process.getuid?.() === 0) chownSync(file, 0, 0);
  return ['allow_anonymous false', `password_file ${file}`];
}

function makeCertificate(folder: string): Certificate {
  const key = join(folder, 'key.pem');
  const cert = join(folder, 'cert.pem');
  execFileSync(
    commandOnPath('openssl'),
    // biome-ignore format: flags with their values
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
     '-keyout', key, '-out', cert, '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'],
    { stdio: 'ignore' },
  );
  return { key, cert };
}
