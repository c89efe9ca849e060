/** Windows told over MQTT: complete ones and their corrections, before the commit. */
import { topicLevel } from '../../../common/topic-level.js';
import { create } from '../../../functions/aggregate/handler.js';
import type { MqttMessage } from '../../../functions/contract.js';
import { openAggregationStore } from '../../../stores/sqlite/aggregation.js';
import { batchOf, tick } from '../../support/batches.js';
import { fateful, start, testContext, testPlatform } from '../../support/stream-function.js';
import { aggregateSettings, at, Harness, T0 } from './harness.js';
import { settingsWith } from './timelines.js';

const settings = aggregateSettings([
  { metrics: { temperature: ['mean', 'count'] }, publish: true },
  { name: 'quiet' },
  { name: 'sessions', window: { type: 'session', gapMs: 5_000, maxMs: 60_000 }, publish: true },
]);

function told(published: readonly MqttMessage[]) {
  return published.map(({ topic, payload }) => ({ topic, ...JSON.parse(Buffer.from(payload).toString()) }));
}

test('complete windows, corrections as such, and closings', async () => {
  const harness = new Harness(aggregateSettings([settings.definitions[0]!, settings.definitions[1]!]));
  await harness.run(at(1), at(3));
  expect(harness.published).toEqual([]);
  await harness.run(at(10));
  await harness.run(at(8), tick(T0 + 12_000));
  await harness.run(tick(T0 + 15_000));
  const window = {
    topic: 'windows/device/dev',
    definition: 'device',
    key: 'dev',
    partition: 0,
    start: T0,
    end: T0 + 10_000,
  };
  expect(told(harness.published)).toEqual([
    { ...window, revision: 1, closed: false, events: 2, figures: { temperature: { mean: 2, count: 2 } } },
    { ...window, revision: 2, closed: false, events: 3, figures: { temperature: { mean: 4, count: 3 } } },
    { ...window, revision: 2, closed: true, events: 3, figures: { temperature: { mean: 4, count: 3 } } },
  ]);
  expect(harness.published[0]).toMatchObject({ qos: 1, retain: false });
  await harness.store.close();
});

test('a session that became part of another one is told to be gone', async () => {
  const harness = new Harness(aggregateSettings([settings.definitions[2]!]));
  await harness.run(at(0), at(8));
  await harness.run(at(4));
  const session = { topic: 'windows/sessions/dev', definition: 'sessions', key: 'dev', partition: 0 };
  const figures = { temperature: expect.anything(), humidity: expect.anything(), battery: expect.anything() };
  const open = { ...session, start: T0, closed: false, figures };
  expect(told(harness.published)).toEqual([
    { ...open, end: T0 + 5_000, revision: 1, events: 1 },
    { ...session, start: T0 + 8_000, removed: true },
    { ...open, end: T0 + 13_000, revision: 2, events: 3 },
  ]);
  await harness.store.close();
});

test('what is told and not committed is told again', async () => {
  const published: MqttMessage[] = [];
  const store = fateful(openAggregationStore(':memory:'));
  const platform = testPlatform({ aggregation: store }, settingsWith(settings), published);
  const process = await start(create, platform);
  const batch = batchOf([at(1), at(10)]);
  store.fate = 'commit fails';
  await expect(process(batch, testContext)).rejects.toThrow('the disk failed');
  expect(published).not.toEqual([]);
  const once = [...published];
  store.fate = 'done';
  await process(batch, testContext);
  expect(published).toEqual([...once, ...once]);
  await store.close();
});

test('a key is one level of the topic', () => {
  expect(topicLevel('site=a/b+#')).toBe('site=a_b__');
  expect(topicLevel('')).toBe('_');
});
