/** The query API's behaviour, through the function's own entry point. */

import { MillraceError } from '../../../common/errors.js';
import type { Fetch } from '../../../functions/contract.js';
import { create } from '../../../functions/query/handler.js';
import type { Json } from '../../support/json.js';
import { sampleData, T0 } from '../../support/query-data.js';
import { context, emptyData, type QueryData, queryPlatform } from '../../support/query-platform.js';

async function start(
  data: QueryData,
  change: (platform: ReturnType<typeof queryPlatform>) => void = () => {},
) {
  const platform = queryPlatform(data);
  change(platform);
  const { fetch } = (await create(platform)) as { fetch: Fetch };
  return (path: string, init?: RequestInit) => fetch(new Request(`http://localhost${path}`, init), context);
}

async function json(response: Response | Promise<Response>): Promise<Json> {
  return (await response).json();
}

describe('devices', () => {
  test('lists them with latest values, which leave out ts, seq and deviceId', async () => {
    const get = await start(sampleData());
    const { items, next } = await json(get('/devices'));
    expect(next).toBeNull();
    expect(items[0]).toEqual({
      deviceId: 'dev-1',
      deviceType: 'environment',
      tags: { site: 'north' },
      eventTime: '2024-05-01T12:00:00.000Z',
      arrivalTime: '2024-05-01T12:00:00.007Z',
      partition: 0,
      offset: '5',
      seq: 0,
      values: { temperature: 20, humidity: 40 },
    });
  });

  test('one shows its clock and what is missing of its events, once aggregate has seen it', async () => {
    const get = await start(sampleData());
    expect(await json(get('/devices/dev-1'))).toMatchObject({ clock: null, sequences: null });
    expect(await json(get('/devices/dev-2'))).toMatchObject({
      deviceId: 'dev-2',
      clock: {
        latestEventTime: '2024-05-01T14:00:00.000Z',
        watermark: '2024-05-01T12:00:00.000Z',
        ahead: 3,
        behind: 1,
        maxAheadMs: 7_200_000,
        maxBehindMs: 400_000,
      },
      sequences: { expected: 10, received: 9, lost: 1, missing: 0, duplicates: 2, restarts: 0 },
    });
    const { devices } = await json(get('/summary'));
    expect(devices.map(({ clock }: Json) => clock?.ahead)).toEqual([undefined, 3, undefined]);
  });

  test('ids may hold anything, escaped', async () => {
    const get = await start(sampleData());
    const device = await json(get(`/devices/${encodeURIComponent('größe 100%')}`));
    expect(device.deviceId).toBe('größe 100%');
  });

  test('a metric may be called __proto__', async () => {
    const data = sampleData();
    data.devices = [{ ...data.devices[0]!, event: '{"ts":1,"__proto__":7}' }];
    const get = await start(data);
    expect(await (await get('/devices/dev-1')).text()).toContain('"values":{"__proto__":7}');
  });

  test.each(['', '/windows', '/rollups'])('an unknown one is a 404 problem (%s)', async (rest) => {
    const get = await start(sampleData());
    const response = await get(`/devices/nobody${rest}`);
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await json(response)).toEqual({
      type: 'urn:millrace:problem:DEVICE_UNKNOWN',
      title: 'Not found',
      status: 404,
      detail: "no valid event of device 'nobody' has arrived yet",
      code: 'DEVICE_UNKNOWN',
    });
  });

  test('windows of a device that validate has not seen yet are there', async () => {
    const data = sampleData();
    data.devices = [];
    const get = await start(data);
    expect((await json(get('/devices/dev-1/windows'))).items).toHaveLength(5);
  });
});

describe('windows and rollups', () => {
  test('from is inclusive, to is exclusive, in either form of time', async () => {
    const get = await start(sampleData());
    const starts = async (query: string) =>
      (await json(get(`/devices/dev-1/windows?${query}`))).items.map((item: { start: string }) => item.start);
    const expected = ['2024-05-01T12:00:10.000Z', '2024-05-01T12:00:20.000Z'];
    expect(await starts(`from=${T0 + 10_000}&to=${T0 + 30_000}`)).toEqual(expected);
    expect(await starts('from=2024-05-01T14:00:10%2B02:00&to=2024-05-01T12:00:30Z')).toEqual(expected);
  });

  test('pages with a cursor until next is null', async () => {
    const get = await start(sampleData());
    const seen: string[] = [];
    let cursor = '';
    do {
      const page = await json(get(`/devices/dev-1/windows?limit=2${cursor}`));
      seen.push(...page.items.map((item: { start: string }) => item.start));
      cursor = page.next === null ? '' : `&cursor=${page.next}`;
    } while (cursor !== '');
    expect(new Set(seen).size).toBe(5);
  });

  test('metric leaves one in, and an unknown one leaves none, which is no error', async () => {
    const get = await start(sampleData());
    const one = await json(get('/devices/dev-1/windows?metric=humidity&limit=1'));
    expect(Object.keys(one.items[0].metrics)).toEqual(['humidity']);
    const none = await json(get('/devices/dev-1/rollups?metric=pressure&period=1h'));
    expect(none.items).toEqual([
      {
        definition: 'device',
        key: 'dev-1',
        deviceId: 'dev-1',
        period: '1h',
        start: '2024-05-01T12:00:00.000Z',
        end: '2024-05-01T13:00:00.000Z',
        events: 10,
        metrics: {},
        states: {},
      },
    ]);
  });

  test('figures carry the mean', async () => {
    const get = await start(sampleData());
    const { items } = await json(get('/devices/dev-1/rollups?period=1m'));
    expect(items[0].metrics.temperature).toMatchObject({ count: 10, sum: 245, mean: 24.5, min: 20, max: 29 });
  });
});

describe('bad parameters are 400 and named', () => {
  test.each([
    ['limit', '/devices?limit=0'],
    ['limit', '/devices?limit=1001'],
    ['limit', '/devices?limit=ten'],
    ['cursor', '/devices?cursor='],
    ['from', '/devices/dev-1/windows?from=yesterday'],
    ['from', '/devices/dev-1/windows?from=2023-02-30T00:00:00Z'],
    ['to', '/devices/dev-1/windows?from=2&to=1'],
    ['period', '/devices/dev-1/rollups?period=2m'],
    ['state', '/alerts?state=Firing'],
    ['stat', '/alerts?stat=firing'],
    ['state', '/alerts?state=firing&state=pending'],
    ['metric', '/devices/dev-1/windows?metric='],
    ['definition', '/devices/dev-1/windows?definition=nothing'],
    ['definition', '/devices/dev-1/windows?definition=by-site'],
    ['definition', '/devices/dev-1/rollups?definition=fleet'],
    ['definition', '/windows/changes?definition=nothing'],
    ['since', '/windows/changes?since=-1'],
    ['since', '/windows/changes?since=1234567890123456789'],
    ['key', '/aggregations/by-site/windows'],
    ['key', '/aggregations/device/rollups?key='],
    ['deviceId', '/late?deviceId='],
  ])('%s in %s', async (parameter, path) => {
    const get = await start(sampleData());
    const response = await get(path);
    expect(response.status).toBe(400);
    expect(await json(response)).toMatchObject({ code: 'BAD_PARAMETER', parameter, status: 400 });
  });
});

describe('alerts, quarantine, late', () => {
  test('alerts are filtered by state and device', async () => {
    const get = await start(sampleData());
    const ids = async (query: string) =>
      (await json(get(`/alerts${query}`))).items.map((item: Json) => `${item.rule} ${item.deviceId}`);
    expect(await ids('')).toHaveLength(3);
    expect(await ids('?state=firing')).toEqual(['HighTemperature dev-1']);
    expect(await ids('?deviceId=dev-2&state=resolved')).toEqual(['HighTemperature dev-2']);
    expect(await ids('?deviceId=nobody')).toEqual([]);
  });

  test('quarantined text stays text, bytes become base64', async () => {
    const get = await start(sampleData());
    const { items } = await json(get('/quarantine'));
    expect(items[0]).toMatchObject({ payload: '{"ts":1,"temperature":"hot é"}', payloadEncoding: 'utf-8' });
    expect(items[1]).toMatchObject({ payload: '/wAB', payloadEncoding: 'base64', payloadTruncated: false });
  });

  test('late events come as they came', async () => {
    const get = await start(sampleData());
    expect((await json(get('/late'))).items[0]).toMatchObject({
      id: '0-2',
      definitions: ['device', 'by-site'],
      payload: '{"ts":1}',
      offset: '2',
    });
  });
});

test('the summary has windows of one aggregation when it is named, and late events', async () => {
  const get = await start(sampleData());
  const all = await json(get('/summary'));
  expect(all.aggregations).toEqual(['device', 'by-site', 'fleet', 'state']);
  expect(all.windows).toHaveLength(13);
  expect(all.late).toMatchObject([{ id: '0-2', definitions: ['device', 'by-site'] }]);
  const { windows } = await json(get('/summary?definition=fleet'));
  expect(windows.map(({ definition }: Json) => definition)).toEqual(['fleet', 'fleet']);
  expect(await json(get('/summary?definition=nothing'))).toMatchObject({
    status: 400,
    parameter: 'definition',
  });
});

test('the books of the sample balance, event by event', async () => {
  const get = await start(sampleData());
  expect(await json(get('/accounting'))).toMatchObject({
    balanced: true,
    imbalances: [],
    total: {
      acknowledged: 10,
      received: 2,
      ticks: 4,
      stored: 16,
      trimmed: 2,
      validated: 10,
      quarantined: 1,
      aggregated: 9,
      late: 1,
      duplicate: 1,
      refused: 1,
      ahead: 1,
      behind: 2,
      corrections: 1,
      inFlight: { validate: 1, aggregate: 0 },
      lag: { validate: 1, aggregate: 0, alert: 1 },
    },
    alerts: { pending: 1, firing: 1, nodata: 0, resolved: 1 },
    streams: [{ name: 'alerts', stored: 0, trimmed: 0, lag: { notify: 0 } }],
  });
});

describe('over HTTP', () => {
  test('an unchanged answer is 304, a changed one is not', async () => {
    const data = sampleData();
    const get = await start(data);
    const etag = (await get('/devices')).headers.get('etag')!;
    const again = await get('/devices', { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    data.devices.pop();
    expect((await get('/devices', { headers: { 'if-none-match': etag } })).status).toBe(200);
  });

  test.each(['/', '/devices', '/nowhere', '/devices?limit=x'])(
    '%s has security headers and no CORS',
    async (path) => {
      const get = await start(emptyData());
      const { headers } = await get(path, { headers: { origin: 'https://example.org' } });
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('access-control-allow-origin')).toBeNull();
    },
  );

  test('nothing there is 404, another method is 405', async () => {
    const get = await start(emptyData());
    expect((await get('/nowhere')).status).toBe(404);
    expect((await get('/assets/../package.json')).status).toBe(404);
    expect((await get('/assets/..%2Fpackage.json')).status).toBe(404);
    const refused = await get('/devices', { method: 'DELETE' });
    expect(refused.status).toBe(405);
    expect(refused.headers.get('allow')).toBe('GET, HEAD');
    expect((await get('/devices', { method: 'HEAD' })).status).toBe(200);
  });

  test('the page and what it links to are there, and it links to nothing else', async () => {
    const get = await start(emptyData());
    const page = await get('/');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const links = [...(await page.text()).matchAll(/(?:src|href)="([^"#]+)"/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(1);
    const gateway = ['/metrics', '/readyz'];
    for (const link of links.filter((link) => !gateway.includes(link)))
      expect(`${link} ${(await get(link)).status}`).toBe(`${link} 200`);
  });

  test('what a retry may cure is 503 with Retry-After, everything else is 500 and keeps its inside to itself', async () => {
    const fail = (error: Error) => (platform: ReturnType<typeof queryPlatform>) => {
      platform.stores.validation.devices = () => Promise.reject(error);
    };
    const busy = new MillraceError('the store is busy', { code: 'STORE_BUSY', canRetry: true });
    const response = await (await start(emptyData(), fail(busy)))('/devices');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await json(response)).toMatchObject({ code: 'STORE_BUSY' });
    const broken = await (await start(emptyData(), fail(new Error('secret path /etc'))))('/devices');
    expect(broken.status).toBe(500);
    expect(await broken.text()).not.toContain('secret');
  });
});
