import { fileURLToPath } from 'node:url';
import {
  emptyTally,
  MAX_QUARANTINED_BYTES,
  rejections,
  replacing,
  scan,
} from '../../../functions/validate/core.js';
import { EventDecoder } from '../../../schemas/decode.js';
import { loadSchemas } from '../../../schemas/registry.js';
import { batchOf, type TestRecord, tick } from '../../support/batches.js';
import { testSettings } from '../../support/stream-function.js';

const schemas = loadSchemas(fileURLToPath(new URL('../../../schemas', import.meta.url)));
const decoder = new EventDecoder(schemas, testSettings);
const T0 = Date.UTC(2024, 0, 1);

function at(ms: number, key = 'dev', more: object = {}): TestRecord {
  const payload = { ts: T0 + ms, temperature: 20, humidity: 40, battery: 3, ...more };
  return { arrivalTime: T0 + ms, key, payload };
}

test('counts every record once, whatever it is', () => {
  const records = [at(0), tick(T0), { arrivalTime: T0, key: 'dev', payload: '{' }, at(1), tick(T0)];
  const { tally } = scan(batchOf(records), emptyTally(0), decoder);
  expect(tally).toEqual({ partition: 0, nextOffset: 5n, valid: 2, quarantined: 1, ticks: 2 });
});

test('skips what the tally contains', () => {
  const records = [at(0), { arrivalTime: T0, key: 'dev', payload: '{' }, at(1)];
  const before = { partition: 0, nextOffset: 2n, valid: 1, quarantined: 1, ticks: 0 };
  const scanned = scan(batchOf(records), before, decoder);
  expect(scanned.tally).toEqual({ ...before, nextOffset: 3n, valid: 2 });
  expect(scanned.quarantined).toEqual([]);
  expect(scan(batchOf(records, 0, 2), before, decoder).tally).toEqual(before);
});

test('the latest is by event time, of equal times the one after; older ones do not replace it', () => {
  const records = [at(5, 'a'), at(9, 'a', { co2: 1 }), at(9, 'a', { co2: 2 }), at(7, 'a'), at(3, 'b')];
  const scanned = scan(batchOf(records), emptyTally(0), decoder);
  expect(scanned.latest.get('a')).toMatchObject({ offset: 2n, eventTime: T0 + 9, deviceType: 'environment' });
  expect(scanned.latest.get('a')?.event).toBe(JSON.stringify(records[2]!.payload));
  const known = new Map([
    ['a', T0 + 10],
    ['b', T0 + 3],
  ]);
  expect(replacing(scanned, known).map((row) => row.deviceId)).toEqual(['b']);
  expect(replacing(scanned, new Map()).map((row) => row.deviceId)).toEqual(['a', 'b']);
});

test('a refused record goes to quarantine with reason, place and bytes', () => {
  const records = [
    at(0),
    at(1, 'dev', { humidity: 'wet' }),
    { arrivalTime: T0, key: 'dev', payload: Buffer.of(0xff) },
  ];
  const { quarantined } = scan(batchOf(records, 0, 3, { partition: 3 }), emptyTally(3), decoder);
  expect(quarantined).toMatchObject([
    { id: '3-1', offset: 1n, code: 'SCHEMA', keyword: 'type', pointer: '/humidity', arrivalTime: T0 + 1 },
    { id: '3-2', offset: 2n, code: 'NOT_UTF8', keyword: null, pointer: null, payload: Buffer.of(0xff) },
  ]);
  expect(JSON.parse(Buffer.from(quarantined[0]!.payload).toString())).toEqual(records[1]!.payload);
});

test('a megabyte is cut, and the reason says so', () => {
  const payload = `{"a":"${'x'.repeat(1 << 20)}"}`;
  const { quarantined } = scan(batchOf([{ arrivalTime: T0, key: 'd', payload }]), emptyTally(0), decoder);
  expect(quarantined[0]!.payload).toHaveLength(MAX_QUARANTINED_BYTES);
  expect(quarantined[0]!.reason).toContain(
    `payload of ${payload.length} bytes cut to ${MAX_QUARANTINED_BYTES}`,
  );
});

test('replies are bounded per device, and only go to topics that can be', () => {
  const refused = (key: string) => ({ arrivalTime: T0, key, payload: '{' });
  const records = [
    refused('a'),
    refused('a'),
    refused('a'),
    refused('b'),
    refused('x/y'),
    refused('#'),
    refused(''),
  ];
  const messages = rejections(scan(batchOf(records), emptyTally(0), decoder).quarantined, 2);
  expect(messages.map((message) => message.topic)).toEqual([
    'devices/a/telemetry/rejected',
    'devices/a/telemetry/rejected',
    'devices/b/telemetry/rejected',
  ]);
  expect(messages[0]).toMatchObject({ qos: 1, retain: false });
  expect(JSON.parse(Buffer.from(messages[0]!.payload).toString())).toEqual({
    id: '0-0',
    code: 'JSON_SYNTAX',
    reason: 'the payload is not JSON: see character 1',
    keyword: null,
    pointer: null,
    arrivalTime: T0,
  });
});
