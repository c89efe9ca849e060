/**
 * What every ValidationStore owes, whatever it is built on. `open` gives an empty store.
 */
import type { LatestEvent, QuarantineEntry, ValidationStore } from '../../stores/validation.js';

/** Beyond exact doubles: offsets must come back as they went in. */
const FAR = 2n ** 53n + 1n;

export function validationStoreContract(open: () => Promise<ValidationStore>): void {
  let store: ValidationStore;
  beforeEach(async () => {
    store = await open();
  });
  afterEach(() => store.close());

  const tally = (nextOffset: bigint, valid = 0, quarantined = 0, ticks = 0) => ({
    partition: 0,
    nextOffset,
    valid,
    quarantined,
    ticks,
  });
  const latest = (deviceId: string, offset: bigint): LatestEvent => ({
    deviceId,
    deviceType: 'environment',
    partition: 0,
    offset,
    eventTime: 1_700_000_000_123,
    arrivalTime: 1_700_000_000_456,
    event: `{"ts":1700000000123,"n":${offset}}`,
  });
  const entry = (offset: bigint, arrivalTime: number): QuarantineEntry => ({
    id: `0-${offset}`,
    partition: 0,
    offset,
    deviceId: 'dév/1',
    arrivalTime,
    code: 'SCHEMA',
    reason: 'must be number',
    keyword: offset % 2n === 0n ? 'type' : null,
    pointer: offset % 2n === 0n ? '/temperature' : null,
    payload: new Uint8Array([0x7b, 0xff, 0x00, Number(offset % 256n)]),
  });

  test('is empty at first', async () => {
    expect(await store.tally(0)).toBeNull();
    expect(await store.tallies()).toEqual([]);
    expect(await store.latest(['a'])).toEqual([]);
    expect(await store.deviceCount()).toBe(0);
    expect(await store.quarantine({ limit: 10, cursor: null })).toEqual({ items: [], next: null });
  });

  test('gives back what was committed, exactly', async () => {
    const rows = [latest('a', FAR), latest('b\'"\u{1F321}', FAR + 1n)];
    const refused = [entry(FAR + 2n, 5), entry(FAR + 3n, 6)];
    await store.commit({ tally: tally(FAR + 4n, 2, 2, 1), latest: rows, quarantined: refused });
    expect(await store.tally(0)).toEqual(tally(FAR + 4n, 2, 2, 1));
    expect(await store.tallies()).toEqual([tally(FAR + 4n, 2, 2, 1)]);
    const found = await store.latest(['a', rows[1]!.deviceId, 'nobody']);
    expect([...found].sort((x, y) => (x.offset < y.offset ? -1 : 1))).toEqual(rows);
    const page = await store.quarantine({ limit: 10, cursor: null });
    expect(page.items.map((item) => ({ ...item, payload: new Uint8Array(item.payload) }))).toEqual(
      refused.toReversed(),
    );
  });

  test('gives back values at their edges', async () => {
    const large = new Uint8Array(1 << 20).map((_, index) => index % 256);
    const odd = { reason: '/a\u0000b must be\u0001 \u0001\u0002', pointer: '/a\u0000b', keyword: '' };
    const refused = [
      { ...entry(1n, 5), ...odd, deviceId: '' },
      { ...entry(2n, 6), payload: large, reason: '', pointer: '', keyword: '' },
      { ...entry(3n, 7), payload: new Uint8Array(0), reason: 'ſ€\u{10FFFF}\\"{},NULL' },
    ];
    const event = `{"text":"${'ü'.repeat(1 << 19)}","n":1.7976931348623157e308,"m":-0,"z":"\\u0000"}`;
    const rows = [{ ...latest('\\"{}, NULL\n', 4n), event, eventTime: -1, arrivalTime: 2 ** 53 }];
    const counts = tally(9n, Number.MAX_SAFE_INTEGER, 3);
    await store.commit({ tally: counts, latest: rows, quarantined: refused });
    expect(await store.tally(0)).toEqual(counts);
    expect(await store.latest([rows[0]!.deviceId])).toEqual(rows);
    const { items } = await store.quarantine({ limit: 10, cursor: null });
    expect(items.map(({ payload: _, ...rest }) => rest).reverse()).toEqual(
      refused.map(({ payload: _, ...rest }) => rest),
    );
    for (const [index, { payload }] of items.toReversed().entries()) {
      expect(Buffer.compare(payload, refused[index]!.payload)).toBe(0);
    }
  });

  test('refuses what is no number, and writes nothing', async () => {
    const rows = [latest('a', 1n), { ...latest('b', 2n), eventTime: Number.NaN }];
    await expect(store.commit({ tally: tally(3n, 2), latest: rows, quarantined: [] })).rejects.toThrow();
    expect(await store.tally(0)).toBeNull();
    expect(await store.deviceCount()).toBe(0);
  });

  test('writes what one commit says about a device or a record twice as if it came one after the other', async () => {
    const rows = [latest('a', 5n), latest('b', 1n), latest('a', 7n), latest('a', 6n)];
    const refused = [entry(2n, 1), { ...entry(2n, 9), reason: 'later' }];
    await store.commit({ tally: tally(8n), latest: rows, quarantined: refused });
    expect((await store.latest(['a']))[0]?.offset).toBe(7n);
    const { items } = await store.quarantine({ limit: 10, cursor: null });
    expect(items.map(({ reason }) => reason)).toEqual(['later']);
  });

  test('keeps the row with the later offset, and a redelivered entry once', async () => {
    const commit = { tally: tally(8n), latest: [latest('a', 7n)], quarantined: [entry(5n, 1)] };
    await store.commit(commit);
    await store.commit({ ...commit, latest: [latest('a', 6n)] });
    expect((await store.latest(['a']))[0]?.offset).toBe(7n);
    expect((await store.quarantine({ limit: 9, cursor: null })).items).toHaveLength(1);
  });

  test('a commit computed from another position changes nothing', async () => {
    await store.commit({ tally: tally(5n, 5), from: 0n, latest: [], quarantined: [] });
    const stale = { tally: tally(9n, 9), from: 4n, latest: [latest('a', 8n)], quarantined: [entry(6n, 1)] };
    await expect(store.commit(stale)).rejects.toMatchObject({ code: 'STORE_STALE', canRetry: true });
    expect(await store.tally(0)).toEqual(tally(5n, 5));
    expect(await store.deviceCount()).toBe(0);
    expect((await store.quarantine({ limit: 9, cursor: null })).items).toEqual([]);
    await store.commit({ ...stale, from: 5n });
    expect(await store.tally(0)).toEqual(tally(9n, 9));
  });

  test('pages devices by id and the quarantine newest first', async () => {
    const ids = ['a', 'b', 'c', 'd', 'e'];
    await store.commit({
      tally: tally(10n),
      latest: ids.map((id, index) => latest(id, BigInt(index))),
      quarantined: [entry(5n, 30), entry(6n, 10), entry(7n, 10), entry(8n, 20)],
    });
    const devices = await pages((page) => store.devices(page), 2);
    expect(devices.map((page) => page.map((row) => row.deviceId))).toEqual([['a', 'b'], ['c', 'd'], ['e']]);
    const quarantine = await pages((page) => store.quarantine(page), 3);
    expect(quarantine.map((page) => page.map((row) => row.offset))).toEqual([[5n, 8n, 7n], [6n]]);
    expect((await store.devices({ limit: 5, cursor: null })).next).toBeNull();
  });

  test.each(['', 'x', 'bm90anNvbg', Buffer.from('[1,2]').toString('base64url'), 'W10'])(
    'refuses the cursor %j',
    async (cursor) => {
      for (const list of [store.devices, store.quarantine]) {
        await expect(list({ limit: 1, cursor })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
      }
    },
  );

  test('trims the oldest entries, a few at a time', async () => {
    const quarantined = [entry(1n, 10), entry(2n, 20), entry(3n, 30), entry(4n, 40)];
    await store.commit({ tally: tally(5n), latest: [], quarantined });
    expect(await store.trimQuarantine(40, 2)).toBe(2);
    expect((await store.quarantine({ limit: 9, cursor: null })).items.map((item) => item.offset)).toEqual([
      4n,
      3n,
    ]);
    expect(await store.trimQuarantine(40, 2)).toBe(1);
    expect(await store.trimQuarantine(40, 2)).toBe(0);
  });
}

/** All pages of a list. */
export async function pages<T>(
  list: (page: { limit: number; cursor: string | null }) => Promise<{
    readonly items: readonly T[];
    readonly next: string | null;
  }>,
  limit: number,
): Promise<(readonly T[])[]> {
  const found: (readonly T[])[] = [];
  let cursor: string | null = null;
  do {
    const page: { readonly items: readonly T[]; readonly next: string | null } = await list({
      limit,
      cursor,
    });
    found.push(page.items);
    cursor = page.next;
  } while (cursor !== null);
  return found;
}
