/** `deliver` against HTTP servers that are slow, down, hanging, full or elsewhere. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { poll } from '../../support/poll.js';
import { benchOf } from './run-support.js';
import { alertNamed, deliveryOf, hang, inGroup, ok, put, receiver, status, T0, webhook } from './support.js';

const FIRST = 'ops/webhook/0';
const HOUR = 3_600_000;
const one = (id: string, group = id) => deliveryOf(id, FIRST, inGroup(group));

test('what is due is delivered, with its id, and settled', async () => {
  const hook = await receiver();
  const bench = benchOf(webhook(hook.url));
  await put(bench.stores, ...['a', 'b', 'c'].map((id) => one(id)));
  await put(bench.stores, deliveryOf('later', FIRST, {}, { dueAt: Date.now() + HOUR }));
  await bench.run();
  expect(hook.ids().sort()).toEqual(['a', 'b', 'c']);
  for (const { headers, body } of hook.received) expect(headers['idempotency-key']).toBe(body.id);
  expect(await bench.ids('delivered')).toEqual(['a', 'b', 'c']);
  expect(await bench.ids('waiting')).toEqual(['later']);
  const [attempt] = await bench.stores.deliveries.attempts('a');
  expect(attempt).toMatchObject({ target: FIRST, outcome: 'delivered', status: 200, error: null });
});

test('one hanging target delays no other: the fast one has everything while the hanging one has nothing', async () => {
  const slow = await receiver(hang);
  const fast = await receiver();
  const bench = benchOf(webhook(slow.url, { timeoutMs: 60_000 }), webhook(fast.url, { id: 'ops/webhook/1' }));
  const toFast = (id: string) => deliveryOf(id, 'ops/webhook/1', inGroup(id));
  await put(bench.stores, one('s1'), one('s2'), ...Array.from({ length: 100 }, (_, n) => toFast(`f${n}`)));
  const running = bench.run();
  await poll(() => slow.begun() === 2 && fast.received.length === 100);
  // What falls due while the slow one hangs goes out, too.
  await put(bench.stores, toFast('while it hangs'));
  await poll(() => fast.ids().includes('while it hangs'));
  expect(await bench.ids('delivered', FIRST)).toEqual([]);
  await slow.close();
  await running;
  expect(await bench.ids('delivered', 'ops/webhook/1')).toHaveLength(101);
  expect(await bench.ids('waiting')).toEqual(['s1', 's2']);
});

test('a target that hangs is left after its timeout, and tried again later with the same id', async () => {
  const hook = await receiver(hang);
  const bench = benchOf(webhook(hook.url, { timeoutMs: 100 }));
  await put(bench.stores, one('a'));
  await bench.run();
  expect(await bench.delivery('a')).toMatchObject({ state: 'waiting', attempts: 1 });
  expect((await bench.delivery('a')).lastError).toMatch(/^no answer/);
  hook.answer(ok);
  bench.ahead += 2_000;
  await bench.run();
  expect(hook.ids()).toEqual(['a', 'a']);
  expect(await bench.ids('delivered')).toEqual(['a']);
  const outcomes = (await bench.stores.deliveries.attempts('a')).map(({ outcome }) => outcome);
  expect(outcomes).toEqual(['failed', 'delivered']);
});

test('connections that are refused or reset are failures that may pass', async () => {
  const reset = createServer((socket) => void socket.once('data', () => socket.resetAndDestroy()));
  reset.listen(0, '127.0.0.1');
  await once(reset, 'listening');
  const { port } = reset.address() as AddressInfo;
  const bench = benchOf(webhook(`http://127.0.0.1:${port}/`));
  await put(bench.stores, one('a'));
  await bench.run();
  expect((await bench.delivery('a')).lastError).toMatch(/ECONNRESET|closed|reset|hang up|socket/i);
  reset.close();
  await once(reset, 'close');
  bench.ahead += 2_000;
  await bench.run();
  expect(await bench.delivery('a')).toMatchObject({ state: 'waiting', attempts: 2 });
  expect((await bench.delivery('a')).lastError).toContain('ECONNREFUSED');
});

test('a target that answers 4xx does not get it again: a dead letter, which redrive sends', async () => {
  const hook = await receiver(status(404, {}, 'no such hook'));
  const bench = benchOf(webhook(hook.url));
  await put(bench.stores, one('a'), one('b'));
  await bench.run();
  expect(await bench.ids('dead')).toEqual(['a', 'b']);
  expect((await bench.delivery('a')).lastError).toBe('status 404: no such hook');
  expect(await bench.breaker()).toMatchObject({ failures: 0 });
  hook.answer(ok);
  expect(await bench.stores.deliveries.redrive({ target: FIRST }, Date.now())).toBe(2);
  await bench.run();
  expect(await bench.ids('delivered')).toEqual(['a', 'b']);
});

test('429 with Retry-After: the whole target waits for as long', async () => {
  const hook = await receiver(status(429, { 'retry-after': '120' }));
  const bench = benchOf(webhook(hook.url));
  await put(bench.stores, one('a'), one('b'), one('c'), one('d'), one('e'), one('f'));
  await bench.run();
  // Those that were under way at once.
  const before = hook.received.length;
  expect(before).toBeLessThanOrEqual(4);
  hook.answer(ok);
  bench.ahead += 119_000;
  await bench.run();
  expect(hook.received).toHaveLength(before);
  bench.ahead += 2_000;
  await bench.run();
  expect(await bench.ids('delivered')).toHaveLength(6);
});

test('redirects are not followed: a signed message goes nowhere else', async () => {
  const elsewhere = await receiver();
  const hook = await receiver(status(307, { location: elsewhere.url }));
  const bench = benchOf(webhook(hook.url, { secret: 'whsec' }));
  await put(bench.stores, one('a'));
  await bench.run();
  expect(elsewhere.begun()).toBe(0);
  expect(await bench.delivery('a')).toMatchObject({ state: 'dead' });
  expect((await bench.delivery('a')).lastError).toContain('redirects are not followed');
});

test('a breaker opens after five failures: the target is asked no more, then with one request', async () => {
  const hook = await receiver(status(503));
  const bench = benchOf(webhook(hook.url));
  await put(bench.stores, ...Array.from({ length: 20 }, (_, n) => one(`d${n}`)));
  await bench.run();
  expect((await bench.breaker()).failures).toBe(5);
  const asked = hook.received.length;
  expect(asked).toBeLessThanOrEqual(8);
  await bench.run();
  expect(hook.received).toHaveLength(asked);
  bench.ahead += 10_000;
  await bench.run();
  expect(hook.received).toHaveLength(asked + 1);
  expect((await bench.breaker()).failures).toBe(6);
  hook.answer(ok);
  bench.ahead += 20_000;
  await bench.run();
  expect(await bench.ids('delivered')).toHaveLength(20);
  expect(await bench.breaker()).toMatchObject({ failures: 0, openUntil: 0 });
});

test('what one message is refused for again and again does not keep the others back', async () => {
  const hook = await receiver((response, _before, request) => {
    response.writeHead(request.headers['idempotency-key'] === 'poison' ? 500 : 200).end();
  });
  const bench = benchOf(webhook(hook.url));
  await put(bench.stores, one('poison'));
  for (let attempt = 0; attempt < 8; attempt++) {
    bench.ahead += 600_000;
    await bench.run();
  }
  expect((await bench.breaker()).failures).toBeGreaterThanOrEqual(5);
  await put(bench.stores, one('a'), one('b'));
  bench.ahead += 600_000;
  await bench.run();
  expect(await bench.ids('delivered')).toEqual(['a', 'b']);
  expect(await bench.ids('waiting')).toEqual(['poison']);
});

test('a later notification of a group never overtakes an earlier one', async () => {
  const hook = await receiver((response, before) => void response.writeHead(before === 0 ? 500 : 200).end());
  const bench = benchOf(webhook(hook.url));
  const other = (id: string) => deliveryOf(id, FIRST, { ...inGroup('g'), alerts: [alertNamed(id)] });
  await put(bench.stores, other('a'), other('b'));
  await bench.run();
  await put(bench.stores, other('c'), one('of another group'));
  await bench.run();
  expect(hook.ids()).toEqual(['a', 'of another group']);
  bench.ahead += 2_000;
  await bench.run();
  expect(hook.ids()).toEqual(['a', 'of another group', 'a', 'b', 'c']);
});

test('a receiver that is down and comes back gets the latest state, not all that went by', async () => {
  const hook = await receiver(status(503));
  const bench = benchOf(webhook(hook.url));
  // Every ten minutes of a day the group changes: one more alert, then all are over.
  const alerts = Array.from({ length: 100 }, (_, n) => alertNamed(`dev-${n}`, { startsAt: T0 + n }));
  for (let step = 1; step <= 100; step++) {
    const id = `n${step}`;
    const createdAt = Date.now() + bench.ahead;
    const document = { ...inGroup('g'), alerts: alerts.slice(0, step) };
    await put(bench.stores, deliveryOf(id, FIRST, document, { createdAt, dueAt: createdAt }));
    bench.ahead += 600_000;
    await bench.run();
    // Nothing piles up meanwhile.
    expect((await bench.ids('waiting')).length).toBeLessThanOrEqual(4);
  }
  const resolved = alerts.map((alert) => ({ ...alert, status: 'resolved' as const, endsAt: T0 + HOUR }));
  const last = { ...inGroup('g'), status: 'resolved' as const, alerts: resolved };
  await put(bench.stores, deliveryOf('last', FIRST, last));
  hook.answer(ok);
  const asked = hook.received.length;
  bench.ahead += 600_000;
  await bench.run();
  expect(hook.ids().slice(asked)).toEqual(['last']);
  expect(await bench.ids('waiting')).toEqual([]);
  expect(await bench.ids('dead')).toEqual([]);
  expect((await bench.delivery('n1')).state).toBe('superseded');
});

test('notifications that say different things pile up for a day, not for ever', async () => {
  const hook = await receiver(status(503));
  const bench = benchOf(webhook(hook.url));
  for (let hour = 0; hour < 40; hour++) {
    const at = { createdAt: Date.now() + bench.ahead, dueAt: Date.now() + bench.ahead };
    const different = [1, 2, 3].map((n) =>
      deliveryOf(`h${hour}-${n}`, FIRST, { ...inGroup(`g${n}`), alerts: [alertNamed(`d${hour}`)] }, at),
    );
    await put(bench.stores, ...different);
    bench.ahead += HOUR;
    await bench.run();
  }
  const waiting = await bench.ids('waiting');
  expect(waiting.length).toBeLessThanOrEqual(3 * 25 + 10);
  expect((await bench.ids('dead')).length).toBeGreaterThan(20);
});

test('a target that the configuration has no more: dead letters, until it has it again', async () => {
  const bench = benchOf();
  await put(bench.stores, one('a'));
  await bench.run();
  expect(await bench.delivery('a')).toMatchObject({ state: 'dead', attempts: 1 });
  expect((await bench.delivery('a')).lastError).toBe(`notifications.yml has no target ${FIRST}`);
});

test('what cannot be read is a dead letter and keeps nothing back', async () => {
  const hook = await receiver();
  const bench = benchOf(webhook(hook.url));
  await put(bench.stores, { ...one('a', 'g'), notification: '{' }, one('b', 'g'));
  await bench.run();
  expect([await bench.ids('dead'), await bench.ids('delivered')]).toEqual([['a'], ['b']]);
});

test('a run ends with its time and gives back what it has not tried', async () => {
  const hook = await receiver();
  const bench = benchOf(webhook(hook.url));
  await put(bench.stores, ...Array.from({ length: 40 }, (_, n) => one(`d${n}`)));
  let left = 30;
  await bench.run({ timeoutMs: ({ timeoutMs }) => (left-- > 0 ? timeoutMs : null), hasTime: () => left > 0 });
  const sent = hook.received.length;
  expect(sent).toBeGreaterThan(0);
  expect(sent).toBeLessThan(40);
  await bench.run();
  expect(new Set(hook.ids()).size).toBe(40);
  expect(hook.ids()).toHaveLength(40);
});

test('addresses and secrets are in no log and no error text, whatever the server answers', async () => {
  const secret = '/services/T00000000/B11111111/verysecrettoken';
  const hook = await receiver((response, _before, request) => {
    response.writeHead(500).end(`cannot POST ${request.url} for hmacsecret\n\u0007${'x'.repeat(5_000)}`);
  });
  const url = hook.url.replace('http://', 'http://user:topsecretpassword@').replace('/hook', secret);
  const signed = { secret: 'hmacsecret' };
  const bench = benchOf(webhook(url, signed), webhook(`${url}?key=queryverysecret`, { ...signed, id: 'x' }));
  await put(bench.stores, one('a'), deliveryOf('b', 'x', inGroup('b')));
  await bench.run();
  await hook.close();
  bench.ahead += 2_000;
  await bench.run();
  const texts = [...bench.logged, JSON.stringify(await bench.stores.deliveries.attempts('a'))];
  const { lastError } = await bench.delivery('b');
  expect(lastError).not.toBeNull();
  for (const text of [...texts, lastError!]) expect(text).not.toMatch(/secret|B11111111/);
  const [first] = await bench.stores.deliveries.attempts('a');
  expect(first?.error).toMatch(/^status 500: cannot POST \*\*\* for \*\*\* x+…$/);
  expect(first!.error!.length).toBeLessThan(330);
  const basic = Buffer.from('user:topsecretpassword').toString('base64');
  expect(hook.received[0]?.headers.authorization).toBe(`Basic ${basic}`);
});

test('two processes share the outbox: each delivery is sent by one of them', async () => {
  const hook = await receiver();
  const bench = benchOf(webhook(hook.url));
  const ids = Array.from({ length: 200 }, (_, n) => `d${n}`);
  await put(bench.stores, ...ids.map((id, n) => one(id, `g${n % 20}`)));
  await Promise.all([bench.run(), bench.run(), bench.run()]);
  await bench.run();
  expect([...hook.ids()].sort()).toEqual([...ids].sort());
  for (let group = 0; group < 20; group++) {
    const ofGroup = hook.ids().filter((id) => Number(String(id).slice(1)) % 20 === group);
    expect(ofGroup).toEqual(ids.filter((_, n) => n % 20 === group));
  }
});
