import fc from 'fast-check';
import { openStream, segmentsOf } from '../../support/embedded.js';
import { appendAll, event, readAll, values, withDirectory } from '../../support/streams.js';

const SMALL = { maxBytes: 1 << 20, hardLimitBytes: 1 << 30, segmentBytes: 400 };

/** One record per commit, so that segments hold a few records each; arrival times are the numbers. */
async function openWith(directory: string, count: number, settings = SMALL, retentionMs = Infinity) {
  const stream = await openStream(directory, { settings, retentionMs });
  for (let i = 0; i < count; i++) await appendAll(stream, [[i % 2, event('k', `${i}`, i)]]);
  return stream;
}

test('by age: whole segments whose last record is too old', async () => {
  await withDirectory(async (directory) => {
    const stream = await openWith(directory, 40, SMALL, 10);
    const before = stream.byteLength();
    const freed = await stream.trim([20n, 20n], 35);
    expect(freed).toBeGreaterThan(0);
    expect(stream.byteLength()).toBe(before - freed);
    const left = (await readAll(stream, 0))
      .concat(await readAll(stream, 1))
      .map((record) => record.arrivalTime);
    for (let i = 26; i < 40; i++) expect(left).toContain(i);
    expect(Math.min(...left)).toBeGreaterThan(10);
    expect((await readAll(stream, 0))[0]!.offset).toBe(stream.ends(0).start);
    await stream.close();
  });
});

test('by bytes: the oldest segments until the rest fits', async () => {
  await withDirectory(async (directory) => {
    const stream = await openWith(directory, 40, { ...SMALL, maxBytes: 2_000 });
    await stream.trim([20n, 20n], 0);
    expect(stream.byteLength()).toBeLessThanOrEqual(2_000);
    expect(values(await readAll(stream, 1)).at(-1)).toBe('39');
    await stream.close();
  });
});

test('never a segment that holds a record somebody still needs', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 15 }),
      fc.integer({ min: 0, max: 15 }),
      async (keep0, keep1) => {
        await withDirectory(async (directory) => {
          const stream = await openWith(directory, 30, { ...SMALL, maxBytes: 0 });
          await stream.trim([BigInt(keep0), BigInt(keep1)], 0);
          const kept = [keep0, keep1];
          for (const p of [0, 1]) {
            expect(stream.ends(p).start).toBeLessThanOrEqual(BigInt(kept[p]!));
            const found = await readAll(stream, p);
            expect(found.map((record) => Number(record.offset)).slice(-(15 - kept[p]!) || 15)).toEqual(
              found.slice(-(15 - kept[p]!) || 15).map((record) => (record.arrivalTime - p) / 2),
            );
            expect(found.length).toBeGreaterThanOrEqual(15 - kept[p]!);
          }
          await stream.close();
        });
      },
    ),
    { numRuns: 15 },
  );
}, 30_000);

test('a log that was trimmed to nothing keeps its offsets, counts and last arrival', async () => {
  await withDirectory(async (directory) => {
    const stream = await openWith(directory, 10, SMALL, 5);
    await stream.trim([5n, 5n], 1_000);
    expect(await segmentsOf(directory)).toHaveLength(1);
    expect(stream.ends(0)).toEqual({ start: 5n, end: 5n });
    // The new segment opens with the figures at its first commit, which here is one of partition 1 only.
    await appendAll(stream, [[1, event('k', 'after', 1_001)]]);
    await stream.close();
    const again = await openStream(directory);
    expect(again.ends(0)).toEqual({ start: 5n, end: 5n });
    expect(again.counts(0).acknowledged).toBe(5);
    expect(again.lastArrivalTime()).toBe(1_001);
    expect(values(await readAll(again, 1))).toEqual(['after']);
    await again.close();
  });
});

test('a stream trimmed to nothing and opened again without an append keeps its offsets', async () => {
  await withDirectory(async (directory) => {
    const stream = await openWith(directory, 10, SMALL, 5);
    await stream.trim([5n, 5n], 1_000);
    await stream.close();
    const again = await openStream(directory);
    expect(again.ends(1)).toEqual({ start: 5n, end: 5n });
    expect(again.lastArrivalTime()).toBe(9);
    await again.close();
  });
});

test('finds times across segments', async () => {
  await withDirectory(async (directory) => {
    const stream = await openWith(directory, 40);
    for (let time = 0; time < 40; time++) {
      expect(await stream.offsetAt(0, time)).toBe(BigInt(Math.ceil(time / 2)));
    }
    await stream.close();
  });
});
