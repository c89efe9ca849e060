import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lockDirectory } from '../../../streams/embedded/directory-lock.js';
import { withDirectory } from '../../support/streams.js';

test('a directory is made, marked and locked; released, it can be taken again', async () => {
  await withDirectory(async (parent) => {
    const directory = join(parent, 'a', 'data');
    const lock = lockDirectory(directory);
    expect(await readdir(directory)).toEqual(
      expect.arrayContaining(['millrace.json', 'millrace.lock', 'millrace.pid']),
    );
    expect(() => lockDirectory(directory)).toThrow(
      expect.objectContaining({
        code: 'DATA_DIR_LOCKED',
        message: expect.stringContaining(`process ${process.pid}`),
      }),
    );
    lock.release();
    lock.release();
    lockDirectory(directory).release();
  });
});

test('a second process is refused and told the first one; after kill -9 the directory is free', async () => {
  await withDirectory(async (parent) => {
    const directory = join(parent, 'data');
    const child = await holdInAnotherProcess(directory);
    expect(() => lockDirectory(directory)).toThrow(
      expect.objectContaining({
        code: 'DATA_DIR_LOCKED',
        message: expect.stringContaining(`process ${child.pid}`),
        hint: expect.any(String),
      }),
    );
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
    lockDirectory(directory).release();
  });
});

test('somebody else’s directory, a newer format and an unwritable place are refused', async () => {
  await withDirectory(async (parent) => {
    const foreign = join(parent, 'foreign');
    await mkdir(foreign);
    await writeFile(join(foreign, 'thesis.doc'), 'x');
    expect(() => lockDirectory(foreign)).toThrow(expect.objectContaining({ code: 'DATA_DIR_FOREIGN' }));
    expect(await readdir(foreign)).toEqual(['thesis.doc']);

    const newer = join(parent, 'newer');
    await mkdir(newer);
    for (const marker of ['{"format":99}', 'not json']) {
      await writeFile(join(newer, 'millrace.json'), marker);
      expect(() => lockDirectory(newer)).toThrow(expect.objectContaining({ code: 'DATA_DIR_FORMAT' }));
    }
    expect(() => lockDirectory(join(foreign, 'thesis.doc', 'data'))).toThrow(
      expect.objectContaining({ code: 'DATA_DIR_UNWRITABLE' }),
    );
    expect(() => lockDirectory('/proc/millrace')).toThrow(
      expect.objectContaining({ code: 'DATA_DIR_UNWRITABLE' }),
    );
  });
});

test('an empty mount and what a start that died early left behind are no obstacle', async () => {
  await withDirectory(async (parent) => {
    await mkdir(join(parent, 'lost+found'));
    await writeFile(join(parent, 'millrace.lock'), '');
    await writeFile(join(parent, 'millrace.pid'), '1\n');
    lockDirectory(parent).release();
  });
});

/** Another process that locks the directory and keeps it until it is killed. */
async function holdInAnotherProcess(directory: string): Promise<ChildProcess> {
  const module = join(process.cwd(), 'dist', 'streams', 'embedded', 'directory-lock.js');
  const script = `
    const { lockDirectory } = await import(${JSON.stringify(module)});
    globalThis.lock = lockDirectory(${JSON.stringify(directory)});
    process.stdout.write('locked');
    setInterval(() => globalThis.lock, 1000);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}
