/** The small parts of the drivers: bytes, queues, histograms, limits. */
import fc from 'fast-check';
import mqttPacket from 'mqtt-packet';
import { Backoff } from '../../../simulators/drivers/backoff.js';
import { refusalError } from '../../../simulators/drivers/connect-error.js';
import type { DriveSummary } from '../../../simulators/drivers/driver.js';
import { DueQueue } from '../../../simulators/drivers/due-queue.js';
import { checkFileLimit, openFileLimit } from '../../../simulators/drivers/fd-limit.js';
import { Fifo } from '../../../simulators/drivers/fifo.js';
import { LatencyRecorder } from '../../../simulators/drivers/latency.js';
import { PacketScanner, publishSize, writePublish } from '../../../simulators/drivers/packets.js';
import { mergeSummaries } from '../../../simulators/drivers/summaries.js';
import { testTarget } from '../../support/drive-record.js';

describe('bytes', () => {
  test('a PUBLISH is what mqtt-packet makes of it, whatever is in it', () => {
    fc.assert(
      fc.property(
        fc.record({
          topic: fc
            .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
            .filter((topic) => !/[+#]/.test(topic)),
          payload: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constant(new Uint8Array(20_000))),
          qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
          version: fc.constantFrom(4 as const, 5 as const),
          id: fc.integer({ min: 1, max: 65_535 }),
          dup: fc.boolean(),
        }),
        ({ topic, payload, qos, version, id, dup }) => {
          const content = { topic, qos, payload };
          const topicBytes = Buffer.byteLength(topic);
          const bytes = Buffer.alloc(publishSize(content, topicBytes, version) + 5);
          const end = writePublish(bytes, 5, content, topicBytes, version, id, dup && qos > 0);
          expect(end).toBe(bytes.length);
          const expected = mqttPacket.generate(
            {
              cmd: 'publish',
              topic,
              payload: Buffer.from(payload),
              qos,
              dup: dup && qos > 0,
              retain: false,
              ...(qos > 0 ? { messageId: id } : {}),
            },
            { protocolVersion: version },
          );
          expect(bytes.subarray(5).equals(expected)).toBe(true);
        },
      ),
    );
  });

  test('what cannot be MQTT is refused instead of waited for', () => {
    const scanner = new PacketScanner(() => undefined);
    expect(() => scanner.push(Buffer.from('HTTP/1.1 400 Bad Request\r\n'))).not.toThrow();
    expect(() => new PacketScanner(() => undefined).push(Buffer.alloc(9, 0xff))).toThrow(
      expect.objectContaining({ code: 'MQTT_MALFORMED' }),
    );
  });
});

describe('queues', () => {
  test('who is due first comes first, equals by number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(20), { minLength: 1, maxLength: 10 }), { maxLength: 40 }),
        (lists) => {
          const courses = lists.map((list) => [...list].sort((a, b) => a - b));
          const expected = courses
            .flatMap((course, number) => course.map((moment, place) => ({ moment, number, place })))
            .sort((a, b) => a.moment - b.moment || a.number - b.number || a.place - b.place)
            .map(({ moment, number }) => `${moment} ${number}`);
          const queue = new DueQueue(courses.length);
          for (const [number, course] of courses.entries()) queue.add(course.shift()!, number);
          const found: string[] = [];
          while (queue.size > 0) {
            found.push(`${queue.moment} ${queue.number}`);
            const next = courses[queue.number]!.shift();
            if (next === undefined) queue.removeFirst();
            else queue.replaceFirst(next);
          }
          expect(found).toEqual(expected);
          expect(queue.moment).toBe(Number.POSITIVE_INFINITY);
        },
      ),
    );
  });

  test('first in, first out, also when it is long', () => {
    const fifo = new Fifo<number>();
    for (let i = 0; i < 5_000; i++) fifo.push(i);
    const found: number[] = [];
    for (let next = fifo.shift(); next !== undefined; next = fifo.shift()) {
      found.push(next);
      if (next < 1_000) fifo.push(5_000 + next);
    }
    expect(found).toEqual(Array.from({ length: 6_000 }, (_, i) => i));
    expect(fifo).toHaveLength(0);
  });
});

describe('figures', () => {
  const summary = (latencies: number[], throughput: DriveSummary['throughput']): DriveSummary => {
    const recorder = new LatencyRecorder();
    for (const ms of latencies) recorder.record(ms);
    return {
      planned: 5,
      sent: 3,
      acknowledged: 2,
      unsent: 2,
      unsentReasons: { 'not connected': 2 },
      connects: 1,
      failedConnects: 0,
      latency: recorder.encoded(),
      schedulingError: recorder.encoded(),
      throughput,
    };
  };

  test('summaries are added up: histograms by bucket, seconds one by one', () => {
    const merged = mergeSummaries([
      summary([1, 2, 3], [{ second: 0, sent: 3, acknowledged: 2 }]),
      summary(
        [10, 20],
        [
          { second: 0, sent: 1, acknowledged: 0 },
          { second: 1, sent: 2, acknowledged: 2 },
        ],
      ),
    ]);
    const all = new LatencyRecorder();
    for (const ms of [1, 2, 3, 10, 20]) all.record(ms);
    const latency = new LatencyRecorder();
    latency.add(merged.latency);
    // The highest value is known to its bucket only once it has been encoded.
    const { max, ...percentiles } = latency.figures();
    expect(all.figures()).toMatchObject(percentiles);
    expect(max).toBeCloseTo(20, 1);
    expect(merged).toMatchObject({
      planned: 10,
      unsent: 4,
      unsentReasons: { 'not connected': 4 },
      throughput: [
        { second: 0, sent: 4, acknowledged: 2 },
        { second: 1, sent: 2, acknowledged: 2 },
      ],
    });
  });
});

describe('limits', () => {
  test('too few files are told before the first connection, with what to do', () => {
    expect(() => checkFileLimit(1_000, 1_024)).toThrow(
      expect.objectContaining({
        code: 'DRIVER_FILES',
        hint: expect.stringContaining('ulimit -n 1100') as string,
      }),
    );
    expect(() => checkFileLimit(900, 1_024)).not.toThrow();
    expect(openFileLimit()).toBeGreaterThan(0);
  });

  test('attempts to reconnect come slower and slower, the same for the same seed', () => {
    const waits = (seed: number, name: string) => {
      const backoff = new Backoff(seed, name);
      return Array.from({ length: 12 }, () => backoff.next());
    };
    const first = waits(1, 'a');
    expect(waits(1, 'a')).toEqual(first);
    expect(waits(1, 'b')).not.toEqual(first);
    for (const [attempt, wait] of first.entries()) {
      const most = Math.min(10_000, 100 * 2 ** attempt);
      expect(wait).toBeGreaterThanOrEqual(most / 2);
      expect(wait).toBeLessThanOrEqual(most);
    }
  });

  test.each([
    [4, 5, /not authorized/],
    [5, 0x86, /password/],
    [5, 0x9f, /too fast/],
    [5, 0xc0, /CONNACK 192/],
  ] as const)('MQTT %i, CONNACK %i', (protocolVersion, code, message) => {
    const error = refusalError(testTarget(1883, { protocolVersion }), code);
    expect(error.message).toMatch(message);
    expect(error.hint).toBeTruthy();
  });
});
