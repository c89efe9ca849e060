import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from '../../../functions/deliver/handler.js';
import { invocation, type MemoryPlatform, memoryPlatform } from '../../support/platform.js';
import { deliveryOf, hang, inGroup, put, receiver } from './support.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-deliver-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const configure = (url: string, more = '') =>
  writeFileSync(
    join(root, 'notifications.yml'),
    `route: { receiver: ops }\nreceivers: [{ name: ops, webhooks: [{ url: "${url}"${more} }] }]\n`,
  );

async function deliver(platform: MemoryPlatform, remainingMs = 60_000): Promise<void> {
  const { scheduled } = await create(platform);
  const end = performance.now() + remainingMs;
  const context = { ...invocation(), remainingTimeMs: () => end - performance.now() };
  await scheduled!({ time: Date.now() }, context);
}

test('sends what waits to the targets of notifications.yml', async () => {
  const hook = await receiver();
  configure(hook.url, ', secret: s');
  const platform = memoryPlatform({ root });
  await put(platform.stores, deliveryOf('a', 'ops/webhook/0'));
  await deliver(platform);
  expect(hook.ids()).toEqual(['a']);
  expect(hook.received[0]?.headers['x-millrace-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/);
  await platform.stores.close();
});

test('without the file nothing is sent, and no store is opened', async () => {
  const platform = memoryPlatform({ root });
  const untouched = { ...platform, stores: {} as MemoryPlatform['stores'] };
  await deliver(untouched);
  await platform.stores.close();
});

test('a mistake in the file is told at the cold start', async () => {
  configure('nonsense');
  const platform = memoryPlatform({ root });
  await expect(deliver(platform)).rejects.toMatchObject({ code: 'NOTIFICATIONS_INVALID' });
  await platform.stores.close();
});

test('targets that hang do not outlast the function, however long their timeout', async () => {
  const hook = await receiver(hang);
  configure(hook.url, ', timeout: 10m');
  const platform = memoryPlatform({ root });
  await put(
    platform.stores,
    ...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => deliveryOf(id, 'ops/webhook/0', inGroup(id))),
  );
  await deliver(platform, 2_600);
  const { items } = await platform.stores.deliveries.deliveries({}, { limit: 9, cursor: null });
  expect(items.every(({ state }) => state === 'waiting')).toBe(true);
  expect(items.some(({ attempts }) => attempts === 1)).toBe(true);
  await platform.stores.close();
});
