import fc from 'fast-check';
import {
  CAPTURE_FORMAT,
  CAPTURE_VERSION,
  type CapturedMessage,
  type CaptureEntry,
  lineOf,
} from '../../../simulators/capture/format.js';
import { parseEntry } from '../../../simulators/capture/parse.js';

const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array));
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
const properties = fc.record(
  {
    payloadFormatIndicator: fc.boolean(),
    messageExpiryInterval: fc.nat(),
    contentType: text,
    responseTopic: text,
    correlationData: bytes,
    userProperties: fc.dictionary(text, fc.oneof(text, fc.array(text, { minLength: 2, maxLength: 3 }))),
  },
  { requiredKeys: [] },
);
const message: fc.Arbitrary<CapturedMessage> = fc.record(
  {
    at: fc.double({ min: 0, max: 4e12, noNaN: true }),
    topic: text,
    qos: fc.constantFrom(0, 1, 2),
    retain: fc.boolean(),
    payload: fc.oneof(
      bytes,
      text.map((value) => Buffer.from(value)),
    ),
    properties,
  },
  { requiredKeys: ['at', 'topic', 'qos', 'retain', 'payload'] },
);

describe('lines of a capture', () => {
  test('any message comes back as it was', () => {
    fc.assert(
      fc.property(message, (original) => {
        const line = lineOf({ kind: 'message', message: original });
        expect(line.indexOf('\n')).toBe(line.length - 1);
        // Through bytes, as in a file.
        expect(parseEntry(Buffer.from(line).toString().trimEnd())).toEqual({
          kind: 'message',
          message: original,
        });
      }),
    );
  });

  test('text can be read, other bytes are base64', () => {
    const common = { at: 1.5, topic: 'a', qos: 0, retain: false } as const;
    const line = (payload: Buffer) => lineOf({ kind: 'message', message: { ...common, payload } });
    expect(line(Buffer.from('{"ts":1}'))).toContain('"payload":"{\\"ts\\":1}"');
    expect(line(Buffer.from([0xc3, 0x28]))).toContain('"base64":"wyg="');
    expect(line(Buffer.alloc(0))).toContain('"payload":""');
  });

  test('header, gap and end come back as they were', () => {
    const entries: CaptureEntry[] = [
      {
        kind: 'header',
        header: {
          ...{ format: CAPTURE_FORMAT, version: CAPTURE_VERSION, start: 1.25, broker: 'mqtt://x:1883' },
          ...{ protocolVersion: 5, filters: ['#'], excluded: ['a/#'], qos: 2 },
        },
      },
      { kind: 'gap', gap: { from: 1, to: 2.5, reason: 'connection lost', kept: true } },
      { kind: 'end', end: { at: 9, messages: 3, reason: 'signal' } },
    ];
    for (const entry of entries) expect(parseEntry(lineOf(entry))).toEqual(entry);
  });

  test.each([
    ['', 'not JSON'],
    ['{"at":1,"topic":"a","qos":1,"retain":false,"payl', 'not JSON'],
    ['[]', 'not a JSON object'],
    ['{}', 'neither'],
    ['{"at":"1","topic":"a","qos":1,"retain":false,"payload":""}', '"at"'],
    ['{"at":1,"topic":"","qos":1,"retain":false,"payload":""}', '"topic"'],
    ['{"at":1,"topic":"a","qos":3,"retain":false,"payload":""}', '"qos"'],
    ['{"at":1,"topic":"a","qos":1,"retain":0,"payload":""}', '"retain"'],
    ['{"at":1,"topic":"a","qos":1,"retain":false}', '"payload"'],
    ['{"at":1,"topic":"a","qos":1,"retain":false,"base64":"wyg"}', 'base64'],
    ['{"at":1,"topic":"a","qos":1,"retain":false,"payload":"","properties":{"contentType":1}}', 'properties'],
    ['{"format":"millrace-capture","version":2,"start":1}', 'version 2'],
    ['{"format":"other","version":1,"start":1}', 'format'],
    ['{"gap":{"from":1}}', 'gap'],
    ['{"end":{"at":1}}', 'end'],
  ])('%s is none', (line, reason) => expect(parseEntry(line)).toContain(reason));
});
