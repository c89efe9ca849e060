/**
 * Somebody else's project, run as it is: plain Lambda handlers on a stream with filters, a failure destination and
 * tumbling windows, a queue, a schedule, an HTTP route and an IoT rule.
 */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync, type MqttClient } from 'mqtt';
import { poll } from '../support/poll.js';
import { type Product, startProduct, temporaryDirectory } from '../support/product.js';
import { projectRoot } from '../support/project-root.js';

const folder = temporaryDirectory();
const told = join(folder, 'told.ndjson');
let product: Product;
let mqtt: MqttClient;

beforeAll(async () => {
  cpSync(join(projectRoot, 'test/support/foreign-project'), folder, { recursive: true });
  product = await startProduct({ args: ['--config', join(folder, 'serverless.yml')], env: { TOLD: told } });
  mqtt = await connectAsync(product.mqttUrl);
}, 60_000);

afterAll(async () => {
  await mqtt?.endAsync();
  await product?.stop();
});

type Told = Readonly<Record<string, unknown>> & { readonly what: string };

function lines(what: string): Told[] {
  if (!existsSync(told)) return [];
  const all = readFileSync(told, 'utf8').split('\n').filter(Boolean);
  return all.map((line) => JSON.parse(line) as Told).filter((line) => line.what === what);
}

const publish = (device: string, temperature: number) =>
  mqtt.publishAsync(`devices/${device}/telemetry`, JSON.stringify({ temperature }), { qos: 1 });

test('the stream feeds whom its records are for, and the one it chokes on ends in the queue', async () => {
  for (const temperature of [20, 31, 13, 40, 95]) await publish('room-1', temperature);
  await poll(
    () => lines('warm').length === 3 && lines('choosy').length === 4 && lines('buried').length === 1,
    {
      timeoutMs: 30_000,
    },
  );
  expect(lines('warm').map(({ temperature }) => temperature)).toEqual([31, 40, 95]);
  expect(lines('warm')[0]).toMatchObject({
    device: 'room-1',
    source: 'aws:kinesis',
    function: 'warm',
    memory: '128',
  });
  expect(lines('choosy').map(({ temperature }) => temperature)).toEqual([20, 31, 40, 95]);
  expect(lines('buried')).toEqual([
    { what: 'buried', eventSource: 'aws:sqs', condition: 'RetryAttemptsExhausted', batchSize: 1 },
  ]);
}, 60_000);

test('tumbling windows hand their state on, and their last invocation comes without a further record', async () => {
  await poll(() => lines('sum').reduce((sum, { count }) => sum + Number(count), 0) === 5, {
    timeoutMs: 15_000,
    what: 'all five events in ended windows',
  });
}, 30_000);

test('an IoT rule invokes with what its SQL selects', async () => {
  await poll(() => lines('siren').length > 0);
  expect(lines('siren')).toEqual([{ what: 'siren', temperature: 95, device: 'room-1' }]);
});

test('schedules run, with their input for an event', async () => {
  await poll(() => lines('clock').length >= 2);
  expect(lines('clock')[0]).toEqual({ what: 'clock', hello: 'clock' });
});

test('HTTP requests reach the handler as HTTP API events', async () => {
  const response = await fetch(`${product.httpUrl}/hello/world`);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ greeting: 'Hello, world', route: 'GET /hello/{name}' });
});

test('any of them can be invoked as with the AWS command line', async () => {
  const response = await fetch(`${product.httpUrl}/2015-03-31/functions/hello/invocations`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pathParameters: { name: 'you' }, routeKey: 'none' }),
  });
  expect(await response.json()).toEqual({ greeting: 'Hello, you', route: 'none' });
});
