#!/usr/bin/env node
/**
 * A Kinesis emulator, the server of moto (Python), for tests and for trying things out. It keeps everything in memory.
 *
 *     node test/services/moto.mjs start DIR [--port N]    prints {"endpoint","pid","dir"}
 *     node test/services/moto.mjs stop DIR
 *     node test/services/moto.mjs check                      fails with a sentence where it cannot run
 *
 * The first start makes a virtual environment in `$MILLRACE_SERVICES_CACHE` (default `~/.cache/millrace`) and installs
 * moto there with pip (about half a minute). Needs Python 3.9 or later. It listens on loopback alone.
 *
 * Known to differ from Kinesis: sequence numbers count from 1 in each shard; a closed shard still takes records, and
 * what it held moves to its children; no record is ever refused, no call throttled.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, emulatorCommand, startEmulator, stopEmulator } from './emulator.mjs';

const VERSION = '5.2.5';
const PYTHON = process.env.PYTHON ?? 'python3';

export function startMoto(directory, port) {
  const folder = install();
  return startEmulator({
    directory,
    port,
    command: join(folder, 'bin', 'moto_server'),
    args: (free) => ['-H', '127.0.0.1', '-p', `${free}`],
  });
}

export const stopMoto = (directory) => stopEmulator(directory);

/** Virtual environments cannot be moved, so a file in it says that it is whole. */
function installed() {
  const folder = join(cacheFolder(), `moto-${VERSION}`);
  return { folder, mark: join(folder, 'installed') };
}

/** Throws a sentence when this machine cannot run it. */
export function needsOfMoto() {
  if (existsSync(installed().mark)) return;
  if (spawnSync(PYTHON, ['-c', 'import venv'], { stdio: 'ignore' }).status !== 0) {
    throw new Error(`no ${PYTHON} with venv on PATH`);
  }
}

function install() {
  const { folder, mark } = installed();
  if (existsSync(mark)) return folder;
  rmSync(folder, { recursive: true, force: true });
  const run = (command, args) => {
    const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
    if (status !== 0) throw error ?? new Error(`${command} ${args.join(' ')} failed (exit code ${status})`);
  };
  run(PYTHON, ['-m', 'venv', folder]);
  run(join(folder, 'bin', 'pip'), ['install', '-q', `moto[server]==${VERSION}`]);
  writeFileSync(mark, '');
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await emulatorCommand('moto.mjs', { start: startMoto, stop: stopMoto, check: needsOfMoto });
}
