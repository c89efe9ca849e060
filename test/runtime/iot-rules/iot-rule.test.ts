import pino from 'pino';
import { MillraceError } from '../../../common/errors.js';
import { createIotRule } from '../../../runtime/iot-rules/iot-rule.js';
import type { NewAsynchronousEvent } from '../../../stores/asynchronous.js';
import type { Batch } from '../../../streams/batch.js';
import { FrameWriter, type NewRecord, RecordKind } from '../../../streams/record.js';

const log = pino({ level: 'silent' });
const source = {
  kind: 'kinesis' as const,
  stream: 'telemetry',
  arn: 'arn:aws:kinesis:us-east-1:000000000000:stream/telemetry',
  bootstrapServers: [],
  reportsFailures: true,
};

function batchOf(records: readonly Partial<NewRecord & { text: string }>[]): Batch {
  const writer = new FrameWriter();
  for (const { text = '{}', ...record } of records) {
    writer.write({
      kind: RecordKind.acknowledged,
      arrivalTime: 1_000,
      key: 'dev-1',
      value: Buffer.from(text),
      ...record,
    });
  }
  return { stream: 'telemetry', partition: 3, baseOffset: 40n, count: records.length, frames: writer.take() };
}

function ruleOf(sql: string, fail?: Error) {
  const queued: [string, string, string][] = [];
  const rule = createIotRule({
    rule: 'alerts-0',
    functionName: 'notify',
    sql,
    telemetryTopic: 'devices/{deviceId}/telemetry',
    enqueue: async (events: readonly NewAsynchronousEvent[]) => {
      if (fail !== undefined) throw fail;
      for (const { functionName, id, payload } of events)
        queued.push([functionName, id, Buffer.from(payload).toString()]);
    },
    log,
  });
  return { rule, queued };
}

test('queues what the SQL selects, each under its place in the stream', async () => {
  const { rule, queued } = ruleOf(
    "SELECT temp, topic(2) AS device FROM 'devices/+/telemetry' WHERE temp > 50",
  );
  const batch = batchOf([
    { text: '{"temp":60}' },
    { text: '{"temp":40}' },
    { kind: RecordKind.tick, key: '', text: '' },
    { text: 'no JSON' },
    { text: '{"temp":70}', key: 'dev-$&' },
  ]);
  expect(await rule.processBatch({ source, batch })).toEqual({ kind: 'success' });
  expect(queued).toEqual([
    ['notify', 'alerts-0:telemetry/3/40', '{"temp":60,"device":"dev-1"}'],
    ['notify', 'alerts-0:telemetry/3/44', '{"temp":70,"device":"dev-$&"}'],
  ]);
});

test('a queue that fails makes the batch come again', async () => {
  const { rule } = ruleOf(
    "SELECT * FROM '#'",
    new MillraceError('full', { code: 'STORE_FULL', canRetry: true }),
  );
  expect(await rule.processBatch({ source, batch: batchOf([{}]) })).toMatchObject({
    kind: 'error',
    error: { code: 'STORE_FULL', canRetry: true },
  });
});

test('events that can never be queued are passed over, and hold up no other', async () => {
  const { rule, queued } = ruleOf("SELECT a + a AS twice FROM '#'");
  const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
  const batch = batchOf([
    { text: '{"a":"x"}' },
    { text: JSON.stringify({ a: 'x'.repeat(600_000) }) },
    { text: '{"a":"y"}' },
  ]);
  expect(await rule.processBatch({ source, batch })).toEqual({ kind: 'success' });
  expect(queued.map(([, , payload]) => payload)).toEqual(['{"twice":"xx"}', '{"twice":"yy"}']);
  const all = ruleOf("SELECT * FROM '#'");
  const outcome = await all.rule.processBatch({ source, batch: batchOf([{ text: deep }, {}]) });
  expect(outcome.kind).toBe('success');
  expect(all.queued.at(-1)?.[1]).toBe('alerts-0:telemetry/3/41');
});
