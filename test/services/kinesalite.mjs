#!/usr/bin/env node
/**
 * A Kinesis emulator, kinesalite, for tests and for trying things out. It keeps everything in memory.
 *
 *     node test/services/kinesalite.mjs start DIR [--port N]    prints {"endpoint","pid","dir"}
 *     node test/services/kinesalite.mjs stop DIR
 *     node test/services/kinesalite.mjs check                      fails with a sentence where it cannot run
 *
 * The first start installs kinesalite from npm into `$MILLRACE_SERVICES_CACHE` (default `~/.cache/millrace`), outside of
 * Millrace's own dependencies, without install scripts. It listens on loopback alone.
 *
 * Known to differ from Kinesis: MillisBehindLatest is always 0, no record is ever refused, no call throttled.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder, emulatorCommand, startEmulator, stopEmulator } from './emulator.mjs';

const VERSION = '3.3.3';
const LAUNCHER = fileURLToPath(new URL('./kinesalite-launcher.cjs', import.meta.url));

export function startKinesalite(directory, port) {
  const folder = install();
  return startEmulator({
    directory,
    port,
    command: process.execPath,
    args: (free) => [LAUNCHER, folder, `${free}`],
  });
}

export const stopKinesalite = (directory) => stopEmulator(directory);

function installed() {
  return join(cacheFolder(), `kinesalite-${VERSION}`);
}

/** Throws a sentence when this machine cannot run it. */
export function needsOfKinesalite() {
  if (existsSync(installed())) return;
  if (spawnSync('npm', ['--version'], { stdio: 'ignore' }).status !== 0) throw new Error('no npm on PATH');
}

/** Folder of the installation; made once, and whole or not at all. */
function install() {
  const folder = installed();
  if (existsSync(folder)) return folder;
  const work = `${folder}-${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    writeFileSync(join(work, 'package.json'), '{"private":true}');
    const flags = ['--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
    const args = ['install', ...flags, `kinesalite@${VERSION}`];
    const { status, error } = spawnSync('npm', args, { cwd: work, stdio: ['ignore', 2, 2] });
    if (status !== 0) throw error ?? new Error(`npm could not install kinesalite (exit code ${status})`);
    try {
      renameSync(work, folder);
    } catch (failure) {
      // Another start was faster: its installation is the same.
      if (!existsSync(folder)) throw failure;
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await emulatorCommand('kinesalite.mjs', {
    start: startKinesalite,
    stop: stopKinesalite,
    check: needsOfKinesalite,
  });
}
