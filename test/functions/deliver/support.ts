/** Notifications, deliveries and HTTP targets for tests of `deliver`. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebhookTarget } from '../../../functions/dispatch/config/types.js';
import type { NotificationDocument, NotifiedAlert } from '../../../functions/dispatch/document.js';
import type { Delivery } from '../../../stores/notifications.js';
import type { Stores } from '../../../stores/stores.js';

/** A Monday. */
export const T0 = Date.UTC(2024, 0, 1);

export function alertNamed(deviceId: string, more: Partial<NotifiedAlert> = {}): NotifiedAlert {
  return {
    status: 'firing',
    labels: { alertname: 'TooWarm', deviceId, severity: 'critical', site: 'north' },
    annotations: { summary: `${deviceId} is too warm` },
    startsAt: T0,
    endsAt: null,
    generatorURL: `http://millrace.example/alerts/${deviceId}`,
    fingerprint: `f-${deviceId}`,
    value: 9.5,
    eventTime: T0 + 500,
    flapping: false,
    ruleVersion: '0a1b2c3d',
    ...more,
  };
}

export function documentOf(id: string, more: Partial<NotificationDocument> = {}): NotificationDocument {
  return {
    id,
    groupKey: '{}/{severity="critical"}:{alertname="TooWarm"}',
    receiver: 'ops',
    status: 'firing',
    reason: 'new',
    groupLabels: { alertname: 'TooWarm', site: 'north' },
    commonLabels: { alertname: 'TooWarm', severity: 'critical', site: 'north' },
    commonAnnotations: {},
    externalURL: 'http://millrace.example',
    truncatedAlerts: 0,
    alerts: [alertNamed('dev-1')],
    ...more,
  };
}

/** Of `document`, or of one named as the delivery. */
export function deliveryOf(
  id: string,
  target: string,
  document: Partial<NotificationDocument> = {},
  more: Partial<Delivery> = {},
): Delivery {
  const notification = documentOf(id, document);
  return {
    id,
    target,
    group: notification.groupKey,
    state: 'waiting',
    createdAt: Date.now(),
    dueAt: 0,
    attempts: 0,
    lastError: null,
    fingerprints: notification.alerts.map(({ fingerprint }) => fingerprint),
    notification: JSON.stringify(notification),
    ...more,
  };
}

export async function put({ dispatch }: Stores, ...deliveries: readonly Delivery[]): Promise<void> {
  const from = await dispatch.cursor();
  await dispatch.commit({ from, cursor: from, groups: [], removedGroups: [], deliveries });
}

/** A group of its own for each name. */
export const inGroup = (group: string) => ({ groupKey: group });

export function webhook(url: string, more: Partial<WebhookTarget> = {}): WebhookTarget {
  return {
    id: 'ops/webhook/0',
    kind: 'webhook',
    timeoutMs: 5_000,
    sendResolved: true,
    maxAlerts: 0,
    url,
    secret: null,
    ...more,
  };
}

export interface Received {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly body: Record<string, unknown>;
}

export interface Receiver {
  readonly url: string;
  /** Whole requests, in the order of their ends. */
  readonly received: Received[];
  /** How many requests have begun. */
  begun(): number;
  ids(): unknown[];
  /** What answers from now on. */
  answer(with_: Answer): void;
  close(): Promise<void>;
}

/** Gets the response and how many requests there were before. Answers nothing: the request hangs. */
export type Answer = (response: ServerResponse, before: number, request: IncomingMessage) => void;

export const ok: Answer = (response) => void response.end('ok');
export const hang: Answer = () => undefined;
export const status =
  (code: number, headers: Record<string, string> = {}, body = ''): Answer =>
  (response) =>
    void response.writeHead(code, headers).end(body);

/** Other protocols than JSON have no body here. */
function jsonOf(text: string): Record<string, unknown> {
  return text.startsWith('{') ? JSON.parse(text) : {};
}

const open = new Set<Receiver>();
afterEach(async () => {
  for (const receiver of open) await receiver.close();
  open.clear();
});

/** An HTTP server on a free port of the loopback, closed after the test. */
export async function receiver(first: Answer = ok): Promise<Receiver> {
  let answer = first;
  let begun = 0;
  const received: Received[] = [];
  const server: Server = createServer((request, response) => {
    const before = begun++;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { url = '', headers } = request;
      received.push({ path: url, headers, text, body: jsonOf(text) });
      answer(response, before, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const one: Receiver = {
    url: `http://127.0.0.1:${port}/hook`,
    received,
    begun: () => begun,
    ids: () => received.map(({ body }) => body.id),
    answer: (with_) => {
      answer = with_;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close').catch(() => undefined);
    },
  };
  open.add(one);
  return one;
}
