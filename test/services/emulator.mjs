/**
 * What the scripts that start an HTTP emulator share: a free port, a process that outlives the script, and its end. The
 * folder given holds the process id and the log.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const HOST = '127.0.0.1';
const START_MS = 60_000;
const STOP_MS = 10_000;

/** Where downloads are kept. */
export function cacheFolder() {
  return process.env.MILLRACE_SERVICES_CACHE ?? join(homedir(), '.cache', 'millrace');
}

/** Resolves when the emulator answers HTTP. `args` is called with the port. */
export async function startEmulator({ directory, port, command, args }) {
  const dir = resolve(directory);
  mkdirSync(dir, { recursive: true });
  const running = runningIn(dir);
  if (running !== undefined) throw new Error(`an emulator runs on ${dir} already, process ${running}`);
  const free = port ?? (await freePort());
  const given = args(free);
  const log = openSync(join(dir, 'emulator.log'), 'a');
  const child = spawn(command, given, { cwd: dir, detached: true, stdio: ['ignore', log, log] });
  let failure;
  child.once('error', (error) => {
    failure = error;
  });
  child.once('exit', (code, signal) => {
    failure = new Error(`the emulator ended (${signal ?? code}): see ${join(dir, 'emulator.log')}`);
  });
  writeFileSync(join(dir, 'pid'), JSON.stringify({ pid: child.pid, args: given.join(' ') }));
  const endpoint = `http://${HOST}:${free}`;
  const deadline = Date.now() + START_MS;
  while (!(await answers(endpoint))) {
    if (failure === undefined && Date.now() > deadline) {
      child.kill('SIGKILL');
      failure = new Error(
        `no answer from ${endpoint} in ${START_MS / 1000} s: see ${join(dir, 'emulator.log')}`,
      );
    }
    if (failure !== undefined) throw failure;
    await sleep(50);
  }
  child.removeAllListeners();
  child.unref();
  return { endpoint, pid: child.pid, dir };
}

/** Ends the emulator of `directory` and no other process; resolves when it is gone. */
export async function stopEmulator(directory) {
  const dir = resolve(directory);
  const pid = runningIn(dir);
  if (pid === undefined) return false;
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_MS;
  while (runningIn(dir) !== undefined) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await sleep(20);
  }
  rmSync(join(dir, 'pid'), { force: true });
  return true;
}

/** The process id while it is alive and is what was started here: ids are used again. */
function runningIn(dir) {
  try {
    const { pid, args } = JSON.parse(readFileSync(join(dir, 'pid'), 'utf8'));
    const command =
      spawnSync('ps', ['-o', 'stat=,args=', '-ww', '-p', `${pid}`], { encoding: 'utf8' }).stdout ?? '';
    return command.includes(args) && !command.startsWith('Z') ? pid : undefined;
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function freePort() {
  const server = createServer().listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address();
  await once(server.close(), 'close');
  return port;
}

async function answers(endpoint) {
  try {
    await fetch(endpoint, { signal: AbortSignal.timeout(2_000) });
    return true;
  } catch {
    // Not listening yet: it is asked again until the deadline.
    return false;
  }
}

/** `start DIR [--port N] | stop DIR | check`, with one line of JSON on stdout for a start. */
export async function emulatorCommand(name, { start, stop, check }) {
  const [action, directory, option, value] = process.argv.slice(2);
  if (action !== 'check' && (directory === undefined || (action !== 'start' && action !== 'stop'))) {
    process.stderr.write(`usage: ${name} start DIR [--port N] | stop DIR | check\n`);
    process.exit(2);
  }
  try {
    if (action === 'check') check();
    else if (action === 'stop') await stop(directory);
    else {
      const port = option === '--port' ? Number(value) : undefined;
      process.stdout.write(`${JSON.stringify(await start(directory, port))}\n`);
    }
  } catch (error) {
    process.stderr.write(`${name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
