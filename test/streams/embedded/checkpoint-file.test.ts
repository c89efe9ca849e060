import { readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { openCheckpointFile } from '../../../streams/embedded/checkpoint-file.js';
import { withDirectory } from '../../support/streams.js';

const withFile = (work: (path: string) => Promise<void>) =>
  withDirectory((directory) => work(join(directory, 'checkpoints')));

test('any checkpoints come back as they were saved last', async () => {
  const saves = fc.array(
    fc.tuple(
      fc.constantFrom('validate', 'aggregate', 'gerät-✓', ''),
      fc.integer({ min: 0, max: 65_535 }),
      fc.bigInt({ min: 0n, max: 2n ** 63n }),
    ),
    { maxLength: 200 },
  );
  await fc.assert(
    fc.asyncProperty(saves, (list) =>
      withFile(async (path) => {
        const file = openCheckpointFile(path);
        const last = new Map<string, [string, number, bigint]>();
        for (const save of list) {
          file.save(...save);
          last.set(`${save[0]}/${save[1]}`, save);
        }
        // As after kill -9: opened again without having been closed.
        const again = openCheckpointFile(path);
        for (const [group, partition, offset] of last.values()) {
          expect(again.load(group, partition)).toBe(offset);
        }
        expect(again.damagedSlots).toEqual([]);
        again.close();
        file.close();
      }),
    ),
    { numRuns: 20 },
  );
});

test('a copy torn at any byte leaves the older checkpoint', async () => {
  await withFile(async (path) => {
    const file = openCheckpointFile(path);
    file.save('alert', 3, 41n);
    const before = await readFile(path);
    file.save('alert', 3, 42n);
    file.close();
    const after = await readFile(path);
    const changed = [...after.keys()].filter((at) => after[at] !== before[at]);
    for (let torn = changed[0]!; torn < changed.at(-1)!; torn++) {
      await writeFile(path, Buffer.concat([after.subarray(0, torn), before.subarray(torn)]));
      const again = openCheckpointFile(path);
      expect(again.load('alert', 3)).toBe(41n);
      again.save('alert', 3, 43n);
      again.close();
      const last = openCheckpointFile(path);
      expect(last.load('alert', 3)).toBe(43n);
      last.close();
    }
  });
});

test('a slot with two damaged copies is reported, its group begins anew, the others stay', async () => {
  await withFile(async (path) => {
    const file = openCheckpointFile(path);
    file.save('alert', 0, 1n);
    file.save('alert', 0, 2n);
    file.save('validate', 0, 7n);
    file.close();
    const bytes = await readFile(path);
    bytes[20]! ^= 1;
    bytes[276]! ^= 1;
    await writeFile(path, bytes);
    const again = openCheckpointFile(path);
    expect(again.damagedSlots).toEqual([0]);
    expect(again.load('alert', 0)).toBeUndefined();
    expect(again.load('validate', 0)).toBe(7n);
    again.save('alert', 0, 1n);
    again.close();
    expect(openAndLoad(path, 'alert')).toBe(1n);
    expect(openAndLoad(path, 'validate')).toBe(7n);
  });
});

test('a file cut short keeps its whole slots', async () => {
  await withFile(async (path) => {
    const file = openCheckpointFile(path);
    file.save('alert', 0, 1n);
    file.save('alert', 1, 2n);
    file.close();
    await truncate(path, 700);
    expect(openAndLoad(path, 'alert')).toBe(1n);
    const again = openCheckpointFile(path);
    again.save('alert', 1, 3n);
    again.close();
    const last = openCheckpointFile(path);
    expect([last.load('alert', 0), last.load('alert', 1)]).toEqual([1n, 3n]);
    last.close();
  });
});

test('room for new groups is made in advance, and grows', async () => {
  await withFile(async (path) => {
    const file = openCheckpointFile(path);
    const { size } = await stat(path);
    for (let p = 0; p < 64; p++) file.save('g', p, BigInt(p));
    expect((await stat(path)).size).toBe(size);
    file.save('g', 64, 64n);
    expect((await stat(path)).size).toBe(2 * size);
    expect(file.highest(['g', 'unknown'], 66).slice(62)).toEqual([62n, 63n, 64n, 0n]);
    file.close();
  });
});

test('names that do not fit, a closed file and an impossible path are errors with a code', async () => {
  await withFile(async (path) => {
    const file = openCheckpointFile(path);
    expect(() => file.save('x'.repeat(300), 0, 1n)).toThrow(
      expect.objectContaining({ code: 'GROUP_NAME_TOO_LONG' }),
    );
    file.close();
    expect(() => file.save('g', 0, 1n)).toThrow(expect.objectContaining({ code: 'CHECKPOINTS_CLOSED' }));
    expect(() => openCheckpointFile(join(path, 'below-a-file'))).toThrow(
      expect.objectContaining({ code: 'CHECKPOINTS_UNUSABLE' }),
    );
  });
});

function openAndLoad(path: string, group: string): bigint | undefined {
  const file = openCheckpointFile(path);
  const offset = file.load(group, 0);
  file.close();
  return offset;
}
