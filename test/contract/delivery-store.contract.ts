/**
 * What every delivery store owes, whatever it keeps its rows in. `another` is the same outbox as somebody else opened
 * it: another thread, or another process.
 */
import type {
  Attempt,
  Delivery,
  DeliveryStore,
  DispatchStore,
  Settlement,
  TargetState,
} from '../../stores/notifications.js';
import { deliveryNamed } from './dispatch-store.contract.js';
import { pages } from './validation-store.contract.js';

export interface Outbox {
  readonly dispatch: DispatchStore;
  readonly deliveries: DeliveryStore;
  readonly another: DeliveryStore;
}

const TARGET = 'ops/webhook/0';
const CLOSED: TargetState = { target: TARGET, failures: 0, openUntil: 0 };

function settled(id: string, change: Partial<Delivery>, outcome: Attempt['outcome'], at = 150): Settlement {
  const { state, dueAt, attempts, lastError } = deliveryNamed(id, { attempts: 1, ...change });
  const error = lastError;
  const attempt = { deliveryId: id, target: TARGET, at, durationMs: 12.5, outcome, status: 500, error };
  return { delivery: { id, state, dueAt, attempts, lastError }, attempt };
}

export function deliveryStoreContract(open: () => Promise<Outbox>): void {
  let store: DeliveryStore;
  let another: DeliveryStore;
  let dispatch: DispatchStore;
  const add = async (...deliveries: readonly Delivery[]) => {
    const from = await dispatch.cursor();
    await dispatch.commit({ from, cursor: from, groups: [], removedGroups: [], deliveries });
  };
  const claim = async (by: DeliveryStore, time: number, until: number, limit = 9, target = TARGET) =>
    (await by.claim(target, time, until, limit)).map(({ id }) => id);
  const list = async (filter: Parameters<DeliveryStore['deliveries']>[0]) =>
    (await store.deliveries(filter, { limit: 99, cursor: null })).items.map(({ id }) => id);
  const settle = (...settlements: readonly Settlement[]) => store.settle(settlements, CLOSED);

  beforeEach(async () => {
    ({ dispatch, deliveries: store, another } = await open());
  });

  test('targets have something due until all of it is taken', async () => {
    await add(
      deliveryNamed('a', { target: 'b', dueAt: 50 }),
      deliveryNamed('b', { target: 'b', dueAt: 10 }),
      deliveryNamed('c', { target: 'a\u0000', dueAt: 10 }),
      deliveryNamed('d', { target: 'z', dueAt: 60 }),
    );
    expect(await store.dueTargets(9)).toEqual([]);
    expect(await store.dueTargets(10)).toEqual(['a\u0000', 'b']);
    expect(await claim(store, 10, 100, 9, 'a\u0000')).toEqual(['c']);
    expect(await store.dueTargets(10)).toEqual(['b']);
    await claim(store, 10, 100, 9, 'b');
    expect(await store.dueTargets(10)).toEqual([]);
    expect(await store.dueTargets(60)).toEqual(['b', 'z']);
    expect(await store.dueTargets(100)).toEqual(['a\u0000', 'b', 'z']);
  });

  test('what is due is claimed oldest first, whole, and by nobody else before the claim is over', async () => {
    const first = deliveryNamed('z', { fingerprints: ['f', 'g\u0000'], lastError: 'é', attempts: 3 });
    await add(first, deliveryNamed('y', { dueAt: 101 }), deliveryNamed('x'), deliveryNamed('w'));
    await add(deliveryNamed('other', { target: 'other' }));
    expect(await store.claim(TARGET, 100, 200, 2)).toEqual([first, deliveryNamed('x')]);
    expect(await claim(another, 100, 300)).toEqual(['w']);
    expect(await claim(another, 199, 300)).toEqual(['y']);
    // Whoever claimed the first two died.
    expect(await claim(another, 200, 400)).toEqual(['z', 'x']);
    expect(await claim(store, 299, 400)).toEqual([]);
    expect(await claim(store, 300, 500)).toEqual(['y', 'w']);
    expect(await claim(store, 300, 500, 0)).toEqual([]);
  });

  test('of callers that claim at the same time, each delivery has one', async () => {
    const ids = Array.from({ length: 200 }, (_, n) => `d${String(n).padStart(3, '0')}`);
    await add(...ids.map((id) => deliveryNamed(id)));
    const claims = await Promise.all(
      Array.from({ length: 30 }, (_, n) => claim(n % 2 === 0 ? store : another, 100, 200, 10)),
    );
    // Where claims pass each other over, some find less than there is.
    for (let more = ['']; more.length > 0; claims.push(more)) more = await claim(store, 100, 200, 100);
    expect(claims.flat().sort()).toEqual(ids);
    for (const claimed of claims) expect(claimed).toEqual([...claimed].sort());
  });

  test('what failed comes again when it is due, what was delivered or is dead does not', async () => {
    await add(deliveryNamed('a'), deliveryNamed('b'), deliveryNamed('c'));
    await claim(store, 100, 1_000);
    await settle(
      settled('a', { dueAt: 300, lastError: 'timeout\u0000' }, 'failed'),
      settled('b', { state: 'delivered' }, 'delivered'),
      settled('c', { state: 'dead', lastError: 'gone' }, 'dead'),
    );
    expect(await claim(store, 299, 1_000)).toEqual([]);
    const expected = deliveryNamed('a', { dueAt: 300, attempts: 1, lastError: 'timeout\u0000' });
    expect(await store.claim(TARGET, 300, 1_000, 9)).toEqual([expected]);
    expect(await claim(store, 5_000, 6_000)).toEqual(['a']);
    expect([await list({ state: 'delivered' }), await list({ state: 'dead' })]).toEqual([['b'], ['c']]);
  });

  test('what somebody delivered stays delivered, whatever another says who took it before', async () => {
    await add(deliveryNamed('a'), deliveryNamed('b'));
    await settle(settled('a', { state: 'delivered' }, 'delivered'), settled('b', { state: 'dead' }, 'dead'));
    await another.settle(
      [settled('a', { dueAt: 1 }, 'failed', 160), settled('b', { state: 'delivered' }, 'delivered', 160)],
      CLOSED,
    );
    expect(await list({ state: 'delivered' })).toEqual(['b', 'a']);
    expect((await store.attempts('a')).map(({ outcome }) => outcome)).toEqual(['delivered', 'failed']);
  });

  test("of a group nothing is claimed behind one that waits for its time or is somebody else's", async () => {
    const inGroup = (id: string, group: string, dueAt = 100) => deliveryNamed(id, { group, dueAt });
    await add(
      inGroup('a1', 'a\u0000'),
      inGroup('b1', 'b', 150),
      inGroup('a2', 'a\u0000'),
      inGroup('b2', 'b'),
    );
    await add(deliveryNamed('of no group'), deliveryNamed('b3', { group: 'b', target: 'other' }));
    expect(await store.claim(TARGET, 100, 200, 1)).toEqual([inGroup('a1', 'a\u0000')]);
    expect(await claim(another, 100, 200)).toEqual(['of no group']);
    expect(await claim(another, 100, 200, 9, 'other')).toEqual(['b3']);
    await settle(settled('a1', { state: 'delivered' }, 'delivered'));
    expect(await claim(another, 100, 200)).toEqual(['a2']);
    expect(await claim(another, 150, 300)).toEqual(['b1', 'b2']);
    await settle(settled('b1', { dueAt: 900 }, 'failed'));
    expect(await claim(another, 899, 1_000)).toEqual(['a2', 'of no group']);
    expect(await claim(another, 900, 2_000)).toEqual(['b1', 'b2']);
  });

  test("of callers that claim a group at the same time, nobody gets what is behind another one's", async () => {
    const ids = Array.from({ length: 120 }, (_, n) => `d${String(n).padStart(3, '0')}`);
    await add(...ids.map((id, n) => deliveryNamed(id, { group: `g${n % 3}` })));
    const taken = new Map<string, number>();
    const claims = Array.from({ length: 12 }, async (_, n) => {
      for (const id of await claim(n % 2 === 0 ? store : another, 100, 200, 20)) taken.set(id, n);
    });
    await Promise.all(claims);
    // One caller has all that was taken of a group, and that is its beginning.
    for (const g of [0, 1, 2]) {
      const ofGroup = ids.filter((_, n) => n % 3 === g).map((id) => taken.get(id));
      const [first, ...others] = new Set(ofGroup.filter((by) => by !== undefined));
      expect([first, others]).toEqual([first, []]);
      expect(ofGroup.lastIndexOf(first)).toBe(ofGroup.filter((by) => by !== undefined).length - 1);
    }
  });

  test('what was not tried leaves nothing in the log: it is given back, or superseded', async () => {
    await add(deliveryNamed('a'), deliveryNamed('b'));
    await claim(store, 100, 500);
    const { delivery: back } = settled('a', { attempts: 0 }, 'failed');
    const { delivery: gone } = settled('b', { state: 'superseded', lastError: 'by c' }, 'failed');
    await settle({ delivery: back, attempt: null }, { delivery: gone, attempt: null });
    expect([await store.attempts('a'), await store.attempts('b')]).toEqual([[], []]);
    expect(await claim(store, 100, 200)).toEqual(['a']);
    expect(await list({ state: 'superseded' })).toEqual(['b']);
    expect(await store.trim(101, 9)).toBe(1);
  });

  test('every attempt is in the log, in order', async () => {
    await add(deliveryNamed('a\u0000'), deliveryNamed('b'));
    const first = settled('a\u0000', { lastError: 'é\u0000' }, 'failed', 150);
    const second = settled('a\u0000', { state: 'delivered', lastError: null }, 'delivered', 140);
    await settle(first, settled('b', {}, 'failed'));
    const smtp = { ...second.attempt!, status: null };
    await settle({ ...second, attempt: smtp });
    expect(await store.attempts('a\u0000')).toEqual([first.attempt, smtp]);
    expect(await store.attempts('nobody')).toEqual([]);
  });

  test('the breaker of a target is kept with the outcomes', async () => {
    expect(await store.targets()).toEqual([]);
    await store.settle([], { target: 'b', failures: 5, openUntil: 900 });
    await store.settle([], { target: 'a\u0000', failures: 1, openUntil: 0 });
    await store.settle([], { target: 'b', failures: 0, openUntil: 0 });
    expect(await another.targets()).toEqual([
      { target: 'a\u0000', failures: 1, openUntil: 0 },
      { target: 'b', failures: 0, openUntil: 0 },
    ]);
  });

  test('deliveries are counted by target and state, and listed newest first', async () => {
    await add(
      deliveryNamed('a', { fingerprints: ['f', 'g', 'f'] }),
      deliveryNamed('b', { target: 'other', fingerprints: ['f'] }),
      deliveryNamed('c', { fingerprints: ['\u0000'] }),
      deliveryNamed('d', { fingerprints: [] }),
    );
    await settle(settled('c', { state: 'dead' }, 'dead'), settled('a', { state: 'delivered' }, 'delivered'));
    expect(await store.counts()).toEqual([
      { target: TARGET, state: 'dead', count: 1 },
      { target: TARGET, state: 'delivered', count: 1 },
      { target: TARGET, state: 'waiting', count: 1 },
      { target: 'other', state: 'waiting', count: 1 },
    ]);
    const paged = await pages((page) => store.deliveries({}, page), 3);
    expect(paged.map((items) => items.map(({ id }) => id))).toEqual([['d', 'c', 'b'], ['a']]);
    expect(await list({ fingerprint: 'f' })).toEqual(['b', 'a']);
    expect([
      await list({ id: 'a' }),
      await list({ id: 'a', state: 'waiting' }),
      await list({ id: 'x' }),
    ]).toEqual([['a'], [], []]);
    expect(await list({ fingerprint: '\u0000' })).toEqual(['c']);
    expect(await list({ fingerprint: 'f', target: TARGET, state: 'delivered' })).toEqual(['a']);
    expect(await list({ target: TARGET, state: 'waiting' })).toEqual(['d']);
    expect(await list({ target: 'nobody' })).toEqual([]);
  });

  test('dead letters of a target, or some of them, become due again, and nothing else does', async () => {
    await add(...['a', 'b', 'c', 'd', 'e'].map((id) => deliveryNamed(id)));
    await add(deliveryNamed('o', { target: 'other' }));
    const dead = (id: string) => settled(id, { state: 'dead', attempts: 9, lastError: 'gone' }, 'dead');
    await settle(...['a', 'b', 'c', 'o'].map(dead), settled('d', { state: 'delivered' }, 'delivered'));
    expect(await store.redrive({ ids: ['b', 'd', 'e', 'nobody'] }, 700)).toBe(1);
    expect(await claim(store, 699, 800)).toEqual(['e']);
    const [again] = await store.claim(TARGET, 700, 800, 9);
    expect(again).toEqual(deliveryNamed('b', { dueAt: 700, attempts: 0, lastError: 'gone' }));
    expect(await store.redrive({ target: TARGET }, 750)).toBe(2);
    expect(await store.redrive({ target: TARGET }, 750)).toBe(0);
    expect(await claim(store, 750, 900)).toEqual(['a', 'c']);
    expect(await list({ state: 'dead' })).toEqual(['o']);
    expect(await store.redrive({ ids: [] }, 1)).toBe(0);
    expect((await store.attempts('a')).map(({ outcome }) => outcome)).toEqual(['dead']);
  });

  test('trims what is over and was made before, with its attempts, and nothing that waits', async () => {
    await add(
      deliveryNamed('a', { createdAt: 10 }),
      deliveryNamed('b', { createdAt: 20 }),
      deliveryNamed('c', { createdAt: 30 }),
      deliveryNamed('d', { createdAt: 40 }),
    );
    const over = ['a', 'b', 'd'].map((id) => settled(id, { state: 'delivered' }, 'delivered'));
    await settle(...over);
    expect(await store.trim(40, 1)).toBe(1);
    expect(await store.trim(40, 9)).toBe(1);
    expect(await store.trim(40, 9)).toBe(0);
    expect(await list({})).toEqual(['d', 'c']);
    expect([await store.attempts('a'), await list({ fingerprint: 'f-a' })]).toEqual([[], []]);
    expect(await store.attempts('d')).toHaveLength(1);
    expect(await store.counts()).toEqual([
      { target: TARGET, state: 'delivered', count: 1 },
      { target: TARGET, state: 'waiting', count: 1 },
    ]);
  });
}
