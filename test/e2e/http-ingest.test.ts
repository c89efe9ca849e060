/** Events over HTTP: verdicts per event, refusals with a reason, and no 202 before the events are durable. */

import { badEvents, nested } from '../support/bad-events.js';
import type { Json } from '../support/json.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct, temporaryDirectory } from '../support/product.js';
import { type Reader, readerOf } from '../support/reader.js';

let product: Product;
let reader: Reader;
const dataDir = temporaryDirectory();

beforeAll(async () => {
  product = await startProduct({ dataDir });
  reader = readerOf(product);
}, 40_000);

const sound = (members: object = {}) => ({
  ts: Date.now(),
  temperature: 21.5,
  humidity: 40,
  battery: 3.7,
  ...members,
});

async function post(
  path: string,
  body: string | Buffer,
): Promise<{ status: number; type: string; body: Json }> {
  const response = await fetch(`${product.httpUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: body as never,
  });
  const type = response.headers.get('content-type') ?? '';
  return { status: response.status, type, body: (await response.json()) as Json };
}

test('one event of one device', async () => {
  const answer = await post('/devices/http-1/telemetry', JSON.stringify(sound()));
  expect(answer).toMatchObject({
    status: 202,
    body: { accepted: 1, rejected: 0, results: [{ index: 0, deviceId: 'http-1', status: 'accepted' }] },
  });
  const device = await poll(() => reader.json('/devices/http-1'), { what: 'the latest value' });
  expect(device.values).toMatchObject({ temperature: 21.5 });
});

test('a batch, each event with its own verdict', async () => {
  const before = (await reader.settledBooks()).total;
  const events = [
    sound({ deviceId: 'http-2' }),
    sound(),
    sound({ deviceId: 'a/b' }),
    sound({ deviceId: 'http-3', temperature: 'hot' }),
    17,
    sound({ deviceId: 'http-4', temperature: 90 }),
  ];
  const { status, body } = await post('/telemetry', JSON.stringify(events));
  expect(status).toBe(202);
  expect(body).toMatchObject({ accepted: 2, rejected: 4 });
  expect(body.results.map(({ status, code }: Json) => code ?? status)).toEqual([
    'accepted',
    'DEVICE_ID_INVALID',
    'DEVICE_ID_INVALID',
    'SCHEMA',
    'NOT_AN_OBJECT',
    'accepted',
  ]);
  expect(body.results[3]).toMatchObject({ quarantined: true, pointer: '/temperature', keyword: 'type' });
  const { total } = await reader.settledBooks();
  expect(total.acknowledged).toBe(before.acknowledged + 3);
  expect(total.quarantined).toBe(before.quarantined + 1);
  const alerts = await poll(
    async () => {
      const found = await reader.all('/alerts?deviceId=http-4');
      return found.length > 0 && found;
    },
    { what: 'the alert' },
  );
  expect(alerts[0]).toMatchObject({ rule: 'HighTemperature', state: 'firing', value: 90 });
});

// A body that is no JSON is one mistake; whatever is JSON gets the verdict it would get over MQTT.
const parsable = badEvents().filter(({ code, payload }) => code === 'SCHEMA' && payload.includes('{'));
test.each(parsable)(
  '$name: the same verdict as over MQTT, and quarantine',
  async ({ payload, code, pointer }) => {
    const { status, body } = await post('/devices/http-bad/telemetry', payload);
    expect(status).toBe(202);
    expect(body.results).toMatchObject([{ status: 'rejected', quarantined: true, code, pointer }]);
  },
);

test.each([
  ['broken JSON', '/telemetry', '{"ts":', 400, 'JSON_SYNTAX'],
  ['an empty body', '/telemetry', '', 400, 'JSON_SYNTAX'],
  [
    'a body that is not UTF-8',
    '/devices/http-1/telemetry',
    Buffer.from('{"note":"\xff"}', 'latin1'),
    400,
    'NOT_UTF8',
  ],
  ['no device id', '/devices/%24SYS%2Fx/telemetry', '{}', 400, 'DEVICE_ID_INVALID'],
  ['a body too large', '/telemetry', Buffer.alloc(7 * 1024 * 1024, ' '), 413, 'BODY_TOO_LARGE'],
  ['too many events', '/telemetry', `[${'0,'.repeat(1_000_000)}0]`, 413, 'TOO_MANY_EVENTS'],
])('%s is refused with a problem document', async (_, path, body, status, code) => {
  const answer = await post(path, body);
  expect(answer.status).toBe(status);
  expect(answer.body).toMatchObject({ status, code, detail: expect.stringMatching(/\w/) });
  expect(answer.type).toContain('application/problem+json');
});

test('100,000 levels of nesting are quarantined, or refused within a batch', async () => {
  const alone = await post('/devices/http-deep/telemetry', nested(100_000));
  expect(alone.body.results).toMatchObject([{ status: 'rejected', quarantined: true, code: 'TOO_DEEP' }]);
  const batch = `[${nested(100_000)},${nested(50)},${JSON.stringify(sound())}]`;
  const { status, body } = await post('/devices/http-deep/telemetry', batch);
  expect(status).toBe(202);
  expect(body.results).toMatchObject([
    { status: 'rejected', quarantined: false, code: 'TOO_DEEP' },
    { status: 'rejected', quarantined: true, code: 'TOO_DEEP' },
    { status: 'accepted' },
  ]);
});

test('an event of 1 MB is refused, the others of its batch are not', async () => {
  const { status, body } = await post(
    '/devices/http-1/telemetry',
    JSON.stringify([sound({ note: 'x'.repeat(1_000_000) }), sound()]),
  );
  expect(status).toBe(202);
  expect(body.results).toMatchObject([
    { status: 'rejected', quarantined: false, code: 'PAYLOAD_TOO_LARGE' },
    { status: 'accepted' },
  ]);
});

test('what was answered with 202 survives a kill at that moment', async () => {
  const before = (await reader.settledBooks()).total.acknowledged;
  const events = Array.from({ length: 50 }, (_, seq) => sound({ deviceId: 'http-durable', seq }));
  expect((await post('/telemetry', JSON.stringify(events))).body.accepted).toBe(50);
  await product.kill9();
  product = await startProduct({ dataDir });
  reader = readerOf(product);
  const { total } = await reader.settledBooks();
  expect(total.acknowledged).toBe(before + 50);
  const windows = await reader.all('/devices/http-durable/windows');
  expect(windows.reduce((sum, { events: count }) => sum + count, 0)).toBe(50);
});

test('the process has outlived all of it', async () => {
  await reader.settledBooks();
  expect(await product.stop()).toEqual({ code: 0, signal: null });
}, 20_000);
