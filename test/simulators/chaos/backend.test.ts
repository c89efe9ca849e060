import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type BackendOptions,
  type LocalBackend,
  startLocalBackend,
} from '../../../simulators/chaos/backend.js';
import { restartablePort } from '../../../simulators/chaos/ports.js';
import { poll } from '../../support/poll.js';
import { projectRoot } from '../../support/project-root.js';

/** An installation whose command is the stand-in. */
const root = mkdtempSync(join(tmpdir(), 'millrace-stand-in-'));
mkdirSync(join(root, 'dist/cli'), { recursive: true });
copyFileSync(join(projectRoot, 'test/support/stand-in-backend.mjs'), join(root, 'dist/cli/main.js'));
copyFileSync(join(projectRoot, 'package.json'), join(root, 'package.json'));

const backends: LocalBackend[] = [];
async function started(options: Partial<BackendOptions> = {}): Promise<LocalBackend> {
  const backend = await startLocalBackend({ root, ...options });
  backends.push(backend);
  return backend;
}

afterEach(async () => {
  await Promise.all(backends.splice(0).map((backend) => backend.stop()));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const history = (backend: LocalBackend) => readFileSync(join(backend.dataDir, 'starts'), 'utf8').split('\n');

/** Whether bytes come back. */
async function answers({ host, mqttPort }: LocalBackend, withinMs: number): Promise<boolean> {
  const socket = createConnection(mqttPort, host);
  try {
    await once(socket, 'connect');
    socket.write('hello');
    await once(socket, 'data', { signal: AbortSignal.timeout(withinMs) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test('comes back on the same ports and data after kill -9', async () => {
  const backend = await started();
  const before = backend.pid;
  await backend.kill();
  expect(backend.pid).toBeNull();
  expect(await answers(backend, 1_000)).toBe(false);
  await backend.start();
  expect(backend.pid).not.toBe(before);
  expect(await answers(backend, 5_000)).toBe(true);
  expect(history(backend)).toEqual(['started', 'started', '']);
  expect(backend.httpUrl).toBe(`http://127.0.0.1:${backend.httpPort}`);
});

test('a restart lets it drain first', async () => {
  const backend = await started();
  await backend.restart();
  expect(history(backend)).toEqual(['started', 'drained', 'started', '']);
});

test('a restart that does not end in order is an error', async () => {
  const backend = await started({ env: { STAND_IN: 'rude' } });
  await expect(backend.restart()).rejects.toMatchObject({ code: 'BACKEND_EXIT' });
});

test('one that is stopped in its tracks does nothing until it goes on', async () => {
  const backend = await started();
  backend.pause();
  await poll(() => /^State:\s+T/m.test(readFileSync(`/proc/${backend.pid}/status`, 'utf8')));
  backend.resume();
  expect(await answers(backend, 5_000)).toBe(true);
});

test('ends for good from any state, and takes its own data along', async () => {
  const paused = await started();
  paused.pause();
  expect(await paused.stop()).toEqual({ code: 0, signal: null });
  expect(existsSync(paused.dataDir)).toBe(false);
  const down = await started();
  await down.kill();
  expect(await down.stop()).toBeNull();
  await expect(down.start()).rejects.toMatchObject({ code: 'BACKEND_START' });
});

test('leaves data that was there before', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-kept-'));
  const backend = await started({ dataDir });
  await backend.stop();
  expect(existsSync(dataDir)).toBe(true);
  rmSync(dataDir, { recursive: true });
});

test('says why it did not start', async () => {
  await expect(started({ env: { STAND_IN: 'fails' } })).rejects.toMatchObject({
    code: 'BACKEND_START',
    hint: expect.stringContaining('the stand-in cannot'),
  });
  await expect(started({ env: { STAND_IN: 'mute' }, startTimeoutMs: 300 })).rejects.toThrow(
    'not ready within 300 ms',
  );
});

test('ports lie outside the range that outgoing connections are given', async () => {
  expect(await restartablePort('127.0.0.1')).toBeLessThan(32_768);
});

/** A process that starts a backend, says its pid, and goes on for ever unless `more` makes it end. */
async function runningWith(more = '') {
  const module = JSON.stringify(join(projectRoot, 'dist/simulators/chaos/backend.js'));
  const script = `
    const { startLocalBackend } = await import(${module});
    ${more}
    const backend = await startLocalBackend({ root: ${JSON.stringify(root)} });
    console.log(backend.pid);
    const forever = setInterval(() => {}, 1000);`;
  const run = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(run.stdout, 'data')) as [Buffer];
  return { run, pid: Number(line.toString()) };
}

function isGone(pid: number): boolean {
  return !existsSync(`/proc/${pid}`) || /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

test.each(['SIGINT', 'SIGTERM'] as const)('a run that %s ends takes its backend along', async (signal) => {
  const { run, pid } = await runningWith();
  run.kill(signal);
  await once(run, 'close');
  expect(run.signalCode).toBe(signal);
  await poll(() => isGone(pid));
});

test('a run that ends in order at a signal ends its backend in order, too', async () => {
  const { run, pid } = await runningWith(`
    const end = () => {
      process.off('SIGINT', end);
      clearInterval(forever);
      void backend.stop().then((exit) => console.log(JSON.stringify(exit)));
    };
    process.on('SIGINT', end);`);
  let text = '';
  run.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  run.kill('SIGINT');
  await once(run, 'close');
  expect(JSON.parse(text)).toEqual({ code: 0, signal: null });
  expect(run.exitCode).toBe(0);
  expect(isGone(pid)).toBe(true);
});
