/** What every notification store owes, whatever it keeps its rows in, and how dispatch finds what it took over. */
import type { DispatchStore, NotificationStore, Sent } from '../../stores/notifications.js';
import { alertNamed } from '../support/alert-documents.js';

export interface Notifying {
  readonly notifications: NotificationStore;
  readonly dispatch: DispatchStore;
}

export function notificationStoreContract(open: () => Promise<Notifying>): void {
  let store: NotificationStore;
  let dispatch: DispatchStore;
  const sent = (id: string, offset: bigint, time = 1) => ({ id, offset, time });
  const told = (name: string, time = 1): Sent => {
    const alert = alertNamed(name, time);
    return { id: alert.id, offset: 1n, time, told: { alert, passed: false } };
  };
  const inbox = async () =>
    (await dispatch.inbox(0n, 1_000)).map(({ alert: { fingerprint } }) => fingerprint);
  const dispatchTo = async (cursor: bigint) =>
    dispatch.commit({
      from: await dispatch.cursor(),
      cursor,
      groups: [],
      removedGroups: [],
      deliveries: [],
    });

  beforeEach(async () => {
    ({ notifications: store, dispatch } = await open());
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

  test('ids of any characters are told apart', async () => {
    const ids = ['a\u0000', 'a\u0000b', 'a\u0001', 'a\ud800', 'a\ud801'];
    await store.commit(
      0,
      ids.map((id, index) => sent(id, BigInt(index))),
    );
    expect(await store.delivered(ids)).toEqual(new Map(ids.map((id, index) => [id, BigInt(index)])));
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

  test('what is told enters the inbox in order, once per id, as it was', async () => {
    const passed: Sent = { ...told('b'), told: { alert: alertNamed('b'), passed: true } };
    await store.commit(0, [told('z'), sent('not-told', 1n), passed, told('z')]);
    await store.commit(1, [told('y'), told('b'), told('a')]);
    await store.commit(1, [told('a')]);
    expect(await inbox()).toEqual(['z', 'b', 'y', 'a']);
    const entries = await dispatch.inbox(0n, 2);
    expect(entries.map(({ alert, passed }) => [alert, passed])).toEqual([
      [alertNamed('z'), false],
      [alertNamed('b'), true],
    ]);
    const rest = await dispatch.inbox(entries[1]!.sequence, 9);
    expect(rest.map(({ alert }) => alert.fingerprint)).toEqual(['y', 'a']);
    const sequences = [...entries, ...rest].map(({ sequence }) => sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => (a < b ? -1 : 1)));
    expect(new Set(sequences).size).toBe(4);
    expect(await dispatch.inbox(sequences.at(-1)!, 9)).toEqual([]);
  });

  test('one that was delivered before there was somebody to tell is told when it comes again', async () => {
    const { told: _, ...silent } = told('a');
    await store.commit(0, [silent]);
    expect(await inbox()).toEqual([]);
    await store.commit(0, [told('a')]);
    expect(await inbox()).toEqual(['a']);
    expect(await store.count()).toBe(1);
  });

  test('whoever has seen one sequence has seen all before it, whoever else commits', async () => {
    const seen: bigint[] = [];
    const all = Promise.all(
      Array.from({ length: 20 }, (_, n) => store.commit(n % 4, [told(`p${n}`), told(`q${n}`)])),
    );
    let done = false;
    const reading = (async () => {
      while (!done || seen.length < 40) {
        const entries = await dispatch.inbox(seen.at(-1) ?? 0n, 7);
        seen.push(...entries.map(({ sequence }) => sequence));
        if (done && entries.length === 0) break;
      }
    })();
    await all;
    done = true;
    await reading;
    expect(seen).toHaveLength(40);
  });

  test('the inbox forgets what was dispatched and is old, and gives no sequence twice', async () => {
    await store.commit(0, [told('a', 10), told('b', 20), told('c', 30)]);
    const entries = await dispatch.inbox(0n, 9);
    await store.trim(100, 100);
    expect(await inbox()).toEqual(['a', 'b', 'c']);
    await dispatchTo(entries[1]!.sequence);
    expect(await store.trim(20, 100)).toBe(1);
    expect(await inbox()).toEqual(['b', 'c']);
    await dispatchTo(entries[2]!.sequence);
    expect(await store.trim(100, 1)).toBe(1);
    expect(await store.trim(100, 9)).toBe(1);
    expect(await inbox()).toEqual([]);
    await store.commit(0, [told('d', 40)]);
    expect((await dispatch.inbox(entries[2]!.sequence, 9)).map(({ alert }) => alert.fingerprint)).toEqual([
      'd',
    ]);
  });
}
