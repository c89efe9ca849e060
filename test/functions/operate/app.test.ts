/** What operators do, through the function's own application and real stores, a trail entry for each act. */
import { createApp } from '../../../functions/operate/app.js';
import type { AlertState } from '../../../stores/alerts.js';
import { alertNamed } from '../../support/alert-documents.js';
import type { Json } from '../../support/json.js';
import { type MemoryPlatform, memoryPlatform } from '../../support/platform.js';

const NOW = Date.UTC(2024, 4, 1, 12);
const ID = '0b0f4b6e-3a2c-4a53-9a70-1e3a2c4a5301';
const FIRST = { limit: 100, cursor: null };

let platform: MemoryPlatform;
let app: ReturnType<typeof createApp>;
let now: number;

beforeEach(() => {
  platform = memoryPlatform();
  now = NOW;
  let ids = 0;
  app = createApp(platform, { clock: () => now, newId: () => `id-${++ids}` });
});
afterEach(() => platform.stores.close());

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await app.request(`http://localhost:8080${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? null : JSON.parse(text)) as Json };
}

async function alertIn(state: AlertState, startsAt = 5): Promise<void> {
  const alert = alertNamed('f', startsAt, state);
  const { alerts } = platform.stores;
  const from = await alerts.next('alert', 0);
  const rows = [{ fingerprint: 'f', deviceId: 'dev-1', partition: 0, offset: from, alert, state: '{}' }];
  await alerts.commit({ partition: 0, scope: 'alert', from, next: from + 1n, rows, memories: [], ended: [] });
}

const trail = async () =>
  (await platform.stores.operations.audit(FIRST)).items.map(({ act, author, subject }) => [
    act,
    author,
    subject,
  ]);
const acknowledged = async () => platform.stores.operations.acknowledgements(['f']);

describe('acknowledge', () => {
  const path = '/alerts/f/acknowledge';

  test('the current alert, once for the same words; others replace it', async () => {
    await alertIn('firing');
    const body = { author: 'ann', comment: 'on my way' };
    const first = await ask('POST', path, body);
    expect(first).toEqual({ status: 200, body: { ...body, at: '2024-05-01T12:00:00.000Z' } });
    now += 1_000;
    expect(await ask('POST', path, body)).toEqual(first);
    expect(await trail()).toEqual([['acknowledge', 'ann', 'f']]);
    expect(await ask('POST', path, { author: 'bob' })).toMatchObject({
      body: { author: 'bob', comment: '' },
    });
    expect(await acknowledged()).toMatchObject([{ author: 'bob', startsAt: 5, at: NOW + 1_000 }]);
  });

  test('taking it back is in the trail once, and harmless again', async () => {
    await alertIn('firing');
    await ask('POST', path, { author: 'ann' });
    expect(await ask('DELETE', `${path}?author=bob`)).toEqual({ status: 204, body: null });
    expect(await ask('DELETE', `${path}?author=bob`)).toEqual({ status: 204, body: null });
    expect(await acknowledged()).toEqual([]);
    expect(await trail()).toEqual([
      ['unacknowledge', 'bob', 'f'],
      ['acknowledge', 'ann', 'f'],
    ]);
    expect(await ask('DELETE', path)).toMatchObject({ status: 400, body: { parameter: 'author' } });
  });

  test('not one that has resolved, that is another by now, or that nobody knows', async () => {
    expect(await ask('POST', path, { author: 'ann' })).toMatchObject({
      status: 404,
      body: { code: 'ALERT_UNKNOWN' },
    });
    await alertIn('nodata');
    const other = { author: 'ann', startsAt: '1970-01-01T00:00:00.004Z' };
    expect(await ask('POST', path, other)).toMatchObject({ status: 409, body: { code: 'ALERT_OTHER' } });
    expect(await ask('POST', path, { ...other, startsAt: 5 })).toMatchObject({ status: 200 });
    await alertIn('resolved');
    expect(await ask('POST', path, { author: 'ann' })).toMatchObject({
      status: 409,
      body: { code: 'ALERT_RESOLVED' },
    });
  });
});

test('comments, of resolved alerts too; one with an id is added once', async () => {
  await alertIn('resolved');
  const body = { author: 'ann', text: 'the door was open', id: ID };
  const first = await ask('POST', '/alerts/f/comments', body);
  expect(first).toMatchObject({ status: 201, body: { ...body, startsAt: '1970-01-01T00:00:00.005Z' } });
  now += 1_000;
  expect(await ask('POST', '/alerts/f/comments', body)).toEqual({ ...first, status: 200 });
  expect(await ask('POST', '/alerts/f/comments', { ...body, text: 'x' })).toMatchObject({ status: 409 });
  expect(await ask('POST', '/alerts/f/comments', { author: 'ann', text: 'x' })).toMatchObject({
    body: { id: 'id-1' },
  });
  expect(await trail()).toHaveLength(2);
});

describe('silences', () => {
  const body = { matchers: ['site="north"'], duration: '2h', author: 'ann', reason: 'works' };

  test('made, and ended early, each once', async () => {
    const { status, body: made } = await ask('POST', '/silences', { ...body, id: ID });
    expect([status, made.id, made.state, made.selector]).toEqual([201, ID, 'active', '{site="north"}']);
    now += 60_000;
    expect(await ask('POST', '/silences', { ...body, id: ID })).toEqual({ status: 200, body: made });
    expect(await ask('POST', '/silences', { ...body, id: ID, reason: 'x' })).toMatchObject({
      status: 409,
      body: { code: 'SILENCE_EXISTS' },
    });
    const over = await ask('DELETE', `/silences/${ID}?author=bob`);
    expect(over).toMatchObject({ status: 200, body: { state: 'over', expiredBy: 'bob' } });
    now += 60_000;
    expect(await ask('DELETE', `/silences/${ID}?author=eve`)).toEqual(over);
    expect(await ask('DELETE', '/silences/x?author=eve')).toMatchObject({ status: 404 });
    expect(await trail()).toEqual([
      ['expire-silence', 'bob', ID],
      ['silence', 'ann', ID],
    ]);
  });

  test('everything that is wrong is told at once, with its place', async () => {
    const wrong = { matchers: [{ name: 'a' }, 7], endsAt: 'soon', author: '\n', extra: 1, id: 'x' };
    const { status, body: problem } = await ask('POST', '/silences', wrong);
    expect([status, problem.code]).toEqual([400, 'BAD_BODY']);
    expect(problem.errors.map(({ pointer }: Json) => pointer).sort()).toEqual([
      '/author',
      '/endsAt',
      '/extra',
      '/id',
      '/matchers/0/value',
      '/matchers/1',
      '/reason',
    ]);
    expect(await ask('POST', '/silences', { ...body, matchers: ['x=~".*"'] })).toMatchObject({
      status: 400,
      body: { errors: [{ pointer: '/matchers' }] },
    });
    expect(await trail()).toEqual([]);
  });
});

describe('redrive', () => {
  const delivery = (id: string) => ({
    id,
    target: 'ops/webhook/0',
    state: 'waiting' as const,
    createdAt: 1,
    dueAt: 1,
    attempts: 0,
    lastError: null,
    fingerprints: ['f'],
    notification: '{}',
  });

  beforeEach(async () => {
    const { dispatch, deliveries } = platform.stores;
    const added = ['a', 'b', 'c'].map(delivery);
    await dispatch.commit({ from: 0n, cursor: 0n, groups: [], removedGroups: [], deliveries: added });
    const settled = ['a', 'b'].map((id) => ({
      delivery: { id, state: 'dead' as const, dueAt: 1, attempts: 9, lastError: 'no' },
      attempt: {
        deliveryId: id,
        target: 'ops/webhook/0',
        at: 2,
        durationMs: 1,
        outcome: 'dead' as const,
        status: 500,
        error: 'no',
      },
    }));
    await deliveries.settle(settled, { target: 'ops/webhook/0', failures: 9, openUntil: 0 });
  });

  test('all dead letters of a target, or some; the trail says which', async () => {
    const redrive = (body: object) => ask('POST', '/deliveries/redrive', { author: 'ann', ...body });
    expect(await redrive({ ids: ['a', 'c', 'x'] })).toEqual({ status: 200, body: { redriven: 1 } });
    expect(await redrive({ target: 'ops/webhook/0' })).toEqual({ status: 200, body: { redriven: 1 } });
    expect(await redrive({ target: 'ops/webhook/0' })).toEqual({ status: 200, body: { redriven: 0 } });
    expect((await platform.stores.operations.audit(FIRST)).items.map(({ details }) => details)).toEqual([
      { target: 'ops/webhook/0', dead: 1 },
      { ids: ['a', 'c', 'x'] },
    ]);
    expect(await redrive({ target: 'nobody' })).toMatchObject({ status: 404 });
    expect(await redrive({})).toMatchObject({ status: 400, body: { errors: [{ pointer: '/target' }] } });
    expect(await redrive({ target: 'a', ids: ['b'] })).toMatchObject({ status: 400 });
  });
});

describe('requests', () => {
  const path = '/silences';
  const good = { matchers: ['a="b"'], duration: '1h', author: 'ann', reason: 'r' };

  test.each([
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, 403, 'ORIGIN_FOREIGN'],
    ['a page of another port', { 'sec-fetch-site': 'same-site' }, 403, 'ORIGIN_FOREIGN'],
    ['an older browser on another site', { origin: 'http://evil.example' }, 403, 'ORIGIN_FOREIGN'],
    ['a sandboxed page', { origin: 'null' }, 403, 'ORIGIN_FOREIGN'],
    ['a form', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ])('of %s are refused', async (_, headers, status, code) => {
    expect(await ask('POST', path, good, headers)).toMatchObject({ status, body: { status, code } });
    expect(await trail()).toEqual([]);
  });

  test.each([
    ['the page itself', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost:8080' }],
    ['an older browser', { origin: 'http://localhost:8080' }],
    ['programs', {}],
  ])('of %s pass', async (_, headers) => {
    expect((await ask('POST', path, good, headers)).status).toBe(201);
  });

  test('what is too large, no JSON, or not here', async () => {
    const large = JSON.stringify({ ...good, reason: 'x'.repeat(70_000) });
    expect(await ask('POST', path, large)).toMatchObject({ status: 413, body: { code: 'BODY_TOO_LARGE' } });
    expect(await ask('POST', path, '{')).toMatchObject({ status: 400, body: { code: 'JSON_SYNTAX' } });
    expect(await ask('POST', `${path}?x=1`, good)).toMatchObject({ status: 400, body: { parameter: 'x' } });
    expect(await ask('POST', '/nothing', good)).toMatchObject({ status: 404 });
  });

  test('a store that does not answer now is 503, and nothing of the inside is told of what else fails', async () => {
    platform.stores.operations.act = async () => {
      throw new Error('secret');
    };
    const { status, body } = await ask('POST', path, good);
    expect([status, body.code, JSON.stringify(body).includes('secret')]).toEqual([500, 'INTERNAL', false]);
  });
});
