import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStream } from '../../support/embedded.js';
import { poll } from '../../support/poll.js';
import { appendAll, event, readAll, values, withDirectory } from '../../support/streams.js';

/** Why no small file system can be mounted here, or undefined. */
function whyNoMount(): string | undefined {
  if (process.platform !== 'linux') return 'tmpfs is Linux’';
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root';
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'this machine does not let us mount a tmpfs';
  }
}

const reason = whyNoMount();
const name = 'a really full disk holds appends back, loses nothing, and goes on when there is room';
if (reason !== undefined) test.skip(`${name} (skipped: ${reason})`, () => undefined);
else {
  test(name, async () => {
    await withDirectory(async (directory) => {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'none', directory]);
      try {
        const ballast = join(directory, 'ballast');
        writeFileSync(ballast, Buffer.alloc(512 * 1024));
        const stream = await openStream(directory, { retryMs: 20 });
        const done: (Error | null)[] = [];
        const count = 100;
        for (let i = 0; i < count; i++) {
          stream.append(0, event('k', `${i}`.padEnd(8_000)), (error) => done.push(error));
          if (i % 10 === 9 && stream.health().writable) {
            await poll(() => done.length === i + 1 || !stream.health().writable, { intervalMs: 2 });
          }
        }
        await poll(() => !stream.health().writable);
        expect(stream.health()).toMatchObject({ code: 'DISK_FULL' });
        const acknowledged = done.length;
        expect(acknowledged).toBeLessThan(count);
        expect((await readAll(stream, 0)).length).toBe(acknowledged);
        rmSync(ballast);
        await poll(() => done.length === count);
        expect(done.every((error) => error === null)).toBe(true);
        expect(stream.health()).toEqual({ writable: true });
        await stream.close();
        const again = await openStream(directory);
        expect(again.recovery).toEqual({ damage: [], rebuiltIndexes: [] });
        await appendAll(again, [[0, event('k', 'more')]]);
        expect(values(await readAll(again, 0)).map((value) => value.trim())).toEqual([
          ...Array.from({ length: count }, (_, i) => `${i}`),
          'more',
        ]);
        await again.close();
      } finally {
        execFileSync('umount', [directory]);
      }
    });
  });
}
