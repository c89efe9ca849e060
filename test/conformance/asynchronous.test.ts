/** Asynchronous invocations (schedules, IoT rules): retries, ages, destinations, on a virtual clock. */
import pino from 'pino';
import { MillraceError } from '../../common/errors.js';
import { createAsynchronous } from '../../runtime/asynchronous/asynchronous.js';
import type { DirectResult } from '../../runtime/environments/invocation.js';
import { createIotRule } from '../../runtime/iot-rules/iot-rule.js';
import { openAsynchronousStore } from '../../stores/sqlite/asynchronous.js';

import { EPOCH, fakeDestination, serializedError } from '../support/mappings.js';
import { virtualTimers } from '../support/virtual-timers.js';
import { fact } from './fact.js';
import { functionsOf, kinesis, refusalsOf } from './manifests.js';
import { ordering } from './orders.js';

const property = 'Asynchronous invocations';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const log = pino({ level: 'silent' });

const FAILURE: DirectResult = { kind: 'error', error: serializedError('no'), requestId: 'id', report: '' };
const SUCCESS: DirectResult = { kind: 'success', payload: Buffer.from('1'), requestId: 'id', report: '' };
const THROTTLE = new MillraceError('busy', { code: 'FUNCTION_THROTTLED', canRetry: true });

function setUp(
  answer: (attempt: number) => DirectResult | Error,
  settings: { maximumEventAgeMs?: number; onSuccess?: string } = {},
  reservedConcurrency?: number,
) {
  const timers = virtualTimers(EPOCH);
  const destination = fakeDestination();
  const attempts: number[] = [];
  const asynchronous = createAsynchronous({
    functions: [
      {
        name: 'f',
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:f',
        asynchronous: {
          maximumRetryAttempts: 2,
          maximumEventAgeMs: 6 * HOUR,
          onFailure: 'dead',
          ...settings,
        },
        ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
      },
    ],
    pool: () => ({
      async invoke() {
        attempts.push(timers.now() - EPOCH);
        const result = answer(attempts.length);
        if (result instanceof Error) throw result;
        return result;
      },
    }),
    destinations: new Map([['dead', destination]]),
    store: openAsynchronousStore(':memory:'),
    timers,
    time: timers.now,
    log,
  });
  return { asynchronous, timers, attempts, documents: destination.documents };
}

/** One event, queued at 0, and half a day after it. */
async function run(...options: Parameters<typeof setUp>) {
  const { asynchronous, timers, attempts, documents } = setUp(...options);
  asynchronous.start();
  await asynchronous.enqueue([{ functionName: 'f', id: 'one', payload: Buffer.from('{"n":1}') }]);
  await timers.advance(12 * HOUR);
  await asynchronous.stop();
  return { attempts, documents };
}

fact(
  {
    id: 'async-retries',
    property,
    behaviour: 'What fails is tried again after one minute and after two more, then goes to the destination.',
    source: 'G',
  },
  async () => {
    const { attempts, documents } = await run(() => FAILURE);
    expect(attempts).toEqual([0, MINUTE, 3 * MINUTE]);
    expect(documents).toMatchObject([
      {
        requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 3 },
        requestPayload: { n: 1 },
      },
    ]);
  },
);

fact(
  { id: 'async-success', property, behaviour: 'A destination for successes gets the answer.', source: 'D' },
  async () => {
    const { documents } = await run(() => SUCCESS, { onSuccess: 'dead' });
    expect(documents).toMatchObject([{ requestContext: { condition: 'Success' }, responsePayload: 1 }]);
  },
);

fact(
  {
    id: 'async-throttles',
    property,
    behaviour:
      'Throttles and faults of the system consume no retries; they wait for 1 second, doubling up to 5 minutes, for at most 6 hours.',
    source: 'G',
  },
  async () => {
    const { attempts, documents } = await run(() => THROTTLE);
    const waits = attempts.slice(1).map((at, index) => (at - attempts[index]!) / 1_000);
    expect(waits.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(Math.max(...waits)).toBe(300);
    expect(attempts.at(-1)).toBeLessThanOrEqual(6 * HOUR);
    expect(documents).toMatchObject([{ requestContext: { condition: 'EventAgeExceeded' } }]);
  },
);

fact(
  {
    id: 'async-age',
    property,
    behaviour: 'An event older than MaximumEventAgeInSeconds is not tried any more.',
    source: 'G',
  },
  async () => {
    const { attempts, documents } = await run(() => FAILURE, { maximumEventAgeMs: MINUTE });
    expect(attempts).toEqual([0, MINUTE]);
    expect(documents).toMatchObject([{ requestContext: { condition: 'EventAgeExceeded' } }]);
  },
);

fact(
  {
    id: 'async-reserved-zero',
    property,
    behaviour: 'With reserved concurrency 0 an event goes straight to the destination.',
    source: 'D',
  },
  async () => {
    const { attempts, documents } = await run(() => SUCCESS, {}, 0);
    expect(attempts).toEqual([]);
    expect(documents).toMatchObject([{ requestPayload: { n: 1 } }]);
  },
);

fact(
  {
    id: 'async-ranges',
    property,
    behaviour: 'From 0 to 2 retries, from 60 to 21,600 seconds of age; the most by default.',
    source: 'B',
  },
  async () => {
    const entry = (settings: object) => ({ ...kinesis(), settings: settings as Record<string, unknown> });
    const functions = await functionsOf(entry({}), entry({ maximumRetryAttempts: 0, maximumEventAge: 60 }));
    expect(functions.map(({ asynchronous }) => asynchronous)).toMatchObject([
      { maximumRetryAttempts: 2, maximumEventAgeMs: 6 * HOUR },
      { maximumRetryAttempts: 0, maximumEventAgeMs: MINUTE },
    ]);
    const refused = expect.any(String) as unknown;
    expect(
      await refusalsOf(
        entry({ maximumRetryAttempts: 3 }),
        entry({ maximumEventAge: 59 }),
        entry({ maximumEventAge: 21_601 }),
      ),
    ).toEqual([refused, refused, refused]);
  },
);

fact({ id: 'async-payload', property, behaviour: 'An event has at most 1 MB.', source: 'B' }, async () => {
  const { asynchronous } = setUp(() => SUCCESS);
  const event = (bytes: number) => ({
    functionName: 'f',
    id: String(bytes),
    payload: Buffer.alloc(bytes, '1'),
  });
  await asynchronous.enqueue([event(1024 * 1024)]);
  await expect(asynchronous.enqueue([event(1024 * 1024 + 1)])).rejects.toMatchObject({
    code: 'PAYLOAD_TOO_LARGE',
  });
});

fact(
  {
    id: 'iot-rule',
    property,
    behaviour: 'An IoT rule invokes asynchronously, with the bare object that its SQL selects.',
    source: 'D',
  },
  async () => {
    const events: unknown[] = [];
    const rule = createIotRule({
      rule: 'r',
      functionName: 'f',
      sql: "SELECT temperature, topic(2) AS device FROM 'devices/+/telemetry' WHERE temperature > 30",
      telemetryTopic: 'devices/{deviceId}/telemetry',
      enqueue: async (queued) =>
        void events.push(...queued.map(({ payload }) => JSON.parse(Buffer.from(payload).toString()))),
      log,
    });
    expect(await rule.processBatch(ordering('{"temperature":31,"x":1}', '{"temperature":3}'))).toEqual({
      kind: 'success',
    });
    expect(events).toEqual([{ temperature: 31, device: 'k' }]);
  },
);
