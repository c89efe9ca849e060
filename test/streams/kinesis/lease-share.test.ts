/** Leases on a clock of the test's own: renewal, takeover, handover, and a process that was asleep. */
import { GroupCheckpoints } from '../../../streams/kinesis/group-checkpoints.js';
import { planLeases } from '../../../streams/kinesis/lease-plan.js';
import { LeaseShare } from '../../../streams/kinesis/lease-share.js';
import { createMemoryLeases, type Lease, type LeaseStore } from '../../../streams/kinesis/lease-store.js';

const LEASE_MS = 900;
const GROUP = 'validate:telemetry';

/** A clock that moves when it is told to; each process hears of it unless it sleeps. */
class SlowClock {
  #now = 0;
  #works: { at: number; work: () => void; owner: string }[] = [];
  readonly asleep = new Set<string>();

  timersOf(owner: string) {
    return {
      now: () => this.#now,
      after: (ms: number, work: () => void) => {
        const entry = { at: this.#now + ms, work, owner };
        this.#works.push(entry);
        return () => {
          this.#works = this.#works.filter((other) => other !== entry);
        };
      },
    };
  }

  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      await settled();
      const next = this.#works
        .filter(({ owner, at }) => !this.asleep.has(owner) && at <= until)
        .sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.#works = this.#works.filter((other) => other !== next);
      this.#now = Math.max(this.#now, next.at);
      next.work();
    }
    this.#now = until;
    await settled();
  }
}

/** Everything that waits for nothing but promises is done. */
async function settled(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

function process(me: string, clock: SlowClock, leases: LeaseStore, partitions: number) {
  const mine = new Set<number>();
  const log: string[] = [];
  const held: (() => void)[] = [];
  let holdsBack = false;
  const checkpoints = new GroupCheckpoints({
    group: GROUP,
    me,
    leases,
    timers: clock.timersOf(me),
    storeAfterMs: 10,
    arrivalTimeBefore: () => null,
    onFailure: (error) => log.push(String(error)),
  });
  const share = new LeaseShare({
    group: GROUP,
    me,
    leases,
    leaseMs: LEASE_MS,
    timers: clock.timersOf(me),
    checkpoints,
    shards: () => Array.from({ length: partitions }, (_, partition) => ({ partition, parents: [] })),
    finalEnd: () => null,
    startOf: () => 0n,
    follow: () => () => undefined,
    onFailure: (error) => log.push(String(error)),
  });
  const start = () =>
    share.start({
      assigned: (given) => {
        for (const partition of given) mine.add(partition);
        log.push(`assigned ${given}`);
      },
      revoked: async (taken) => {
        if (holdsBack) {
          await new Promise<void>((resolve) => {
            held.push(resolve);
          });
        }
        for (const partition of taken) mine.delete(partition);
        log.push(`revoked ${taken}`);
      },
    });
  return {
    share,
    checkpoints,
    log,
    start,
    mine: () => [...mine].sort(),
    holdBack: () => {
      holdsBack = true;
    },
    letGo: () => {
      holdsBack = false;
      for (const release of held) release();
    },
  };
}

test('one process takes everything, a second one gets half, after it was revoked', async () => {
  const clock = new SlowClock();
  const leases = createMemoryLeases();
  const [a, b] = ['a', 'b'].map((me) => process(me, clock, leases, 4)) as [
    ReturnType<typeof process>,
    ReturnType<typeof process>,
  ];
  a.start();
  await clock.pass(0);
  expect(a.mine()).toEqual([0, 1, 2, 3]);
  a.holdBack();
  b.start();
  await clock.pass(LEASE_MS * 3);
  // What is in flight is waited for, and the lease is renewed meanwhile.
  expect(a.mine()).toEqual([0, 1, 2, 3]);
  expect(b.mine()).toEqual([]);
  a.letGo();
  await clock.pass(LEASE_MS * 2);
  expect(a.mine()).toHaveLength(2);
  expect([...a.mine(), ...b.mine()].sort()).toEqual([0, 1, 2, 3]);
});

test('a process that ends in order leaves its partitions at once; a dead one’s are taken when its leases run out', async () => {
  const clock = new SlowClock();
  const leases = createMemoryLeases();
  const a = process('a', clock, leases, 2);
  const b = process('b', clock, leases, 2);
  a.start();
  b.start();
  await clock.pass(LEASE_MS * 3);
  expect([a.mine().length, b.mine().length]).toEqual([1, 1]);
  await a.share.stop();
  await clock.pass(LEASE_MS / 2);
  expect(b.mine()).toEqual([0, 1]);

  const c = process('c', clock, leases, 2);
  clock.asleep.add('b');
  c.start();
  await clock.pass(LEASE_MS / 2);
  expect(c.mine()).toEqual([]);
  await clock.pass(LEASE_MS * 2);
  expect(c.mine()).toEqual([0, 1]);
});

test('a process that was asleep for longer than its lease saves nothing once it knows, and gives up', async () => {
  const clock = new SlowClock();
  const leases = createMemoryLeases();
  const stored = async () => (await leases.checkpoints(GROUP)).map(({ next }) => next);
  const a = process('a', clock, leases, 1);
  const b = process('b', clock, leases, 1);
  a.start();
  await clock.pass(0);
  a.checkpoints.save(GROUP, 0, 5n);
  await clock.pass(20);
  expect(await stored()).toEqual([5n]);
  clock.asleep.add('a');
  b.start();
  await clock.pass(LEASE_MS * 3);
  expect(b.mine()).toEqual([0]);
  expect(b.checkpoints.load(GROUP, 0)).toBe(5n);
  b.checkpoints.save(GROUP, 0, 9n);
  // It does not know yet, and what it saves goes nowhere.
  a.checkpoints.save(GROUP, 0, 12n);
  await clock.pass(20);
  await a.checkpoints.store();
  expect(a.log).toContain('revoked 0');
  clock.asleep.delete('a');
  await clock.pass(LEASE_MS);
  expect(a.mine()).toEqual([]);
  expect(() => a.checkpoints.save(GROUP, 0, 6n)).toThrow(expect.objectContaining({ code: 'PARTITION_LOST' }));
  expect(await stored()).toEqual([9n]);
  expect(b.mine()).toEqual([0]);
});

test('without a store to renew at, a process gives its partitions up when the leases have run out', async () => {
  const clock = new SlowClock();
  const leases = createMemoryLeases();
  let isAway = false;
  const flaky: LeaseStore = {
    ...leases,
    list: (group) => (isAway ? Promise.reject(new Error('away')) : leases.list(group)),
    put: (group, lease) => (isAway ? Promise.reject(new Error('away')) : leases.put(group, lease)),
  };
  const a = process('a', clock, flaky, 2);
  a.start();
  await clock.pass(0);
  isAway = true;
  await clock.pass(LEASE_MS / 2);
  expect(a.mine()).toEqual([0, 1]);
  await clock.pass(LEASE_MS);
  expect(a.mine()).toEqual([]);
  isAway = false;
  await clock.pass(LEASE_MS * 2);
  expect(a.mine()).toEqual([0, 1]);
});

test('what was saved last is stored before a partition is handed over, and before a process ends', async () => {
  const clock = new SlowClock();
  const leases = createMemoryLeases();
  const [a, b] = [process('a', clock, leases, 2), process('b', clock, leases, 2)];
  a.start();
  await clock.pass(0);
  for (const partition of [0, 1]) a.checkpoints.save(GROUP, partition, 7n);
  b.start();
  await clock.pass(LEASE_MS * 2);
  const [moved] = b.mine() as [number];
  expect(b.checkpoints.load(GROUP, moved)).toBe(7n);
  b.checkpoints.save(GROUP, moved, 8n);
  await b.share.stop();
  await clock.pass(LEASE_MS);
  expect(a.mine()).toEqual([0, 1]);
  expect(a.checkpoints.load(GROUP, moved)).toBe(8n);
});

test('a process that ends renews its leases as long as something is in flight', async () => {
  const clock = new SlowClock();
  const leases = createMemoryLeases();
  const [a, b] = [process('a', clock, leases, 1), process('b', clock, leases, 1)];
  a.start();
  await clock.pass(0);
  b.start();
  a.holdBack();
  const stopped = a.share.stop();
  await clock.pass(LEASE_MS * 5);
  expect(b.mine()).toEqual([]);
  a.letGo();
  await stopped;
  await clock.pass(LEASE_MS);
  expect(b.mine()).toEqual([0]);
});

describe('the plan', () => {
  const held = (owners: readonly (string | null)[]) =>
    new Map(
      owners.map((owner, partition): [number, Lease] => [
        partition,
        { partition, owner, claimant: null, isFinished: false, isWorkedOn: false, version: 1 },
      ]),
    );
  const plan = (owners: readonly (string | null)[], expired: readonly number[] = []) =>
    planLeases({
      me: 'me',
      partitions: owners.map((_, partition) => partition),
      leases: held(owners),
      isExpired: (partition) => expired.includes(partition),
    });

  test('takes its fair part of what is free', () => {
    expect(plan([null, null, null, 'a'])).toEqual({ take: [0, 1], ask: [] });
    expect(plan(['a', 'a', 'a', 'a'], [0, 1, 2, 3])).toEqual({ take: [0, 1, 2, 3], ask: [] });
  });

  test('asks whoever has most, and comes to rest when nobody is more than one apart', () => {
    expect(plan(['a', 'a', 'a', 'a']).ask).toHaveLength(2);
    expect(plan(['a', 'a', 'me'])).toEqual({ take: [], ask: [] });
    expect(plan(['a', 'a', 'b', 'b', 'b']).ask).toEqual([2]);
  });
});
