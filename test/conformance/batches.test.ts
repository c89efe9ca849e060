/** When a batch is closed, in which order batches come, and what the checkpoint says. */
import { EPOCH, partial, SUCCESS, THROWN } from '../support/mappings.js';
import { event } from '../support/streams.js';
import { fact } from './fact.js';
import { held, scenario } from './scenario.js';

const MB = 1024 * 1024;

fact(
  {
    id: 'batch-closes-on-size',
    property: 'Batches',
    behaviour: 'A batch is closed when it has BatchSize records.',
    source: 'D',
  },
  async () => {
    const s = scenario({ batchSize: 3, batchWindowMs: 10_000 });
    await s.start();
    await s.put('a', 'b');
    expect(s.offsets()).toEqual([]);
    await s.put('c', 'd');
    expect(s.offsets()).toEqual([[0, 1, 2]]);
    expect(s.seen[0]!.at).toBe(0);
  },
);

fact(
  {
    id: 'batch-closes-on-window',
    property: 'Batches',
    behaviour: 'A batch is closed when its window ends, however few records it has.',
    source: 'D',
  },
  async () => {
    const s = scenario({ batchSize: 100, batchWindowMs: 10_000 });
    await s.start();
    await s.put('a', 'b');
    await s.timers.advance(9_999);
    expect(s.offsets()).toEqual([]);
    await s.timers.advance(1);
    expect(s.offsets()).toEqual([[0, 1]]);
  },
);

fact(
  {
    id: 'batch-without-window',
    property: 'Batches',
    behaviour: 'Without a window the function is invoked with what is there.',
    source: 'D',
  },
  async () => {
    const s = scenario({ batchSize: 100, batchWindowMs: 0 });
    await s.start();
    await s.put('a');
    await s.put('b', 'c');
    expect(s.offsets()).toEqual([[0], [1, 2]]);
  },
);

fact(
  {
    id: 'batch-closes-on-payload',
    property: 'Batches',
    behaviour: 'A batch is closed before its event has more than 6 MB, data being base64.',
    source: 'D',
  },
  async () => {
    const s = scenario({ batchSize: 100 });
    // 2 MB become 2.7 MB: two of them fit into an event, three do not.
    await s.append(...[1, 2, 3].map(() => [0, s.record('k', 2 * MB)] as const));
    await s.start();
    expect(s.offsets()).toEqual([[0, 1], [2]]);
  },
);

fact(
  {
    id: 'batch-oversize',
    property: 'Batches',
    behaviour:
      'A record whose event would have more than 6 MB cannot be delivered: MaximumPayloadSizeExceeded (Kafka).',
    source: 'D',
    difference: 'for Kinesis the same, where AWS says nothing; the lane goes on behind the record',
  },
  async () => {
    for (const source of ['kafka', 'kinesis'] as const) {
      const s = scenario({ source, batchSize: 1, onFailure: 'dead' });
      await s.append([0, s.record('a')], [0, s.record('k', 5 * MB)], [0, s.record('b')]);
      await s.start();
      expect(s.offsets()).toEqual([[0], [2]]);
      expect(s.documents).toMatchObject([{ requestContext: { condition: 'MaximumPayloadSizeExceeded' } }]);
      expect(s.next()).toBe(3);
    }
  },
);

fact(
  {
    id: 'batch-window-kinesis',
    property: 'Batches',
    behaviour: 'Kinesis: the window begins when the previous invocation has ended.',
    source: 'D',
  },
  async () => {
    const s = scenario({ source: 'kinesis', batchSize: 100, batchWindowMs: 10_000 });
    await s.start();
    await s.put('a');
    await s.timers.advance(10_000);
    await s.timers.advance(6_000);
    await s.put('b');
    await s.timers.advance(3_999);
    expect(s.offsets()).toEqual([[0]]);
    await s.timers.advance(1);
    expect(s.offsets()).toEqual([[0], [1]]);
  },
);

fact(
  {
    id: 'batch-window-kafka',
    property: 'Batches',
    behaviour: 'Kafka: the window begins with the first record.',
    source: 'D',
  },
  async () => {
    const s = scenario({ source: 'kafka', batchSize: 100, batchWindowMs: 10_000 });
    await s.start();
    await s.timers.advance(25_000);
    await s.put('a');
    await s.timers.advance(6_000);
    await s.put('b');
    await s.timers.advance(3_999);
    expect(s.offsets()).toEqual([]);
    await s.timers.advance(1);
    expect(s.offsets()).toEqual([[0, 1]]);
  },
);

fact(
  {
    id: 'batch-one-shard',
    property: 'Batches',
    behaviour: 'A batch has records of one shard; Kafka may put several partitions into one event.',
    source: 'D',
    difference: 'one partition for Kafka too: a partition that fails then holds no other',
  },
  async () => {
    for (const source of ['kinesis', 'kafka'] as const) {
      const s = scenario({ source, batchSize: 100 }, undefined, 2);
      await s.append([0, s.record('a')], [1, s.record('b')], [0, s.record('c')]);
      await s.start();
      expect(s.seen.map(({ partition, keys }) => [partition, keys.join('')]).sort()).toEqual([
        [0, 'ac'],
        [1, 'b'],
      ]);
    }
  },
);

fact(
  {
    id: 'one-batch-in-flight',
    property: 'Ordering',
    behaviour: 'One batch of a shard is in flight; the next one starts when the handler has returned.',
    source: 'L',
  },
  async () => {
    const answers = held();
    const s = scenario({ batchSize: 1 }, answers.answer);
    await s.put('a', 'b');
    await s.start();
    await s.timers.advance(60_000);
    expect(s.offsets()).toEqual([[0]]);
    answers.release();
    await s.timers.settle();
    expect(s.offsets()).toEqual([[0], [1]]);
  },
);

fact(
  {
    id: 'shards-side-by-side',
    property: 'Ordering',
    behaviour: 'Shards are worked through independently.',
    source: 'D',
  },
  async () => {
    const answers = held();
    const s = scenario({ batchSize: 1 }, (seen) => (seen.partition === 0 ? answers.answer() : SUCCESS), 2);
    await s.append([0, s.record('a')], [1, s.record('b')], [1, s.record('c')]);
    await s.start();
    expect(s.seen.filter(({ partition }) => partition === 1).map(({ keys }) => keys)).toEqual([['b'], ['c']]);
  },
);

fact(
  {
    id: 'parallelization-order',
    property: 'ParallelizationFactor',
    behaviour:
      'With N, up to N batches of a shard are in flight; the records of one partition key stay in order.',
    source: 'D',
  },
  async () => {
    const answers = held();
    const s = scenario({ batchSize: 1, parallelizationFactor: 4 }, answers.answer);
    const keys = Array.from({ length: 24 }, (_, index) => `device-${index % 12}`);
    await s.put(...keys);
    await s.start();
    let most = 0;
    while (answers.count > 0) {
      most = Math.max(most, answers.count);
      answers.release();
      await s.timers.settle();
    }
    expect(most).toBe(4);
    for (const key of new Set(keys)) {
      const order = s.seen.filter((seen) => seen.keys[0] === key).map(({ offsets }) => offsets[0]!);
      expect(order).toEqual([...order].sort((a, b) => a - b));
      expect(order).toHaveLength(2);
    }
    expect(s.next()).toBe(24);
  },
);

fact(
  {
    id: 'checkpoint-success',
    property: 'Checkpoint',
    behaviour: 'Advances when the whole batch has succeeded, not before.',
    source: 'D',
  },
  async () => {
    const answers = held();
    const s = scenario({ batchSize: 2 }, answers.answer);
    await s.put('a', 'b');
    await s.start();
    expect(s.next()).toBe(0);
    answers.release();
    await s.timers.settle();
    expect(s.next()).toBe(2);
  },
);

fact(
  {
    id: 'checkpoint-lowest-failed',
    property: 'Checkpoint',
    behaviour: 'Advances to the lowest record reported as failed.',
    source: 'D',
  },
  async () => {
    const s = scenario({ batchSize: 10 }, (_, count) => (count === 1 ? partial(3, 2) : SUCCESS));
    await s.put('a', 'b', 'c', 'd');
    await s.start();
    expect(s.next()).toBe(2);
    await s.timers.advance(1_000);
    expect(s.offsets()).toEqual([
      [0, 1, 2, 3],
      [2, 3],
    ]);
    expect(s.next()).toBe(4);
  },
);

fact(
  {
    id: 'checkpoint-discard',
    property: 'Checkpoint',
    behaviour: 'Advances past records that are given up.',
    source: 'D',
  },
  async () => {
    const s = scenario({ batchSize: 2, maximumRetryAttempts: 0, onFailure: 'dead' }, () => THROWN);
    await s.put('a', 'b');
    await s.start();
    expect(s.next()).toBe(2);
    expect(s.documents).toHaveLength(1);
  },
);

fact(
  {
    id: 'checkpoint-filtered',
    property: 'Checkpoint',
    behaviour: 'Advances past filtered records; Kafka’s only with the next successful invocation.',
    source: 'D',
    difference: 'at once for Kafka as well',
  },
  async () => {
    for (const source of ['kinesis', 'kafka'] as const) {
      const pattern = source === 'kinesis' ? { partitionKey: ['b'] } : { key: ['b'] };
      const s = scenario({ source, batchSize: 10, filterPatterns: [pattern] });
      await s.put('a', 'a', 'a');
      await s.start();
      expect(s.next()).toBe(3);
      await s.put('a', 'b', 'a');
      expect(s.offsets()).toEqual([[4]]);
      expect(s.next()).toBe(6);
    }
  },
);

fact(
  {
    id: 'filtered-not-counted',
    property: 'FilterCriteria',
    behaviour: 'A filtered record is in no batch and does not count towards its size.',
    source: 'D',
  },
  async () => {
    const s = scenario({ batchSize: 2, batchWindowMs: 10_000, filterPatterns: [{ partitionKey: ['b'] }] });
    await s.start();
    await s.put('a', 'b', 'a', 'a');
    expect(s.offsets()).toEqual([]);
    await s.put('b');
    expect(s.offsets()).toEqual([[1, 4]]);
  },
);

fact(
  {
    id: 'at-least-once',
    property: 'Checkpoint',
    behaviour: 'Delivery is at least once: what was in flight in a crash comes again.',
    source: 'D',
  },
  async () => {
    let crashed = false;
    const s = scenario({ batchSize: 1 }, (seen) =>
      crashed || seen.offsets[0] === 0 ? SUCCESS : new Promise(() => {}),
    );
    await s.put('a', 'b');
    await s.start();
    expect(s.offsets()).toEqual([[0], [1]]);
    crashed = true;
    await s.crash();
    expect(s.offsets()).toEqual([[0], [1], [1]]);
  },
);

fact(
  {
    id: 'resumes-at-checkpoint',
    property: 'Enabled',
    behaviour: 'A mapping that is enabled again goes on at its checkpoint.',
    source: 'D',
  },
  async () => {
    const s = scenario({ batchSize: 10, startingPosition: 'LATEST' });
    await s.start();
    await s.put('a');
    await s.mapping.stop();
    await s.put('b', 'c');
    await s.start();
    expect(s.offsets()).toEqual([[0], [1, 2]]);
  },
);

fact(
  {
    id: 'starting-position-trim-horizon',
    property: 'StartingPosition',
    behaviour: 'TRIM_HORIZON begins at the oldest record.',
    source: 'D',
  },
  async () => {
    const s = scenario({ startingPosition: 'TRIM_HORIZON' });
    await s.put('a', 'b');
    await s.start();
    expect(s.offsets()).toEqual([[0, 1]]);
  },
);

fact(
  {
    id: 'starting-position-latest',
    property: 'StartingPosition',
    behaviour: 'LATEST begins with the records that come afterwards.',
    source: 'D',
  },
  async () => {
    const s = scenario({ startingPosition: 'LATEST' });
    await s.put('a', 'b');
    await s.start();
    await s.put('c');
    expect(s.offsets()).toEqual([[2]]);
  },
);

fact(
  {
    id: 'starting-position-at-timestamp',
    property: 'StartingPosition',
    behaviour: 'AT_TIMESTAMP begins with the first record that arrived then or later.',
    source: 'D',
  },
  async () => {
    const s = scenario({ startingPosition: 'AT_TIMESTAMP', startingTimestamp: EPOCH + 5_000 });
    await s.append(...[0, 4_999, 5_000, 6_000].map((at) => [0, event('k', 'v', EPOCH + at)] as const));
    await s.timers.advance(10_000);
    await s.start();
    expect(s.offsets()).toEqual([[2, 3]]);
  },
);

fact(
  {
    id: 'starting-position-ignored',
    property: 'StartingPosition',
    behaviour: 'Is ignored when the consumer group has offsets already.',
    source: 'D',
  },
  async () => {
    const s = scenario({ source: 'kafka', startingPosition: 'TRIM_HORIZON', batchSize: 10 });
    await s.put('a', 'b');
    await s.start();
    await s.restart();
    await s.put('c');
    expect(s.offsets()).toEqual([[0, 1], [2]]);
  },
);

fact(
  {
    id: 'polling',
    property: 'Batches',
    behaviour:
      'A shard is polled about once a second; a Kafka topic’s lag is looked at every minute to scale.',
    source: 'D',
    difference:
      'nothing polls: a mapping is woken by the append, and each partition has its poller from the start',
  },
  async () => {
    const s = scenario({ batchSize: 10 });
    await s.start();
    await s.put('a');
    expect(s.seen.map(({ at }) => at)).toEqual([0]);
    expect(s.timers.waiting).toBe(0);
  },
);
