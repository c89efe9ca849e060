/** What every dispatch store owes, whatever it keeps its rows in. Its deliveries are found in the delivery store. */
import type {
  Delivery,
  DeliveryStore,
  DispatchCommit,
  DispatchStore,
  GroupRow,
} from '../../stores/notifications.js';
import { pages } from './validation-store.contract.js';

export interface Dispatching {
  readonly dispatch: DispatchStore;
  readonly deliveries: DeliveryStore;
}

export function deliveryNamed(id: string, more: Partial<Delivery> = {}): Delivery {
  return {
    id,
    target: 'ops/webhook/0',
    state: 'waiting',
    createdAt: 100,
    dueAt: 100,
    attempts: 0,
    lastError: null,
    fingerprints: [`f-${id}`],
    notification: `{"id":"${id}"}`,
    ...more,
  };
}

export function dispatchStoreContract(open: () => Promise<Dispatching>): void {
  let store: DispatchStore;
  let deliveries: DeliveryStore;
  const group = (key: string, due: number | null = null): GroupRow => ({
    key,
    due,
    state: `{"of":"${key}"}`,
  });
  const nothing = { groups: [], removedGroups: [], deliveries: [] };
  const commit = async (change: Partial<DispatchCommit>) => {
    const from = await store.cursor();
    await store.commit({ from, cursor: from, ...nothing, ...change });
  };
  const allKeys = async () =>
    (await store.allGroups({ limit: 99, cursor: null })).items.map(({ key }) => key);
  const outbox = async () => (await deliveries.deliveries({}, { limit: 99, cursor: null })).items;

  beforeEach(async () => {
    ({ dispatch: store, deliveries } = await open());
  });
  afterEach(async () => {
    await store.close();
    await deliveries.close();
  });

  test('a commit computed from another cursor changes nothing', async () => {
    const far = 2n ** 60n + 1n;
    expect(await store.cursor()).toBe(0n);
    await commit({ cursor: far, groups: [group('a')] });
    expect(await store.cursor()).toBe(far);
    const late = {
      groups: [group('a', 5), group('b')],
      removedGroups: ['a'],
      deliveries: [deliveryNamed('d')],
    };
    for (const from of [0n, far - 1n, far + 1n]) {
      await expect(store.commit({ from, cursor: far + 9n, ...late })).rejects.toMatchObject({
        code: 'STORE_STALE',
        canRetry: true,
      });
    }
    expect([await store.cursor(), await allKeys(), await outbox()]).toEqual([far, ['a'], []]);
    expect(await store.groups(['a'])).toEqual([group('a')]);
    await store.commit({ from: far, cursor: far, ...late });
    expect([await store.cursor(), await outbox()]).toEqual([far, [deliveryNamed('d')]]);
  });

  test('groups come back as they were written last, until they are removed', async () => {
    const large = { ...group('l'), state: `"${'x'.repeat(1 << 18)}\u0000"` };
    await commit({ groups: [group('a', 1), group('b'), large] });
    expect(await store.groups(['b', 'l', 'nobody', 'a'])).toEqual([group('a', 1), group('b'), large]);
    expect(await store.groups([])).toEqual([]);
    await commit({ groups: [{ ...group('a'), state: '{}' }], removedGroups: ['b', 'a', 'nobody'] });
    // What is removed and written is written.
    expect(await store.groups(['a', 'b', 'l'])).toEqual([{ key: 'a', due: null, state: '{}' }, large]);
  });

  test('groups are due in order of time', async () => {
    const groups = [group('a', 30), group('b', 10), group('c', 20), group('d'), group('e', 40)];
    await commit({ groups });
    const due = async (time: number, limit: number) =>
      (await store.dueGroups(time, limit)).map(({ key }) => key);
    expect([await due(30, 9), await due(30, 2), await due(9, 9)]).toEqual([['b', 'c', 'a'], ['b', 'c'], []]);
    expect(await store.dueGroups(10, 1)).toEqual([group('b', 10)]);
    await commit({ groups: [group('b'), group('e', 5)] });
    expect(await due(30, 9)).toEqual(['e', 'c', 'a']);
  });

  test('all groups are paged in the order of their keys, whatever their characters', async () => {
    const keys = ['', '"', 'a', 'a\u0000', 'a\u0000b', 'a\u0001', 'a\ud800', 'b', 'ä'];
    await commit({ groups: [...keys].reverse().map((key) => group(key)) });
    expect((await pages((page) => store.allGroups(page), 4)).map((items) => items.length)).toEqual([4, 4, 1]);
    const paged = (await pages((page) => store.allGroups(page), 2)).flat();
    expect(paged.map(({ key }) => key)).toEqual(await allKeys());
    expect([...paged].map(({ key }) => key).sort()).toEqual([...keys].sort());
    expect(await store.groups(['a\u0000'])).toEqual([group('a\u0000')]);
    await commit({ removedGroups: ['a\u0000', 'a\ud800'] });
    expect(await allKeys()).toHaveLength(7);
  });

  test('deliveries come into the outbox once, in their order, and stay as they are', async () => {
    const first = deliveryNamed('z', {
      fingerprints: ['a\u0000', 'a\ud800', '{,}"\\'],
      notification: '"\\u0000"',
    });
    const second = deliveryNamed('a', { lastError: 'é\u0000', attempts: 2, dueAt: 7.5 });
    await commit({ cursor: 1n, deliveries: [first, second, { ...first, target: 'other' }] });
    await commit({ cursor: 2n, deliveries: [{ ...second, notification: '{}' }, deliveryNamed('m')] });
    expect(await outbox()).toEqual([deliveryNamed('m'), second, first]);
  });
}
