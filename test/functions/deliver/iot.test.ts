/** Notifications to AWS IoT Core, through the real client against a server that keeps what it is asked. */
import { iotMessage } from '../../../functions/deliver/formats/iot.js';
import { webhookDocument } from '../../../functions/deliver/formats/webhook.js';
import { createIotSender } from '../../../functions/deliver/senders/iot.js';
import type { IotTarget } from '../../../functions/dispatch/config/types.js';
import { alertNamed, documentOf, receiver } from './support.js';

const targetOf = (topic: string, endpoint: string | null = null): IotTarget => ({
  id: 'ops/iot/0',
  kind: 'iot',
  timeoutMs: 10_000,
  sendResolved: true,
  maxAlerts: 100,
  topic,
  region: 'eu-west-1',
  endpoint,
});
const attempting = { signal: new AbortController().signal, now: 0, publicText: (text: string) => text };

test('the topic says what it is about, each as one level; `_` where alerts differ', () => {
  const topicOf = (more: Parameters<typeof documentOf>[1]) =>
    iotMessage(documentOf('n1', more), targetOf('fleet/{receiver}/{status}/{severity}/{alertname}')).topic;
  expect(topicOf({})).toBe('fleet/ops/firing/critical/TooWarm');
  expect(topicOf({ status: 'resolved', commonLabels: { severity: 'a/b+' } })).toBe(
    'fleet/ops/resolved/a_b_/_',
  );
});

test('what is longer than AWS IoT takes is cut, and says so', () => {
  const alerts = Array.from({ length: 400 }, (_, index) => alertNamed(`device-${index}-${'x'.repeat(500)}`));
  const { payload } = iotMessage(documentOf('n1', { alerts }), { ...targetOf('alerts'), maxAlerts: 0 });
  const { alerts: told, truncatedAlerts } = JSON.parse(payload) as {
    alerts: unknown[];
    truncatedAlerts: number;
  };
  expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(128 * 1024);
  expect(told.length).toBeGreaterThan(0);
  expect(told.length + truncatedAlerts).toBe(400);
});

describe('publishing', () => {
  const variables = { ...process.env };
  beforeAll(() => {
    process.env.AWS_ACCESS_KEY_ID = 'key';
    process.env.AWS_SECRET_ACCESS_KEY = 'secret';
  });
  afterAll(() => {
    process.env = variables;
  });

  test('the webhook document, signed, QoS 1; throttling is tried again, a refusal is not', async () => {
    const server = await receiver();
    const target = targetOf('alerts/{severity}', new URL(server.url).origin);
    const send = createIotSender();
    const document = documentOf('n1');
    expect(await send(document, target, attempting)).toMatchObject({ kind: 'delivered', status: 200 });
    expect(server.received).toHaveLength(1);
    const [{ path, headers, body }] = server.received as [(typeof server.received)[number]];
    expect(decodeURIComponent(path)).toMatch(/^\/topics\/alerts\/critical\?qos=1/);
    expect(headers.authorization).toContain('/eu-west-1/iotdata/');
    expect(body).toEqual(JSON.parse(JSON.stringify(webhookDocument(document, 100))));

    server.answer((response) =>
      response.writeHead(429, { 'x-amzn-errortype': 'ThrottlingException' }).end('{}'),
    );
    expect(await send(document, target, attempting)).toMatchObject({ kind: 'failed' });
    server.answer((response) =>
      response.writeHead(403, { 'x-amzn-errortype': 'ForbiddenException' }).end('{}'),
    );
    expect(await send(document, target, attempting)).toMatchObject({ kind: 'refused', status: 403 });
    await server.close();
  });
});
