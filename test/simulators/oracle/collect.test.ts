/** The collector against an API that answers what the test says. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Api } from '../../../simulators/api.js';
import { wallNow } from '../../../simulators/drivers/clock.js';
import { Collector } from '../../../simulators/oracle/collect.js';

const START = Date.UTC(2026, 8, 21, 14, 13, 40);
const HOUR = 3_600_000;
const iso = (time: number) => new Date(time).toISOString();

type Answer = (path: string, query: URLSearchParams) => unknown;

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

async function collectorOf(answer: Answer) {
  const server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://x');
    const body = answer(url.pathname, url.searchParams);
    if (body === undefined) response.statusCode = 503;
    response.end(JSON.stringify(body ?? {}));
  }).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return new Collector({
    api: new Api(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    devices: new Set(['a', 'b']),
    lookedAt: new Set(['a']),
    from: START,
    alerts: () => [],
  });
}

const nothing = { items: [], next: null };

function accounting(more: object = {}) {
  const total = {
    received: 1,
    acknowledged: 10,
    stored: 99,
    validated: 8,
    quarantined: 3,
    aggregated: 6,
    late: 1,
    duplicate: 1,
    inFlight: { validate: 0, aggregate: 0 },
    lag: { validate: 0, aggregate: 0, alert: 0 },
    ...more,
  };
  return {
    balanced: true,
    imbalances: [],
    partitions: [{}, {}],
    total,
    streams: [{ name: 'alerts', lag: { notify: 0 } }],
  };
}

const figures = {
  count: 2,
  sum: 3,
  mean: 1.5,
  min: 1,
  max: 2,
  first: 1,
  last: 2,
  firstTime: '',
  lastTime: '',
};

test('what was there before is known: windows, the rollups they are in, and alerts of the devices', async () => {
  const collector = await collectorOf((path, query) => {
    if (path === '/accounting') return accounting();
    if (path === '/alerts') {
      const rule = `Is${query.get('state')}`;
      return {
        items: [
          { rule, deviceId: 'a' },
          { rule, deviceId: 'other' },
        ],
        next: null,
      };
    }
    if (path === '/devices/a/windows')
      return { items: [{ start: iso(START), metrics: { t: figures } }], next: null };
    return nothing;
  });
  const { buckets, alerts, accounting: books } = await collector.before();
  expect([...alerts].sort()).toEqual(['a Isfiring', 'a Ispending']);
  expect([...buckets].sort()).toEqual(
    [
      `a t ${START}`,
      `a t 1m ${START - 40_000}`,
      `a t 1h ${Math.floor(START / HOUR) * HOUR}`,
      `a t 1d ${Math.floor(START / (24 * HOUR)) * 24 * HOUR}`,
    ].sort(),
  );
  expect(books.total.validated).toBe(8);
});

test('a look is the growth of the books and every page of the lists since the beginning', async () => {
  let later = false;
  const old = iso(0);
  const collector = await collectorOf((path, query) => {
    if (path === '/accounting')
      return later ? accounting({ acknowledged: 14, validated: 11, late: 2 }) : accounting();
    if (!later) return nothing;
    const entry = { deviceId: 'a', code: 'SCHEMA', arrivalTime: iso(wallNow()), payloadEncoding: 'utf-8' };
    if (path === '/quarantine') {
      if (query.get('cursor') === null) return { items: [{ ...entry, payload: 'new' }], next: '2' };
      const second = { ...entry, payload: Buffer.from('bin').toString('base64'), payloadEncoding: 'base64' };
      return { items: [second, { ...entry, payload: 'old', arrivalTime: old }], next: 'never asked for' };
    }
    if (path === '/devices/a/rollups') {
      return { items: [{ start: iso(START), metrics: { t: figures } }], next: null };
    }
    return nothing;
  });
  const before = await collector.before();
  later = true;
  const { observation, notChecked } = await collector.look(before, wallNow());
  expect(observation.books).toMatchObject({ stored: 4, validated: 3, late: 1, duplicate: 0, balanced: true });
  expect(observation.quarantine!.map(({ payload }) => payload)).toEqual(['new', 'bin']);
  expect([...observation.rollups!.keys()]).toEqual([`a t 1m ${START}`, `a t 1h ${START}`, `a t 1d ${START}`]);
  expect(notChecked).toEqual([]);
});

test('a list that is too long is not read, which it says', async () => {
  const page = Array.from({ length: 1_000 }, () => ({
    deviceId: 'a',
    code: 'SCHEMA',
    arrivalTime: iso(wallNow()),
    payload: '',
    payloadEncoding: 'utf-8',
  }));
  const collector = await collectorOf((path) => {
    if (path === '/accounting') return accounting();
    return path === '/quarantine' ? { items: page, next: 'more' } : nothing;
  });
  const { observation, notChecked } = await collector.look(await collector.before(), wallNow());
  expect(observation.quarantine).toBeNull();
  expect(notChecked).toHaveLength(1);
  expect(notChecked[0]).toContain('quarantine');
});

test('it waits for functions and notifications that are behind, but not for the ticks of the moment', async () => {
  const answers = [
    accounting({ inFlight: { validate: 3 } }),
    accounting({ lag: { validate: 9, alert: 5 } }),
    { ...accounting(), streams: [{ name: 'alerts', lag: { notify: 1 } }] },
    accounting({ lag: { validate: 9, alert: 2 } }),
  ];
  let asked = 0;
  const collector = await collectorOf(() => answers[asked++]);
  await collector.untilDone(wallNow() + 20_000);
  expect(asked).toBe(4);
});

test('a backend that is away for a moment is asked again, one that stays away is an error', async () => {
  let asked = 0;
  const collector = await collectorOf(() => (asked++ < 2 ? undefined : accounting()));
  await collector.untilDone(wallNow() + 20_000);
  expect(asked).toBe(3);
  const gone = await collectorOf(() => undefined);
  await expect(gone.untilDone(wallNow() + 300)).rejects.toMatchObject({ code: 'API_ERROR' });
});
