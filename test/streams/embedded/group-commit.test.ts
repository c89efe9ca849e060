import type { EmbeddedStreamOptions } from '../../../streams/embedded/options.js';
import { faultyFiles, manualTimers, openStream, rememberingLog, segmentsOf } from '../../support/embedded.js';
import { poll } from '../../support/poll.js';
import { appendAll, event, readAll, values, withDirectory } from '../../support/streams.js';

const TIGHT = { maxBytes: 3_000, hardLimitBytes: 6_000, segmentBytes: 1_000 };

/** A stream whose time stands still, and what has been called back so far. */
async function still(directory: string, options: Partial<EmbeddedStreamOptions> = {}) {
  const timers = manualTimers();
  const stream = await openStream(directory, { timers, lingerMs: 2, ...options });
  const done: string[] = [];
  const append = (value: string, partition = 0) =>
    stream.append(partition, event('k', value), (error) =>
      done.push(error === null ? value : `${value}: ${(error as { code?: string }).code}`),
    );
  const settled = (count: number) => poll(() => done.length >= count, { timeoutMs: 5_000, intervalMs: 2 });
  return { timers, stream, done, append, settled };
}

//     at once: commit at the end of the turn      flow: after the linger
//       50 times append |--commit--|      append c ......2 ms......|--commit--|
test('a trickle is committed at the end of the turn; a flow lingers', async () => {
  await withDirectory(async (directory) => {
    const { timers, stream, done, append, settled } = await still(directory);
    for (let i = 1; i <= 55; i++) {
      append('a', 0);
      append('a', 1);
      if (i < 50) expect(timers.waiting).toEqual([]);
      timers.turn();
      timers.advance(timers.waiting[0] ?? 0);
      await settled(2 * i);
    }
    timers.advance(1);
    append('c');
    timers.turn();
    expect(timers.waiting).toEqual([2]);
    timers.advance(1);
    append('d');
    expect(timers.waiting).toEqual([1]);
    timers.advance(1);
    await settled(112);
    expect(done.slice(110)).toEqual(['c', 'd']);
    timers.advance(1_000);
    append('e');
    expect(timers.waiting).toEqual([]);
    timers.turn();
    await settled(113);
    await stream.close();
  });
});

test('many records or bytes do not wait for the linger', async () => {
  await withDirectory(async (directory) => {
    const { timers, stream, append, settled } = await still(directory, {
      commitRecords: 3,
      commitBytes: 500,
    });
    append('first');
    timers.turn();
    await settled(1);
    append('a');
    append('b');
    append('c');
    await settled(4);
    append('x'.repeat(600));
    await settled(5);
    expect(timers.waiting).toEqual([]);
    await stream.close();
  });
});

test('a callback or listener that throws disturbs nobody else', async () => {
  await withDirectory(async (directory) => {
    const log = rememberingLog();
    const stream = await openStream(directory, { log });
    stream.onAppended(() => {
      throw new Error('listener');
    });
    stream.append(0, event('k', 'a'), () => {
      throw new Error('callback');
    });
    await appendAll(stream, [[0, event('k', 'b')]]);
    expect(values(await readAll(stream, 0))).toEqual(['a', 'b']);
    expect(log.errors).toEqual(['a callback of append threw', 'a listener of the stream threw']);
    await stream.close();
  });
});

test.each(['ENOSPC', 'EDQUOT', 'EIO'])(
  'after %s appends wait, nothing is lost, and it goes on by itself',
  async (errno) => {
    await withDirectory(async (directory) => {
      const files = faultyFiles(1_000);
      files.errno = errno;
      const { timers, stream, done, append, settled } = await still(directory, { files, lingerMs: 0 });
      append('a');
      timers.turn();
      await settled(1);
      const [path] = await segmentsOf(directory);
      const durable = stream.byteLength();
      append('b'.repeat(2_000));
      timers.turn();
      await poll(() => !stream.health().writable);
      expect(stream.health()).toMatchObject({ code: errno === 'EIO' ? 'WRITE_FAILED' : 'DISK_FULL' });
      append('c');
      files.truncateFails = true;
      for (let i = 0; i < 3; i++) {
        timers.advance(1_000);
        await poll(() => timers.waiting.length === 1);
      }
      expect(done).toEqual(['a']);
      expect(stream.ends(0).end).toBe(1n);
      expect(values(await readAll(stream, 0))).toEqual(['a']);
      expect(stream.byteLength()).toBe(durable);
      files.truncateFails = false;
      files.room = Number.POSITIVE_INFINITY;
      timers.advance(1_000);
      await poll(() => done.length === 2);
      expect(stream.health()).toEqual({ writable: true });
      timers.turn();
      await settled(3);
      await stream.close();
      const again = await openStream(directory);
      expect(again.recovery).toEqual({ damage: [], rebuiltIndexes: [] });
      expect(values(await readAll(again, 0))).toEqual(['a', 'b'.repeat(2_000), 'c']);
      expect(path).toBeDefined();
      await again.close();
    });
  },
);

test('closing a log that cannot be written fails what waits, and what was durable stays', async () => {
  await withDirectory(async (directory) => {
    const files = faultyFiles(300);
    const { timers, stream, done, append, settled } = await still(directory, { files });
    append('a');
    timers.turn();
    await settled(1);
    append('b'.repeat(500));
    await stream.close();
    expect(done).toEqual(['a', `${'b'.repeat(500)}: STREAM_CLOSED`]);
    const again = await openStream(directory);
    expect(values(await readAll(again, 0))).toEqual(['a']);
    await again.close();
  });
});

test('at the hard limit appends wait until retention has made room', async () => {
  await withDirectory(async (directory) => {
    const { timers, stream, done, append } = await still(directory, { settings: TIGHT, lingerMs: 0 });
    let appended = 0;
    while (stream.health().writable) {
      append(`${appended++}`.padEnd(400));
      timers.turn();
      await poll(() => done.length === appended || !stream.health().writable, { intervalMs: 2 });
    }
    expect(stream.health()).toMatchObject({ code: 'HARD_LIMIT' });
    expect(stream.byteLength()).toBeLessThanOrEqual(TIGHT.hardLimitBytes);
    expect(done).toHaveLength(appended - 1);
    timers.advance(1_000);
    expect(stream.health().writable).toBe(false);
    // Nobody has finished anything yet: nothing may go.
    expect(await stream.trim([0n, 0n], 0)).toBe(0);
    expect(stream.health().writable).toBe(false);
    expect(await stream.trim([stream.ends(0).end, 0n], 0)).toBeGreaterThan(0);
    await poll(() => done.length === appended);
    expect(stream.health()).toEqual({ writable: true });
    expect(stream.byteLength()).toBeLessThanOrEqual(TIGHT.hardLimitBytes);
    await stream.close();
  });
});
