import fc from 'fast-check';
import pino from 'pino';
import { MillraceError } from '../../../common/errors.js';
import {
  type AsynchronousFunction,
  createAsynchronous,
  MAX_PAYLOAD_BYTES,
} from '../../../runtime/asynchronous/asynchronous.js';
import type { Destination } from '../../../runtime/destinations/destination.js';
import type { DirectResult } from '../../../runtime/environments/invocation.js';
import type { AsynchronousSettings } from '../../../runtime/manifest/manifest.js';
import type { AsynchronousStore } from '../../../stores/asynchronous.js';
import { openAsynchronousStore } from '../../../stores/sqlite/asynchronous.js';
import { virtualTimers } from '../../support/virtual-timers.js';

const START = Date.parse('2026-11-21T12:00:00Z');
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const log = pino({ level: 'silent' });

const SUCCESS: DirectResult = {
  requestId: 'request-1',
  report: '',
  kind: 'success',
  payload: Buffer.from('{"ok":true}'),
};
const FAILURE: DirectResult = {
  requestId: 'request-1',
  report: '',
  kind: 'error',
  error: {
    name: 'TypeError',
    message: 'no',
    stack: 'TypeError: no\n    at x',
    code: undefined,
    canRetry: false,
    hint: undefined,
  },
};
const THROTTLE = new MillraceError('busy', { code: 'FUNCTION_THROTTLED', canRetry: true });

type Answer = DirectResult | Error | Promise<DirectResult>;

interface SetUp {
  readonly settings?: Partial<AsynchronousSettings>;
  readonly reservedConcurrency?: number;
  readonly functions?: readonly string[];
  readonly store?: AsynchronousStore;
  readonly concurrency?: number;
  /** What the nth invocation of an event of a function answers. */
  readonly answer?: (functionName: string, payload: string, attempt: number) => Answer;
  readonly send?: (document: object) => Promise<void>;
}

function setUp(options: SetUp = {}) {
  const timers = virtualTimers(START);
  const store = options.store ?? openAsynchronousStore(':memory:');
  /** Function, payload and seconds from the start. */
  const calls: [string, string, number][] = [];
  const attempts = new Map<string, number>();
  const documents: Record<string, unknown>[] = [];
  const destination = (name: string): Destination => ({
    name,
    arn: `arn:aws:sqs:us-east-1:000000000000:${name}`,
    wantsPayload: false,
    send: async (document) => {
      await options.send?.(document);
      documents.push({ ...document, destination: name });
    },
  });
  const functions = (options.functions ?? ['fn']).map(
    (name): AsynchronousFunction => ({
      name,
      arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
      asynchronous: {
        maximumRetryAttempts: 2,
        maximumEventAgeMs: 6 * HOUR,
        onFailure: 'failed',
        ...options.settings,
      },
      ...(options.reservedConcurrency === undefined
        ? {}
        : { reservedConcurrency: options.reservedConcurrency }),
    }),
  );
  const asynchronous = createAsynchronous({
    functions,
    pool: (name) => ({
      invoke: async ({ payload }) => {
        const text = Buffer.from(payload).toString();
        const key = `${name} ${text}`;
        const attempt = (attempts.get(key) ?? 0) + 1;
        attempts.set(key, attempt);
        calls.push([name, text, (timers.now() - START) / SECOND]);
        const answer = await (options.answer?.(name, text, attempt) ?? SUCCESS);
        if (answer instanceof Error) throw answer;
        return answer;
      },
    }),
    destinations: new Map(['failed', 'succeeded'].map((name) => [name, destination(name)])),
    store,
    timers,
    time: timers.now,
    log,
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
  });
  const enqueue = async (id: string, payload: unknown = { id }, functionName = 'fn') => {
    await asynchronous.enqueue([{ functionName, id, payload: Buffer.from(JSON.stringify(payload)) }]);
    await timers.settle();
  };
  const seconds = () => calls.map(([, , at]) => at);
  const conditions = () =>
    documents.map((document) => (document.requestContext as { condition: string }).condition);
  return { timers, store, calls, documents, asynchronous, enqueue, seconds, conditions };
}

test('an event is run once; its success is reported where that is wanted', async () => {
  const { asynchronous, enqueue, timers, calls, documents, store } = setUp({
    settings: { onSuccess: 'succeeded' },
  });
  asynchronous.start();
  await enqueue('a', { x: 1 });
  expect(calls).toEqual([['fn', '{"x":1}', 0]]);
  expect(documents).toEqual([
    {
      version: '1.0',
      timestamp: '2026-11-21T12:00:00.000Z',
      requestContext: {
        requestId: 'request-1',
        functionArn: 'arn:aws:lambda:us-east-1:000000000000:function:fn:$LATEST',
        condition: 'Success',
        approximateInvokeCount: 1,
      },
      requestPayload: { x: 1 },
      responseContext: { statusCode: 200, executedVersion: '$LATEST' },
      responsePayload: { ok: true },
      destination: 'succeeded',
    },
  ]);
  await timers.advance(7 * HOUR);
  expect(calls.length).toBe(1);
  expect(store.counts('fn')).toEqual({ waiting: 0, reports: 0 });
});

test('what the function throws is tried again after one and two minutes, then goes to the destination', async () => {
  const { asynchronous, enqueue, timers, seconds, documents } = setUp({ answer: () => FAILURE });
  asynchronous.start();
  await enqueue('a');
  await timers.advance(HOUR);
  expect(seconds()).toEqual([0, 60, 180]);
  expect(documents).toEqual([
    expect.objectContaining({
      requestContext: expect.objectContaining({ condition: 'RetriesExhausted', approximateInvokeCount: 3 }),
      responseContext: { statusCode: 200, executedVersion: '$LATEST', functionError: 'Unhandled' },
      responsePayload: { errorType: 'TypeError', errorMessage: 'no', trace: ['TypeError: no', '    at x'] },
      destination: 'failed',
    }),
  ]);
});

test.each([
  [0, [0]],
  [1, [0, 60]],
])('with %d retries there are so many', async (maximumRetryAttempts, expected) => {
  const { asynchronous, enqueue, timers, seconds, conditions } = setUp({
    settings: { maximumRetryAttempts },
    answer: () => FAILURE,
  });
  asynchronous.start();
  await enqueue('a');
  await timers.advance(HOUR);
  expect([seconds(), conditions()]).toEqual([expected, ['RetriesExhausted']]);
});

test('throttles use up no attempt: they wait for 1 s, doubling up to 5 min, until the event is too old', async () => {
  const { asynchronous, enqueue, timers, seconds, conditions, documents } = setUp({
    settings: { maximumEventAgeMs: 30 * MINUTE },
    answer: () => THROTTLE,
  });
  asynchronous.start();
  await enqueue('a');
  await timers.advance(HOUR);
  expect(seconds()).toEqual([0, 1, 3, 7, 15, 31, 63, 127, 255, 511, 811, 1111, 1411, 1711]);
  expect(conditions()).toEqual(['EventAgeExceeded']);
  expect(documents[0]).not.toHaveProperty('responsePayload');
});

test('a fault that is no answer of the function is taken for a throttle', async () => {
  const { asynchronous, enqueue, timers, seconds, conditions } = setUp({
    answer: (_fn, _payload, attempt) => (attempt < 3 ? new Error('the thread cannot be started') : SUCCESS),
  });
  asynchronous.start();
  await enqueue('a');
  await timers.advance(HOUR);
  expect([seconds(), conditions()]).toEqual([[0, 1, 3], []]);
});

test('an error after throttles counts as the first one', async () => {
  const { asynchronous, enqueue, timers, seconds } = setUp({
    answer: (_fn, _payload, attempt) => [THROTTLE, FAILURE, THROTTLE, FAILURE, FAILURE][attempt - 1]!,
  });
  asynchronous.start();
  await enqueue('a');
  await timers.advance(HOUR);
  expect(seconds()).toEqual([0, 1, 61, 62, 182]);
});

test('an event that would be too old at its next attempt is given up at once', async () => {
  const { asynchronous, enqueue, timers, seconds, documents } = setUp({
    settings: { maximumEventAgeMs: 90 * SECOND },
    answer: () => FAILURE,
  });
  asynchronous.start();
  await enqueue('a');
  await timers.advance(61 * SECOND);
  expect(seconds()).toEqual([0, 60]);
  expect(documents).toEqual([
    expect.objectContaining({
      requestContext: expect.objectContaining({ condition: 'EventAgeExceeded', approximateInvokeCount: 2 }),
      responsePayload: expect.objectContaining({ errorType: 'TypeError' }),
    }),
  ]);
});

test('an event that got too old while nobody worked on the queue is not run any more', async () => {
  const { asynchronous, enqueue, timers, calls, conditions } = setUp();
  await enqueue('a');
  await timers.advance(6 * HOUR + 1);
  asynchronous.start();
  await timers.settle();
  expect([calls, conditions()]).toEqual([[], ['EventAgeExceeded']]);
});

test('reserved concurrency 0 sends events straight to the destination', async () => {
  const { asynchronous, enqueue, calls, conditions } = setUp({ reservedConcurrency: 0 });
  asynchronous.start();
  await enqueue('a');
  expect([calls, conditions()]).toEqual([[], ['ZeroReservedConcurrency']]);
});

test('an id that is kept is not queued again; six hours after its end it is forgotten', async () => {
  const { asynchronous, enqueue, timers, calls } = setUp();
  asynchronous.start();
  await enqueue('a');
  await enqueue('a');
  await timers.advance(5 * HOUR);
  await enqueue('a');
  expect(calls.length).toBe(1);
  await timers.advance(2 * HOUR);
  await enqueue('a');
  expect(calls.length).toBe(2);
});

test('one mebibyte is taken, more is not, and then nothing is queued', async () => {
  const { asynchronous, timers, calls } = setUp();
  asynchronous.start();
  const event = (id: string, bytes: number) => ({
    functionName: 'fn',
    id,
    payload: Buffer.alloc(bytes, '1'),
  });
  await expect(
    asynchronous.enqueue([event('a', 1), event('b', MAX_PAYLOAD_BYTES + 1)]),
  ).rejects.toMatchObject({ code: 'PAYLOAD_TOO_LARGE' });
  await expect(asynchronous.enqueue([{ ...event('a', 1), functionName: 'other' }])).rejects.toMatchObject({
    code: 'FUNCTION_UNKNOWN',
  });
  await timers.settle();
  expect(calls).toEqual([]);
  await asynchronous.enqueue([event('c', MAX_PAYLOAD_BYTES)]);
  await timers.settle();
  expect(calls.map(([, payload]) => payload.length)).toEqual([MAX_PAYLOAD_BYTES]);
});

test('so many run at a time, in the order of their coming; other functions are not delayed', async () => {
  const releases: (() => void)[] = [];
  const { asynchronous, enqueue, timers, calls } = setUp({
    functions: ['slow', 'fast'],
    concurrency: 2,
    answer: (name) =>
      name === 'slow'
        ? new Promise<DirectResult>((resolve) => releases.push(() => resolve(SUCCESS)))
        : SUCCESS,
  });
  asynchronous.start();
  for (const id of ['a', 'b', 'c', 'd']) await enqueue(id, id, 'slow');
  for (const id of ['e', 'f', 'g']) await enqueue(id, id, 'fast');
  expect(calls.map(([, payload]) => payload)).toEqual(['"a"', '"b"', '"e"', '"f"', '"g"']);
  releases[0]?.();
  await timers.settle();
  expect(calls.at(-1)?.[1]).toBe('"c"');
});

test('stop lets what runs finish and begins nothing; the rest is taken up by the next start', async () => {
  const store = openAsynchronousStore(':memory:');
  let release: () => void = () => {};
  const first = setUp({
    store,
    concurrency: 1,
    answer: () => new Promise<DirectResult>((resolve) => (release = () => resolve(SUCCESS))),
  });
  first.asynchronous.start();
  await first.enqueue('a', 'a');
  await first.enqueue('b', 'b');
  const stopped = first.asynchronous.stop();
  release();
  await stopped;
  expect(first.calls.map(([, payload]) => payload)).toEqual(['"a"']);
  expect(first.timers.waiting).toBe(0);
  const second = setUp({ store });
  second.asynchronous.start();
  await second.timers.settle();
  expect(second.calls.map(([, payload]) => payload)).toEqual(['"b"']);
});

test('a destination that cannot be reached gets every report later, once, in order', async () => {
  let down = true;
  const { asynchronous, enqueue, timers, documents } = setUp({
    reservedConcurrency: 0,
    send: async () => {
      if (down) throw new Error('unreachable');
    },
  });
  asynchronous.start();
  for (const id of ['a', 'b', 'c']) await enqueue(id, id);
  await timers.advance(10 * MINUTE);
  expect(documents).toEqual([]);
  down = false;
  await timers.advance(5 * MINUTE);
  expect(documents.map(({ requestPayload }) => requestPayload)).toEqual(['a', 'b', 'c']);
});

test('an outcome that cannot be written is written later: the function does not run again', async () => {
  const store = openAsynchronousStore(':memory:');
  let failures = 3;
  const failing: AsynchronousStore = {
    ...store,
    settle: (...settled) => {
      if (failures-- > 0) throw new Error('disk full');
      store.settle(...settled);
    },
  };
  const { asynchronous, enqueue, timers, calls } = setUp({ store: failing });
  asynchronous.start();
  await enqueue('a');
  expect(store.counts('fn').waiting).toBe(1);
  await timers.advance(HOUR);
  expect([calls.length, store.counts('fn').waiting]).toEqual([1, 0]);
});

test('any sequence of outcomes and restarts: an event succeeds, is reported or is still queued', async () => {
  const outcome = fc.constantFrom('success' as const, 'error' as const, 'throttled' as const);
  const events = fc.array(fc.array(outcome, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 6 });
  const passes = fc.array(fc.integer({ min: 0, max: 200 * SECOND }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(
      events,
      fc.integer({ min: 0, max: 2 }),
      passes,
      async (plans, maximumRetryAttempts, waits) => {
        const store = openAsynchronousStore(':memory:');
        const succeeded = new Set<number>();
        const failed = plans.map(() => 0);
        const harness = setUp({
          store,
          settings: { maximumRetryAttempts },
          answer: (_fn, payload, attempt) => {
            const index = Number(payload);
            const plan = plans[index]!;
            const what = plan[attempt - 1] ?? 'success';
            if (what === 'throttled') return THROTTLE;
            if (what === 'error') {
              failed[index]!++;
              return FAILURE;
            }
            succeeded.add(index);
            return SUCCESS;
          },
        });
        harness.asynchronous.start();
        for (const index of plans.keys()) await harness.enqueue(String(index), index);
        for (const wait of waits) {
          await harness.timers.advance(wait);
          await harness.asynchronous.stop();
          const reported = harness.documents.map(({ requestPayload }) => requestPayload as number);
          expect(
            succeeded.size + reported.length + store.counts('fn').waiting + store.counts('fn').reports,
          ).toBe(plans.length);
          harness.asynchronous.start();
        }
        await harness.timers.advance(2 * HOUR);
        expect(store.counts('fn')).toEqual({ waiting: 0, reports: 0 });
        const reported = new Map(
          harness.documents.map((document) => [
            document.requestPayload as number,
            (document.requestContext as { approximateInvokeCount: number }).approximateInvokeCount,
          ]),
        );
        expect(reported.size).toBe(harness.documents.length);
        for (const index of plans.keys()) {
          expect(succeeded.has(index)).not.toBe(reported.has(index));
          expect(failed[index]).toBeLessThanOrEqual(maximumRetryAttempts + 1);
          if (reported.has(index))
            expect([failed[index], reported.get(index)]).toEqual([maximumRetryAttempts + 1, failed[index]]);
        }
        await harness.asynchronous.stop();
        await store.close();
      },
    ),
    { numRuns: 25 },
  );
});
