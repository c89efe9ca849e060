#!/usr/bin/env node
/**
 * A PostgreSQL server of one's own, for tests and for trying things out. Needs an installed PostgreSQL (Debian:
 * `postgresql`), whose own cluster it leaves alone.
 *
 *     node test/services/postgres.mjs start DIR [--port N]    prints {"url","pid","dir"}
 *     node test/services/postgres.mjs stop DIR [--kill]
 *
 * DIR keeps the data and the port: start, stop and start again is a restart. `--kill` ends the server as a crash would:
 * it writes nothing more and recovers at its next start. It listens on loopback alone, without a Unix socket, and trusts
 * whoever connects: local use only. `fsync` is on, so that figures and crashes mean what they would elsewhere.
 *
 * PostgreSQL refuses to run as root: then it runs as the user `postgres`, who must be let through to DIR.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const HOST = '127.0.0.1';
const USER = 'millrace';
const WAIT_S = 60;

/** Starts a server on `directory`, or again on what an earlier start left there. Resolves when it answers. */
export async function startPostgres(directory, wantedPort) {
  const dir = resolve(directory);
  const data = join(dir, 'data');
  mkdirSync(dir, { recursive: true });
  if (pidOf(data) !== undefined) throw new Error(`a server runs on ${dir} already`);
  const account = accountFor(dir);
  if (!existsSync(join(dir, 'port'))) await initialize(dir, data, account, wantedPort);
  const port = readFileSync(join(dir, 'port'), 'utf8').trim();
  const options = [
    `-c listen_addresses=${HOST}`,
    `-c port=${port}`,
    "-c unix_socket_directories=''",
    '-c max_connections=200',
  ].join(' ');
  // Its log lies inside: the folder of the data is the only one its user may write to.
  const log = join(data, 'server.log');
  run(
    'pg_ctl',
    ['start', '-D', data, '-w', '-t', `${WAIT_S}`, '-l', log, '-o', options],
    account,
    `see ${log}`,
  );
  return { url: `postgres://${USER}@${HOST}:${port}/postgres`, pid: pidOf(data), dir };
}

/** Ends the server of `directory` and no other process; resolves when it is gone. */
export async function stopPostgres(directory, { kill = false } = {}) {
  const dir = resolve(directory);
  const data = join(dir, 'data');
  if (pidOf(data) === undefined) return false;
  const mode = kill ? 'immediate' : 'fast';
  run('pg_ctl', ['stop', '-D', data, '-w', '-t', `${WAIT_S}`, '-m', mode], accountFor(dir), '');
  return true;
}

/** Throws a sentence when this machine cannot run a server. */
export function needsOfPostgres() {
  commandOf('pg_ctl');
  commandOf('initdb');
  if (process.getuid() === 0) accountFor('/');
}

async function initialize(dir, data, account, wantedPort) {
  mkdirSync(data, { recursive: true, mode: 0o700 });
  if (account !== undefined) chownSync(data, account.uid, account.gid);
  const args = [
    '-D',
    data,
    '-U',
    USER,
    '--auth=trust',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  run('initdb', args, account, '');
  writeFileSync(join(dir, 'port'), `${wantedPort ?? (await freePort())}\n`);
}

/** Who runs the server when we may not: PostgreSQL refuses root. */
function accountFor(dir) {
  if (process.getuid() !== 0) return undefined;
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('postgres:'));
  if (entry === undefined)
    throw new Error('PostgreSQL does not run as root, and there is no user `postgres`');
  const [, , uid, gid] = entry.split(':');
  const account = { uid: Number(uid), gid: Number(gid) };
  if (existsSync(join(dir, 'data')) || readdirSync(dir).length === 0) chmodSync(dir, 0o711);
  if (spawnSync('test', ['-x', dir], account).status !== 0) {
    throw new Error(`the user \`postgres\` is not let through to ${dir}: chmod o+x the folders above it`);
  }
  return account;
}

function run(command, args, account, hint) {
  // Its working directory must be one that the account may be in.
  const options = { ...account, cwd: '/', encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };
  const { status, stdout, stderr, error } = spawnSync(commandOf(command), args, options);
  if (status !== 0) throw error ?? new Error(`${command} failed (${status}): ${stdout}${stderr}${hint}`);
}

/** The postmaster's process id while it is alive: it keeps the file itself. */
function pidOf(data) {
  try {
    const pid = Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0]);
    process.kill(pid, 0);
    const { stdout } = spawnSync('ps', ['-o', 'args=', '-p', `${pid}`], { encoding: 'utf8' });
    return stdout.includes(data) ? pid : undefined;
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return undefined;
    throw error;
  }
}

/** On PATH, or where Debian keeps every version's; the newest of those. */
function commandOf(name) {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env.PATH ?? '').split(delimiter),
    ...versions.map((version) => join(root, version, 'bin')),
  ];
  const found = folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
  if (found === undefined)
    throw new Error(`no ${name} on PATH or under ${root}: is PostgreSQL's server installed?`);
  return found;
}

async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address();
  await once(server.close(), 'close');
  return port;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [action, directory, option, value] = process.argv.slice(2);
  if (directory === undefined || (action !== 'start' && action !== 'stop')) {
    process.stderr.write('usage: postgres.mjs start DIR [--port N] | stop DIR [--kill]\n');
    process.exit(2);
  }
  try {
    if (action === 'stop') await stopPostgres(directory, { kill: option === '--kill' });
    else {
      const port = option === '--port' ? Number(value) : undefined;
      process.stdout.write(`${JSON.stringify(await startPostgres(directory, port))}\n`);
    }
  } catch (error) {
    process.stderr.write(`postgres.mjs: ${error.message}\n`);
    process.exitCode = 1;
  }
}
