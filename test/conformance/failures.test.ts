/** Retries, bisecting, age, throttles and what the destination is told. */
import { partial, SUCCESS, THROTTLED, THROWN } from '../support/mappings.js';
import { fact } from './fact.js';
import { scenario } from './scenario.js';

const HOUR = 3_600_000;

fact(
  {
    id: 'invoke-count',
    property: 'Failures',
    behaviour:
      'A batch is invoked 1 + MaximumRetryAttempts times, which is the approximateInvokeCount of its document.',
    source: 'L',
  },
  async () => {
    for (const maximumRetryAttempts of [0, 1, 3]) {
      const s = scenario({ maximumRetryAttempts, onFailure: 'dead' }, () => THROWN);
      await s.put('a', 'b');
      await s.start();
      await s.timers.advance(HOUR);
      expect(s.offsets()).toEqual(new Array(1 + maximumRetryAttempts).fill([0, 1]));
      expect(s.documents).toMatchObject([
        {
          requestContext: {
            condition: 'RetryAttemptsExhausted',
            approximateInvokeCount: 1 + maximumRetryAttempts,
          },
          KinesisBatchInfo: { batchSize: 2 },
        },
      ]);
    }
  },
);

fact(
  {
    id: 'partial-progress-restarts-count',
    property: 'Failures',
    behaviour:
      'Partial progress restarts the count: with batch size 3, 3 retries and a failing sixth record, records 1-5 come once, record 6 five times; its document says count 4, batchSize 1.',
    source: 'L',
  },
  async () => {
    const s = scenario({ batchSize: 3, maximumRetryAttempts: 3, onFailure: 'dead' }, ({ offsets }) =>
      offsets.includes(5) ? partial(5) : SUCCESS,
    );
    await s.put('1', '2', '3', '4', '5', '6');
    await s.start();
    await s.timers.advance(HOUR);
    expect(s.offsets()).toEqual([[0, 1, 2], [3, 4, 5], [5], [5], [5], [5]]);
    expect(s.documents).toMatchObject([
      { requestContext: { approximateInvokeCount: 4 }, KinesisBatchInfo: { batchSize: 1 } },
    ]);
    expect(s.next()).toBe(6);
  },
);

fact(
  {
    id: 'retries-for-ever',
    property: 'Failures',
    behaviour: 'With -1 retries a batch is tried until it succeeds or expires.',
    source: 'D',
  },
  async () => {
    let broken = true;
    const s = scenario({ maximumRetryAttempts: -1 }, () => (broken ? THROWN : SUCCESS));
    await s.put('a');
    await s.start();
    await s.timers.advance(24 * HOUR);
    expect(s.seen.length).toBeGreaterThan(1_000);
    expect(s.next()).toBe(0);
    broken = false;
    await s.timers.advance(60_000);
    expect(s.next()).toBe(1);
  },
);

fact(
  {
    id: 'backoff',
    property: 'Failures',
    behaviour: 'How long a failed batch waits is undocumented; 8 attempts within a minute were recorded.',
    source: 'L',
    difference: '1 s, doubling to at most 60 s: known in advance, and easy on a function that is down',
  },
  async () => {
    const s = scenario({ maximumRetryAttempts: -1 }, () => THROWN);
    await s.put('a');
    await s.start();
    await s.timers.advance(250_000);
    expect(s.seen.map(({ at }) => at / 1_000)).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  },
);

fact(
  {
    id: 'throttles-consume-nothing',
    property: 'Failures',
    behaviour: 'Throttles and service faults consume no retries; only age or expiry ends them.',
    source: 'L',
  },
  async () => {
    const s = scenario({ maximumRetryAttempts: 1, onFailure: 'dead' }, (_, count) =>
      count <= 20 ? THROTTLED : THROWN,
    );
    await s.put('a');
    await s.start();
    await s.timers.advance(HOUR);
    expect(s.seen).toHaveLength(22);
    expect(s.documents).toMatchObject([{ requestContext: { approximateInvokeCount: 2 } }]);
  },
);

fact(
  {
    id: 'throttles-end-by-age',
    property: 'Failures',
    behaviour: 'A batch that is only ever throttled ends with its records’ age.',
    source: 'L',
  },
  async () => {
    const s = scenario(
      { maximumRetryAttempts: 1, maximumRecordAgeMs: 60_000, onFailure: 'dead' },
      () => THROTTLED,
    );
    await s.put('a');
    await s.start();
    await s.timers.advance(HOUR);
    expect(s.documents).toMatchObject([{ requestContext: { condition: 'RecordAgeExceeded' } }]);
    expect(s.next()).toBe(1);
  },
);

fact(
  {
    id: 'bisect-halves',
    property: 'BisectBatchOnFunctionError',
    behaviour: 'A failed batch is halved, which consumes no retries.',
    source: 'L',
  },
  async () => {
    const s = scenario(
      { bisectBatchOnFunctionError: true, maximumRetryAttempts: 1, onFailure: 'dead' },
      ({ offsets }) => (offsets.includes(2) ? THROWN : SUCCESS),
    );
    await s.put('a', 'b', 'c', 'd');
    await s.start();
    await s.timers.advance(HOUR);
    expect(s.offsets()).toEqual([[0, 1, 2, 3], [0, 1], [2, 3], [2], [2], [3]]);
    expect(s.documents).toMatchObject([
      { requestContext: { approximateInvokeCount: 2 }, KinesisBatchInfo: { batchSize: 1 } },
    ]);
    expect(s.next()).toBe(4);
  },
);

fact(
  {
    id: 'bisect-at-reported',
    property: 'BisectBatchOnFunctionError',
    behaviour: 'With a partial answer the batch is split at the reported record.',
    source: 'L',
  },
  async () => {
    const s = scenario({ bisectBatchOnFunctionError: true }, (_, count) =>
      count === 1 ? partial(3) : SUCCESS,
    );
    await s.put('a', 'b', 'c', 'd', 'e');
    await s.start();
    await s.timers.advance(HOUR);
    expect(s.offsets()).toEqual([
      [0, 1, 2, 3, 4],
      [3, 4],
    ]);
  },
);

fact(
  {
    id: 'age-per-record',
    property: 'MaximumRecordAgeInSeconds',
    behaviour: 'Expiry is per record: the expired ones are given up, the rest is still invoked.',
    source: 'L',
  },
  async () => {
    const s = scenario({ maximumRecordAgeMs: 60_000, onFailure: 'dead' });
    await s.put('a', 'b');
    await s.timers.advance(50_000);
    await s.put('c');
    await s.timers.advance(20_000);
    await s.start();
    expect(s.offsets()).toEqual([[2]]);
    expect(s.documents).toMatchObject([
      { requestContext: { condition: 'RecordAgeExceeded' }, KinesisBatchInfo: { batchSize: 2 } },
    ]);
    expect(s.next()).toBe(3);
  },
);

fact(
  {
    id: 'age-document',
    property: 'MaximumRecordAgeInSeconds',
    behaviour: 'Its document has no responseContext and a count of 1, even when nothing was invoked.',
    source: 'L',
  },
  async () => {
    const s = scenario({ maximumRecordAgeMs: 60_000, onFailure: 'dead' });
    await s.put('a');
    await s.timers.advance(60_001);
    await s.start();
    expect(s.seen).toEqual([]);
    expect(s.documents).toMatchObject([{ requestContext: { approximateInvokeCount: 1 } }]);
    expect(s.documents[0]).not.toHaveProperty('responseContext');
  },
);

fact(
  {
    id: 'age-ends-retries',
    property: 'MaximumRecordAgeInSeconds',
    behaviour: 'Ends the retries of a batch that keeps failing.',
    source: 'L',
  },
  async () => {
    const s = scenario(
      { maximumRecordAgeMs: 60_000, maximumRetryAttempts: -1, onFailure: 'dead' },
      () => THROWN,
    );
    await s.put('a');
    await s.start();
    await s.timers.advance(HOUR);
    expect(s.documents).toMatchObject([{ requestContext: { condition: 'RecordAgeExceeded' } }]);
    expect(s.next()).toBe(1);
  },
);

fact(
  {
    id: 'whole-batch-failure',
    property: 'ReportBatchItemFailures',
    behaviour: 'An identifier of no record of the batch fails the whole batch.',
    source: 'L',
  },
  async () => {
    const s = scenario({ maximumRetryAttempts: 1, onFailure: 'dead' }, () => partial(-1, 1));
    await s.put('a', 'b', 'c');
    await s.start();
    await s.timers.advance(HOUR);
    expect(s.offsets()).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
    expect(s.documents).toMatchObject([{ KinesisBatchInfo: { batchSize: 3 } }]);
  },
);

fact(
  {
    id: 'function-error',
    property: 'OnFailure',
    behaviour: 'functionError is "Unhandled" when the function threw, null when it reported the records.',
    source: 'L',
  },
  async () => {
    for (const [outcome, functionError] of [
      [THROWN, 'Unhandled'],
      [partial(0), null],
    ] as const) {
      const s = scenario({ maximumRetryAttempts: 0, onFailure: 'dead' }, () => outcome);
      await s.put('a');
      await s.start();
      expect(s.documents).toMatchObject([{ responseContext: { functionError } }]);
    }
  },
);

fact(
  {
    id: 'poison-record-other-shards',
    property: 'Failures',
    behaviour: 'A batch that fails holds its shard and no other.',
    source: 'D',
  },
  async () => {
    const s = scenario({ maximumRetryAttempts: -1 }, (seen) => (seen.partition === 0 ? THROWN : SUCCESS), 2);
    await s.append([0, s.record('bad')], [1, s.record('a')]);
    await s.start();
    await s.timers.advance(HOUR);
    await s.append([1, s.record('b')]);
    expect([s.next(0), s.next(1)]).toEqual([0, 2]);
  },
);

fact(
  {
    id: 'poison-record-goes-on',
    property: 'Failures',
    behaviour: 'With retries bounded, a batch that fails does not stop its own shard either.',
    source: 'D',
  },
  async () => {
    const s = scenario({ batchSize: 1, maximumRetryAttempts: 2 }, ({ keys }) =>
      keys[0] === 'bad' ? THROWN : SUCCESS,
    );
    await s.put('bad', 'good');
    await s.start();
    await s.timers.advance(HOUR);
    expect(s.seen.at(-1)!.keys).toEqual(['good']);
    expect(s.next()).toBe(2);
  },
);

fact(
  {
    id: 'destination-unreachable',
    property: 'OnFailure',
    behaviour: 'A document that cannot be delivered is dropped, and counted in a metric.',
    source: 'D',
    difference:
      'delivery is tried again, and the checkpoint stays until the destination has the document: no record disappears',
  },
  async () => {
    const s = scenario({ maximumRetryAttempts: 0, onFailure: 'dead' }, () => THROWN);
    s.destination.unreachable = 3;
    await s.put('a');
    await s.start();
    expect(s.next()).toBe(0);
    await s.timers.advance(HOUR);
    expect(s.documents).toHaveLength(1);
    expect(s.seen).toHaveLength(1);
    expect(s.next()).toBe(1);
  },
);
