/** What every store of leases owes, whatever it keeps its rows in. `open` gives an empty one. */
import type { Lease, LeaseCheckpoint, LeaseStore } from '../../streams/kinesis/lease-store.js';

const GROUP = 'validate:telemetry';
/** As long as Kinesis' sequence numbers. */
const FAR = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;

const lease = (
  partition: number,
  owner: string | null,
  version: number,
  more: Partial<Lease> = {},
): Lease => ({
  partition,
  owner,
  claimant: null,
  isFinished: false,
  isWorkedOn: false,
  version,
  ...more,
});
const at = (partition: number, next: bigint, reader = GROUP): LeaseCheckpoint => ({
  partition,
  reader,
  next,
  arrivalTime: null,
});

/** @param another a second process' view of the same rows */
export function leaseStoreContract(open: () => Promise<{ store: LeaseStore; another: LeaseStore }>): void {
  let store: LeaseStore;
  let another: LeaseStore;
  beforeEach(async () => {
    ({ store, another } = await open());
  });
  const nexts = async (partitions?: readonly number[]) =>
    (await another.checkpoints(GROUP, partitions)).map(({ partition, reader, next }) => [
      partition,
      reader,
      next,
    ]);

  test('keeps the rows of each group apart, and as they were put', async () => {
    const full = lease(3, 'a', 1, { claimant: 'b', isFinished: true, isWorkedOn: true });
    expect(await store.put(GROUP, full)).toBe(true);
    expect(await store.put('alert:telemetry', lease(3, null, 1))).toBe(true);
    expect(await another.list(GROUP)).toEqual([full]);
    expect(await another.list('alert:telemetry')).toEqual([lease(3, null, 1)]);
    expect(await another.list('notify:alerts')).toEqual([]);
  });

  test('a lease is changed by who has seen its last version, and by nobody else', async () => {
    expect(await store.put(GROUP, lease(0, 'a', 2))).toBe(false);
    expect(await store.put(GROUP, lease(0, 'a', 1))).toBe(true);
    expect(await another.put(GROUP, lease(0, 'b', 1))).toBe(false);
    expect(await store.put(GROUP, lease(0, 'a', 2))).toBe(true);
    expect(await another.put(GROUP, lease(0, 'b', 2))).toBe(false);
    expect(await another.put(GROUP, lease(0, 'b', 4))).toBe(false);
    expect(await another.put(GROUP, lease(0, 'b', 3))).toBe(true);
    expect(await store.list(GROUP)).toEqual([lease(0, 'b', 3)]);
  });

  test('of many that take, renew or steal the same lease at once, one succeeds', async () => {
    for (let version = 1; version <= 5; version++) {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, (_, i) =>
          (i % 2 === 0 ? store : another).put(GROUP, lease(0, `worker-${i}`, version)),
        ),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect((await store.list(GROUP))[0]?.owner).toBe(`worker-${outcomes.indexOf(true)}`);
    }
  });

  test('keeps checkpoints of 56 digits, for each reader of a partition', async () => {
    for (const partition of [0, 1]) await store.put(GROUP, lease(partition, 'a', 1));
    const rows = [at(0, FAR), at(1, 4n, `${GROUP}/0of2`), at(1, FAR + 1n, `${GROUP}/1of2`)];
    const dated = rows.map((row, i) => ({ ...row, arrivalTime: 1_700_000_000_000 + i }));
    expect(await store.saveCheckpoints(GROUP, 'a', dated)).toEqual(new Set([0, 1]));
    expect(await another.checkpoints(GROUP)).toEqual(dated);
    expect(await another.checkpoints(GROUP, [0])).toEqual(dated.slice(0, 1));
    expect(await another.checkpoints(GROUP, [2])).toEqual([]);
    expect(await another.checkpoints('alert:telemetry')).toEqual([]);
  });

  test('a checkpoint never goes back', async () => {
    await store.put(GROUP, lease(0, 'a', 1));
    await store.saveCheckpoints(GROUP, 'a', [at(0, FAR)]);
    expect(await store.saveCheckpoints(GROUP, 'a', [at(0, FAR - 1n)])).toEqual(new Set([0]));
    expect(await nexts()).toEqual([[0, GROUP, FAR]]);
  });

  test('who lost a lease moves no checkpoint of it; what he still holds is stored', async () => {
    for (const partition of [0, 1]) await store.put(GROUP, lease(partition, 'zombie', 1));
    await store.saveCheckpoints(GROUP, 'zombie', [at(0, 5n), at(1, 5n)]);
    await another.put(GROUP, lease(0, 'b', 2));
    const held = await store.saveCheckpoints(GROUP, 'zombie', [at(0, 9n), at(1, 9n)]);
    expect(held).toEqual(new Set([1]));
    await another.put(GROUP, lease(0, null, 3));
    expect(await store.saveCheckpoints(GROUP, 'zombie', [at(0, 9n)])).toEqual(new Set());
    expect(await store.saveCheckpoints(GROUP, 'zombie', [at(7, 9n)])).toEqual(new Set());
    expect(await nexts()).toEqual([
      [0, GROUP, 5n],
      [1, GROUP, 9n],
    ]);
  });

  test('a lease that changes hands while its checkpoints are stored: what was stored was its owner’s', async () => {
    await store.put(GROUP, lease(0, 'a', 1));
    for (let turn = 0; turn < 20; turn++) {
      const [from, to] = turn % 2 === 0 ? ['a', 'b'] : ['b', 'a'];
      const next = BigInt(turn + 1) * 10n;
      const [held, isTaken] = await Promise.all([
        store.saveCheckpoints(GROUP, from!, [at(0, next)]),
        another.put(GROUP, lease(0, to!, turn + 2)),
      ]);
      expect(isTaken).toBe(true);
      // The new owner sees all that the old one will ever have stored.
      const seen = (await nexts([0]))[0]?.[2];
      expect(seen === next).toBe(held.has(0));
      expect(await store.saveCheckpoints(GROUP, from!, [at(0, next + 5n)])).toEqual(new Set());
      await another.saveCheckpoints(GROUP, to!, [at(0, next)]);
    }
  });
}
