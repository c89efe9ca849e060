import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PASSED_HEADER } from '../../../functions/notify/core.js';
import { create } from '../../../functions/notify/handler.js';
import { eventTopic, stateTopic } from '../../../functions/notify/topics.js';
import type { Batch } from '../../../streams/batch.js';
import { FrameWriter } from '../../../streams/record.js';
import { invocation, type MemoryPlatform, memoryPlatform } from '../../support/platform.js';
import { alertOf } from '../../support/query-data.js';

interface AlertRecord {
  readonly document: unknown;
  readonly passed?: boolean;
}

function alertsBatch(records: readonly AlertRecord[], baseOffset = 0n): Batch {
  const writer = new FrameWriter();
  for (const { document, passed } of records) {
    const value = Buffer.from(typeof document === 'string' ? document : JSON.stringify(document));
    const headers = passed ? { headers: { [PASSED_HEADER]: '1' } } : {};
    writer.write({ kind: 0, arrivalTime: 1_000, key: 'dev-1', value, ...headers });
  }
  return { stream: 'alerts', partition: 0, baseOffset, count: records.length, frames: writer.take() };
}

async function notify(platform: MemoryPlatform, batch: Batch): Promise<string[]> {
  const { process } = await create(platform);
  platform.published.length = 0;
  await process!(batch, invocation());
  return platform.published.map(({ topic, retain, qos }) => `${topic}${retain ? ' retained' : ''} ${qos}`);
}

const firing = alertOf('HighTemperature', 'dev-1', 'firing', 5);
const resolved = alertOf('HighTemperature', 'dev-1', 'resolved', 5);

test('each alert goes out once as it happens, and retained as the current state', async () => {
  const platform = memoryPlatform();
  expect(await notify(platform, alertsBatch([{ document: firing }, { document: resolved }]))).toEqual([
    'alerts/critical/dev-1/HighTemperature 1',
    'alert-state/dev-1/HighTemperature retained 1',
    'alerts/critical/dev-1/HighTemperature 1',
    'alert-state/dev-1/HighTemperature retained 1',
  ]);
  expect(JSON.parse(Buffer.from(platform.published[3]!.payload).toString())).toEqual(resolved);
  expect(await platform.stores.notifications.count()).toBe(2);
});

test('a repetition at another offset is silent; the same offset is delivered again', async () => {
  const platform = memoryPlatform();
  await notify(platform, alertsBatch([{ document: firing }]));
  expect(
    await notify(platform, alertsBatch([{ document: firing }, { document: resolved }], 1n)),
  ).toHaveLength(2);
  expect(await notify(platform, alertsBatch([{ document: firing }]))).toHaveLength(2);
  expect(
    await notify(memoryPlatform(), alertsBatch([{ document: firing }, { document: firing }])),
  ).toHaveLength(2);
});

test('nothing is remembered as delivered when publishing fails', async () => {
  const platform = memoryPlatform();
  const broken = { ...platform, publish: async () => Promise.reject(new Error('broker away')) };
  const { process } = await create(broken);
  await expect(process!(alertsBatch([{ document: firing }]), invocation())).rejects.toThrow('broker away');
  expect(await platform.stores.notifications.count()).toBe(0);
});

test('an alert that was over before the current one began does not become the current state', async () => {
  const platform = memoryPlatform();
  expect(await notify(platform, alertsBatch([{ document: firing, passed: true }]))).toEqual([
    'alerts/critical/dev-1/HighTemperature 1',
  ]);
});

test('what is no alert is logged and passed over', async () => {
  const platform = memoryPlatform();
  const batch = alertsBatch([{ document: '{broken' }, { document: { rule: 'x' } }, { document: firing }]);
  expect(await notify(platform, batch)).toHaveLength(2);
  expect(platform.logged).toMatchObject([{ offsets: ['0', '1'], total: 2 }]);
});

async function silence(
  platform: MemoryPlatform,
  id: string,
  startsAt: number,
  endsAt: number,
): Promise<void> {
  const matchers = [{ name: 'deviceId', value: 'dev-1', isRegex: false, isEqual: true }];
  const given = { id, matchers, startsAt, endsAt, createdAt: startsAt, author: 'ann', reason: '' };
  await platform.stores.operations.act({ act: 'silence', silence: { ...given, expiredBy: null } });
}

const stateOf = ({ published }: MemoryPlatform) =>
  JSON.parse(Buffer.from(published.at(-1)!.payload).toString());

test('a silenced alert is retained and says by what, and is not told; its end is told on both topics', async () => {
  const platform = memoryPlatform();
  // Records arrive at 1,000.
  await silence(platform, 's2', 500, 2_000);
  await silence(platform, 's1', 1_000, 1_001);
  await silence(platform, 'over', 0, 1_000);
  await silence(platform, 'to come', 1_001, 3_000);
  const nodata = alertOf('HighTemperature', 'dev-1', 'nodata', 5);
  expect(await notify(platform, alertsBatch([{ document: firing }]))).toEqual([
    'alert-state/dev-1/HighTemperature retained 1',
  ]);
  expect(stateOf(platform)).toEqual({ ...firing, silencedBy: ['s1', 's2'] });
  expect(await notify(platform, alertsBatch([{ document: nodata }, { document: resolved }], 1n))).toEqual([
    'alert-state/dev-1/HighTemperature retained 1',
    'alerts/critical/dev-1/HighTemperature 1',
    'alert-state/dev-1/HighTemperature retained 1',
  ]);
  expect(stateOf(platform)).toEqual(resolved);
  expect(
    await notify(platform, alertsBatch([{ document: { ...firing, id: 'x' }, passed: true }], 3n)),
  ).toEqual([]);
});

test('a redelivery after a crash is decided as it was, though the silence was ended meanwhile', async () => {
  const platform = memoryPlatform();
  await silence(platform, 's1', 500, 5_000);
  const before = await notify(platform, alertsBatch([{ document: firing }]));
  await platform.stores.operations.act({ act: 'expire-silence', id: 's1', author: 'ann', at: 1_500 });
  expect(await notify(platform, alertsBatch([{ document: firing }]))).toEqual(before);
  expect(before).toHaveLength(1);
});

test('told alerts go to the inbox where there are receivers, silenced ones too, each once', async () => {
  const root = mkdtempSync(join(tmpdir(), 'millrace-notify-'));
  try {
    const platform = memoryPlatform({ root });
    await notify(platform, alertsBatch([{ document: firing }]));
    expect(await platform.stores.dispatch.inbox(0n, 10)).toEqual([]);
    const yaml = 'route: { receiver: ops }\nreceivers: [{ name: ops }]\n';
    writeFileSync(join(root, 'notifications.yml'), yaml);
    await silence(platform, 's1', 500, 5_000);
    const again = { ...firing, id: 'again' };
    const passed = { ...firing, id: 'passed' };
    await notify(platform, alertsBatch([{ document: again }, { document: passed, passed: true }], 1n));
    await notify(platform, alertsBatch([{ document: again }, { document: resolved }], 3n));
    const inbox = await platform.stores.dispatch.inbox(0n, 10);
    expect(inbox.map(({ alert, passed }) => [alert.id, passed])).toEqual([
      ['again', false],
      ['passed', true],
      [resolved.id, false],
    ]);
    expect(inbox[2]!.alert).toEqual(resolved);
    writeFileSync(join(root, 'notifications.yml'), 'receivers: []\n');
    expect(() => create(platform)).toThrow(
      expect.objectContaining({
        code: 'NOTIFICATIONS_INVALID',
        message: expect.stringContaining('notifications.yml:1: route is missing'),
      }),
    );
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test('names become one topic level each', () => {
  const alert = { severity: 'a/b', deviceId: 'größe #1+', rule: '' };
  expect(eventTopic(alert)).toBe('alerts/a_b/größe _1_/_');
  expect(stateTopic(alert)).toBe('alert-state/größe _1_/_');
});
