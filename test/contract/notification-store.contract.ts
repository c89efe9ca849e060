/** What every notification store owes, whatever it keeps its rows in. */
import type { NotificationStore } from '../../stores/notifications.js';

export function notificationStoreContract(open: () => Promise<NotificationStore>): void {
  let store: NotificationStore;
  const sent = (id: string, offset: bigint, time = 1) => ({ id, offset, time });

  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });

  test('tells which ids were delivered, and for which offset', async () => {
    const beyond = 2n ** 60n + 1n;
    await store.commit(0, [sent('a', 1n), sent('b', beyond)]);
    expect(await store.delivered(['a', 'b', 'c'])).toEqual(
      new Map([
        ['a', 1n],
        ['b', beyond],
      ]),
    );
    expect(await store.delivered([])).toEqual(new Map());
  });

  test('the first delivery stands', async () => {
    await store.commit(0, [sent('a', 1n)]);
    await store.commit(0, [sent('a', 2n), sent('b', 2n)]);
    expect((await store.delivered(['a'])).get('a')).toBe(1n);
    expect(await store.count()).toBe(2);
  });

  test('trims the oldest first', async () => {
    await store.commit(0, [sent('a', 1n, 30), sent('b', 2n, 10), sent('c', 3n, 20), sent('d', 4n, 40)]);
    expect(await store.trim(40, 2)).toBe(2);
    expect([...(await store.delivered(['a', 'b', 'c', 'd'])).keys()].sort()).toEqual(['a', 'd']);
    expect(await store.trim(40, 2)).toBe(1);
    expect(await store.count()).toBe(1);
  });
}
