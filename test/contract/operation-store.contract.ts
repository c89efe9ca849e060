/** What every store of operators' acts owes, whatever it keeps its rows in. */
import type { OperationStore, OperatorAct, Silence } from '../../stores/operations.js';
import { pages } from './validation-store.contract.js';

const FIRST = { limit: 100, cursor: null };

function silence(id: string, startsAt: number, endsAt: number, createdAt = startsAt): Silence {
  return {
    id,
    matchers: [
      { name: 'site', value: 'n.*|\u0000\ud800', isRegex: true, isEqual: true },
      { name: 'severity', value: 'info', isRegex: false, isEqual: false },
    ],
    startsAt,
    endsAt,
    author: 'Zoë\u0000',
    reason: '"work", {planned}\\',
    createdAt,
    expiredBy: null,
  };
}

export function operationStoreContract(open: () => Promise<OperationStore>): void {
  let store: OperationStore;
  const silenced = (one: Silence) => store.act({ act: 'silence', silence: one });
  const acknowledge = (fingerprint: string, startsAt: number, at: number, comment = '') =>
    store.act({
      act: 'acknowledge',
      acknowledgement: { fingerprint, startsAt, author: 'ann', comment, at },
    });
  const comment = (id: string, fingerprint: string, at: number) =>
    store.act({
      act: 'comment',
      comment: { id, fingerprint, startsAt: 1, author: 'bob', text: `é${id}`, at },
    });
  const trail = async () => (await store.audit(FIRST)).items.map(({ act, subject }) => `${act} ${subject}`);

  beforeEach(async () => {
    store = await open();
  });
  afterEach(async () => {
    await store.close();
  });

  test('silences come back as they were made, those that have not ended by a time, and all of them', async () => {
    const [past, now, later] = [silence('p', 0, 100), silence('n', 50, 150), silence('l', 300, 400, 60)];
    for (const one of [past, now, later]) expect(await silenced(one)).toBe(true);
    expect(await store.silences(99)).toEqual([past, now, later]);
    // [startsAt, endsAt)
    expect(await store.silences(100)).toEqual([now, later]);
    expect(await store.silences(400)).toEqual([]);
    expect(await store.silence('n')).toEqual(now);
    expect(await store.silence('nobody')).toBeNull();
    expect(
      (await pages((page) => store.allSilences(page), 2)).map((items) => items.map(({ id }) => id)),
    ).toEqual([['l', 'n'], ['p']]);
    expect(await silenced({ ...past, reason: 'another' })).toBe(false);
    expect(await store.silence('p')).toEqual(past);
  });

  test('a silence expires once, and not when it is over', async () => {
    await silenced(silence('a', 0, 100));
    await silenced(silence('b', 500, 600));
    const expire = (id: string, at: number) => store.act({ act: 'expire-silence', id, author: 'cy', at });
    expect(await expire('a', 40)).toBe(true);
    expect(await store.silence('a')).toMatchObject({ startsAt: 0, endsAt: 40, expiredBy: 'cy' });
    expect(await store.silences(40)).toMatchObject([{ id: 'b' }]);
    expect([await expire('a', 41), await expire('a', 40), await expire('nobody', 1)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(await expire('b', 90)).toBe(true);
    expect(await store.silences(90)).toEqual([]);
    expect(await store.silence('b')).toMatchObject({ startsAt: 90, endsAt: 90 });
    expect(await trail()).toEqual(['expire-silence b', 'expire-silence a', 'silence b', 'silence a']);
  });

  test('an acknowledgement is of one instance of an alert, until it is taken back', async () => {
    expect(await acknowledge('f', 1, 10, 'mine\u0000')).toBe(true);
    expect(await acknowledge('f', 2, 20)).toBe(true);
    expect(await acknowledge('g', 1, 30)).toBe(true);
    const first = { fingerprint: 'f', startsAt: 1, author: 'ann', comment: 'mine\u0000', at: 10 };
    const second = { ...first, startsAt: 2, comment: '', at: 20 };
    expect(await store.acknowledgements(['f', 'nobody'])).toEqual([first, second]);
    expect(await store.acknowledgements([])).toEqual([]);
    // The same again changes nothing; another one takes its place.
    expect(await acknowledge('f', 2, 20)).toBe(false);
    expect(await acknowledge('f', 2, 21, 'still')).toBe(true);
    const takeBack = () =>
      store.act({ act: 'unacknowledge', fingerprint: 'f', startsAt: 1, author: 'bob', at: 40 });
    expect([await takeBack(), await takeBack()]).toEqual([true, false]);
    expect(await store.acknowledgements(['f'])).toEqual([{ ...second, at: 21, comment: 'still' }]);
    expect(await trail()).toEqual([
      'unacknowledge f',
      'acknowledge f',
      'acknowledge g',
      'acknowledge f',
      'acknowledge f',
    ]);
  });

  test('comments come in the order in which they were made', async () => {
    expect([await comment('z', 'f', 1), await comment('b', 'f', 3), await comment('c', 'g', 2)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(await comment('z', 'f', 9)).toBe(false);
    expect((await store.comments('f')).map(({ id }) => id)).toEqual(['z', 'b']);
    expect((await store.comments('g'))[0]).toEqual({
      id: 'c',
      fingerprint: 'g',
      startsAt: 1,
      author: 'bob',
      text: 'éc',
      at: 2,
    });
    expect(await store.comments('nobody')).toEqual([]);
  });

  test('every act that changed something is in the trail, newest first, with who and what', async () => {
    const { matchers, reason, author } = silence('s', 1, 2);
    const details = { target: 'ops/webhook/0', count: 3, '\u0000': null };
    const acts: OperatorAct[] = [
      { act: 'silence', silence: silence('s', 1, 2, 5) },
      {
        act: 'acknowledge',
        acknowledgement: { fingerprint: 'f', startsAt: 1, author: 'ann', comment: 'c', at: 6 },
      },
      {
        act: 'comment',
        comment: { id: 'i', fingerprint: 'f', startsAt: 1, author: 'bob', text: 't', at: 7 },
      },
      { act: 'redrive', author: 'ann', at: 8, details },
      { act: 'expire-silence', id: 'nobody', author: 'ann', at: 9 },
    ];
    for (const act of acts) await store.act(act);
    const paged = await pages((page) => store.audit(page), 3);
    expect(paged.map(({ length }) => length)).toEqual([3, 1]);
    const entries = paged.flat().reverse();
    expect(entries.map(({ id: _, ...entry }) => entry)).toEqual([
      { act: 'silence', at: 5, author, subject: 's', details: { matchers, startsAt: 1, endsAt: 2, reason } },
      { act: 'acknowledge', at: 6, author: 'ann', subject: 'f', details: { startsAt: 1, comment: 'c' } },
      { act: 'comment', at: 7, author: 'bob', subject: 'f', details: { id: 'i', startsAt: 1, text: 't' } },
      { act: 'redrive', at: 8, author: 'ann', subject: '', details },
    ]);
    for (const [index, { id }] of entries.entries()) {
      if (index > 0) expect(id > entries[index - 1]!.id).toBe(true);
    }
    await expect(store.audit({ limit: 1, cursor: '!' })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  });

  test('of two who take one acknowledgement back at once, one does', async () => {
    await acknowledge('f', 1, 1);
    const takeBack = (author: string) =>
      store.act({ act: 'unacknowledge', fingerprint: 'f', startsAt: 1, author, at: 2 });
    const done = await Promise.all(['a', 'b', 'c'].map(takeBack));
    expect(done.filter((changed) => changed)).toHaveLength(1);
    expect(await trail()).toHaveLength(2);
  });

  test('trims what ended or was done before, and nothing that still holds', async () => {
    await silenced(silence('over', 0, 50));
    await silenced(silence('holds', 0, 500));
    await acknowledge('f', 1, 10);
    await acknowledge('f', 2, 100);
    await comment('a', 'f', 10);
    await comment('b', 'f', 100);
    const gone: number[] = [];
    for (let last = -1; last !== 0; gone.push(last)) last = await store.trim(100, 2);
    // One silence, acknowledgement and comment; of the trail both silences and one of each.
    expect(gone).toEqual([2, 2, 2, 1, 0]);
    expect((await store.allSilences(FIRST)).items.map(({ id }) => id)).toEqual(['holds']);
    expect((await store.acknowledgements(['f'])).map(({ at }) => at)).toEqual([100]);
    expect((await store.comments('f')).map(({ id }) => id)).toEqual(['b']);
    expect(await trail()).toEqual(['comment f', 'acknowledge f']);
  });
}
