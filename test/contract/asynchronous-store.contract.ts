/** What every queue of asynchronous invocations owes, whatever it keeps its rows in. */
import type { AsynchronousStore } from '../../stores/asynchronous.js';

export function asynchronousStoreContract(open: () => AsynchronousStore): void {
  let store: AsynchronousStore;
  const event = (id: string, functionName = 'fn', payload: Uint8Array = Buffer.from(`"${id}"`)) => ({
    functionName,
    id,
    payload,
  });
  const ids = (now: number, limit = 10, except: readonly number[] = []) =>
    store.due('fn', now, limit, except).map(({ id }) => id);

  beforeEach(() => {
    store = open();
  });
  afterEach(async () => {
    await store.close();
  });

  test('gives events back as they came, the longest due first', async () => {
    const bytes = new Uint8Array(new Uint8Array([9, 0, 255, 128, 9]).buffer, 1, 3);
    expect(await store.enqueue([event('a', 'fn', bytes), event('b')], 100)).toBe(2);
    expect(await store.enqueue([event('c', 'other'), event('d')], 90)).toBe(2);
    expect(ids(99)).toEqual(['d']);
    expect(ids(100)).toEqual(['d', 'a', 'b']);
    expect(ids(100, 2)).toEqual(['d', 'a']);
    const [, first] = store.due('fn', 100, 2, []);
    expect(first).toMatchObject({ id: 'a', enqueued: 100, attempts: 0, throttles: 0 });
    expect([...(first?.payload ?? [])]).toEqual([0, 255, 128]);
    expect(ids(100, 10, [first?.sequence ?? 0])).toEqual(['d', 'b']);
    expect(store.nextDue('fn', [])).toBe(90);
    expect(
      store.nextDue(
        'fn',
        [...store.due('fn', 100, 10, [])].map(({ sequence }) => sequence),
      ),
    ).toBeUndefined();
    expect(store.nextDue('nobody', [])).toBeUndefined();
  });

  test('keeps an event without bytes', async () => {
    await store.enqueue([event('a', 'fn', new Uint8Array(0))], 1);
    expect(store.due('fn', 1, 1, [])[0]?.payload.byteLength).toBe(0);
  });

  test('queues an id once per function for as long as it is kept', async () => {
    expect(await store.enqueue([event('a'), event('a'), event('a', 'other')], 1)).toBe(2);
    const [first] = store.due('fn', 1, 1, []);
    store.settle(first?.sequence ?? 0, 5);
    expect(await store.enqueue([event('a')], 6)).toBe(0);
    expect(store.trim(5, 10)).toBe(0);
    expect(store.trim(6, 10)).toBe(1);
    expect(await store.enqueue([event('a')], 7)).toBe(1);
  });

  test('a postponed event comes when it is due, with what it has been through', async () => {
    await store.enqueue([event('a')], 1);
    const sequence = store.due('fn', 1, 1, [])[0]?.sequence ?? 0;
    store.postpone(sequence, 50, 1, 3);
    expect([ids(49), store.nextDue('fn', [])]).toEqual([[], 50]);
    expect(store.due('fn', 50, 1, [])).toMatchObject([{ sequence, enqueued: 1, attempts: 1, throttles: 3 }]);
  });

  test('keeps reports until they are delivered, per destination and in order', async () => {
    await store.enqueue([event('a'), event('b'), event('c')], 1);
    for (const { sequence, id } of store.due('fn', 1, 3, [])) {
      store.settle(sequence, 2, { destination: id === 'b' ? 'other' : 'failed', document: `{"id":"${id}"}` });
    }
    expect(store.counts('fn')).toEqual({ waiting: 0, reports: 3 });
    expect([...store.destinations()].sort()).toEqual(['failed', 'other']);
    const reports = store.reports('failed', 10);
    expect(reports.map(({ document }) => document)).toEqual(['{"id":"a"}', '{"id":"c"}']);
    // Not before the report has gone.
    expect(store.trim(10, 10)).toBe(0);
    store.delivered(reports[0]?.sequence ?? 0);
    expect(store.reports('failed', 10).map(({ document }) => document)).toEqual(['{"id":"c"}']);
    expect(store.trim(10, 10)).toBe(1);
  });
}
