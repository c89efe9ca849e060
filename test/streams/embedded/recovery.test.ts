import { copyFile, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { HEADER_BYTES } from '../../../streams/embedded/block.js';
import { openStream, rememberingLog, segmentsOf } from '../../support/embedded.js';
import { appendAll, event, readAll, values, withDirectory } from '../../support/streams.js';

/** Appends `count` commits of one record in each of two partitions; returns the segment's length after each. */
async function fill(directory: string, count: number, from = 0): Promise<number[]> {
  const stream = await openStream(directory);
  const lengths: number[] = [];
  for (let i = from; i < from + count; i++) {
    await appendAll(stream, [
      [0, event('a', `a${i}`)],
      [1, event('b', `b${i}`)],
    ]);
    lengths.push(stream.byteLength());
  }
  await stream.close();
  return lengths;
}

const expected = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i}`);

test('a log cut at any byte of its last blocks gives back every whole block, and goes on', async () => {
  await withDirectory(async (directory) => {
    const lengths = await fill(directory, 6);
    const [path] = await segmentsOf(directory);
    await copyFile(path!, `${path}.whole`);
    for (let length = lengths[3]!; length < lengths[5]!; length++) {
      await copyFile(`${path}.whole`, path!);
      await truncate(path!, length);
      const log = rememberingLog();
      const stream = await openStream(directory, { log });
      // A commit is one block per partition: the first of a torn commit may be whole.
      const whole = lengths.filter((end) => end <= length).length;
      const a = values(await readAll(stream, 0));
      const b = values(await readAll(stream, 1));
      expect(b).toEqual(expected('b', whole));
      expect([expected('a', whole), expected('a', whole + 1)]).toContainEqual(a);
      const cutAt = stream.byteLength();
      expect(stream.recovery.damage).toEqual([]);
      if (length > cutAt) {
        expect(stream.recovery.cut).toMatchObject({ segment: path, position: cutAt, bytes: length - cutAt });
        expect(log.warnings).toHaveLength(1);
      } else {
        expect(stream.recovery.cut).toBeUndefined();
      }
      expect((await stat(path!)).size).toBe(cutAt);
      await appendAll(stream, [[1, event('b', 'new')]]);
      await stream.close();
      const again = await openStream(directory);
      expect(again.recovery.cut).toBeUndefined();
      expect(values(await readAll(again, 1))).toEqual([...expected('b', whole), 'new']);
      expect(again.counts(1).acknowledged).toBe(whole + 1);
      await again.close();
    }
  });
}, 60_000);

test('garbage behind the last block is cut off, even when it contains blocks of other places', async () => {
  await withDirectory(async (directory) => {
    const lengths = await fill(directory, 3);
    const [path] = await segmentsOf(directory);
    const whole = await readFile(path!);
    for (const garbage of [Buffer.alloc(5_000), Buffer.alloc(70, 1), whole.subarray(lengths[0]!)]) {
      await writeFile(path!, Buffer.concat([whole, garbage]));
      const stream = await openStream(directory);
      expect(stream.recovery.cut?.bytes).toBe(garbage.length);
      expect(values(await readAll(stream, 0))).toEqual(expected('a', 3));
      await stream.close();
    }
  });
});

test('a flipped bit anywhere in acknowledged blocks costs that block alone, and is reported', async () => {
  await withDirectory(async (directory) => {
    const lengths = await fill(directory, 5);
    const [path] = await segmentsOf(directory);
    const whole = await readFile(path!);
    for (let at = lengths[1]!; at < lengths[2]!; at++) {
      const bytes = Buffer.from(whole);
      bytes[at]! ^= 1 << (at % 8);
      await writeFile(path!, bytes);
      const log = rememberingLog();
      const stream = await openStream(directory, { log, cacheBytes: 0 });
      expect(stream.recovery.cut).toBeUndefined();
      expect(stream.recovery.damage).toHaveLength(1);
      expect(log.errors).toHaveLength(1);
      const a = await readAll(stream, 0);
      const b = await readAll(stream, 1);
      expect(a.length + b.length).toBe(9);
      // Every record that is left still has its own offset.
      for (const record of a) expect(values([record])).toEqual([`a${record.offset}`]);
      for (const record of b) expect(values([record])).toEqual([`b${record.offset}`]);
      expect([stream.ends(0).end, stream.ends(1).end]).toEqual([5n, 5n]);
      expect([stream.counts(0).acknowledged, stream.counts(1).acknowledged]).toEqual([5, 5]);
      await appendAll(stream, [[0, event('a', 'a5')]]);
      await stream.close();
      await Promise.all((await segmentsOf(directory)).slice(1).map((other) => rm(other)));
      await rm(path!.replace('.log', '.idx'), { force: true });
    }
  });
}, 60_000);

test('damage in a block that was sealed sound is found by the reader, stepped over and reported once', async () => {
  await withDirectory(async (directory) => {
    const lengths = await fill(directory, 5);
    const [path] = await segmentsOf(directory);
    await sealBySmallSegments(directory);
    const file = await open(path!, 'r+');
    await file.write(Buffer.from([0xff]), 0, 1, lengths[1]! + HEADER_BYTES + 18);
    await file.close();
    const log = rememberingLog();
    const stream = await openStream(directory, { log });
    expect(stream.recovery.damage).toEqual([]);
    expect(values(await readAll(stream, 0))).toEqual(['a0', 'a1', 'a3', 'a4', 'sealing']);
    expect(values(await readAll(stream, 0, 1))).toEqual(['a0', 'a1', 'a3', 'a4', 'sealing']);
    expect(stream.damage()).toMatchObject([{ partition: 0, fromOffset: 2, records: 1 }]);
    expect(log.errors).toHaveLength(1);
    await stream.close();
  });
});

test('a missing or damaged index is made again from its segment', async () => {
  await withDirectory(async (directory) => {
    await fill(directory, 5);
    await sealBySmallSegments(directory);
    const [path] = await segmentsOf(directory);
    const index = path!.replace('.log', '.idx');
    const sound = await readFile(index);
    const damaged = Buffer.from(sound);
    damaged[40]! ^= 4;
    for (const content of [undefined, damaged, sound.subarray(0, 5)]) {
      if (content === undefined) await rm(index);
      else await writeFile(index, content);
      const stream = await openStream(directory);
      expect(stream.recovery.rebuiltIndexes).toEqual([index]);
      expect(stream.recovery.damage).toEqual([]);
      expect(values(await readAll(stream, 1))).toEqual(expected('b', 5));
      await stream.close();
      expect(await readFile(index)).toEqual(sound);
    }
  });
});

test('a sealed segment that was truncated is reported; the segments behind it keep their offsets', async () => {
  await withDirectory(async (directory) => {
    const lengths = await fill(directory, 5);
    await sealBySmallSegments(directory);
    const [path] = await segmentsOf(directory);
    await truncate(path!, lengths[2]! + 10);
    const stream = await openStream(directory);
    const lost = stream.recovery.damage.filter((damage) => damage.records !== undefined);
    expect(lost).toMatchObject([
      { partition: 0, fromOffset: 3, records: 2 },
      { partition: 1, fromOffset: 3, records: 2 },
    ]);
    expect((await readAll(stream, 0)).map((record) => record.offset)).toEqual([0n, 1n, 2n, 5n]);
    expect((await readAll(stream, 1)).map((record) => record.offset)).toEqual([0n, 1n, 2n]);
    expect(await stream.read(1, 3n, { maxRecords: 9, maxBytes: 999 })).toMatchObject({
      baseOffset: 5n,
      count: 0,
    });
    await stream.close();
  });
});

test('a log that lost records a function has finished begins behind them', async () => {
  await withDirectory(async (directory) => {
    const lengths = await fill(directory, 5);
    const [path] = await segmentsOf(directory);
    await truncate(path!, lengths[2]!);
    const stream = await openStream(directory, { seenEnds: [5n, 2n] });
    expect(stream.recovery.damage).toMatchObject([{ partition: 0, fromOffset: 3, records: 2 }]);
    expect(stream.ends(0).end).toBe(5n);
    await appendAll(stream, [[0, event('a', 'new')]]);
    expect((await readAll(stream, 0)).map((record) => record.offset)).toEqual([0n, 1n, 2n, 5n]);
    await stream.close();
    const again = await openStream(directory);
    expect(again.ends(0).end).toBe(6n);
    expect(again.counts(0).acknowledged).toBe(6);
    await again.close();
  });
});

test('the partitions of a stream may become more, not fewer', async () => {
  await withDirectory(async (directory) => {
    await fill(directory, 2);
    const more = await openStream(directory, { partitions: 3 });
    expect(more.ends(2)).toEqual({ start: 0n, end: 0n });
    await appendAll(more, [[2, event('c', 'c0')]]);
    expect(values(await readAll(more, 2))).toEqual(['c0']);
    await more.close();
    await expect(openStream(directory)).rejects.toMatchObject({ code: 'PARTITIONS_CHANGED' });
  });
});

/** Seals the first segment by appending with a small limit on segments. */
async function sealBySmallSegments(directory: string): Promise<void> {
  const stream = await openStream(directory, {
    settings: { maxBytes: 1 << 30, hardLimitBytes: 2 ** 31, segmentBytes: 100 },
  });
  await appendAll(stream, [[0, event('a', 'sealing')]]);
  await stream.close();
}
