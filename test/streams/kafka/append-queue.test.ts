/** What waits for one partition: batches of a size, each callback in its place. */
import { AppendQueue } from '../../../streams/kafka/append-queue.js';
import { decodeRecords } from '../../../streams/kafka/decode.js';
import { event } from '../../support/streams.js';

const done = () => undefined;

test('fills batches, and begins another when one was sent', () => {
  const queue = new AppendQueue(0, 300, 1_000);
  for (let i = 0; i < 6; i++) queue.add(event('k', 'x'.repeat(80)), done);
  expect(queue.batches.map(({ records }) => records.count)).toEqual([2, 2, 2]);
  expect(queue.bytes).toBe(queue.batches.reduce((sum, { records }) => sum + records.byteLength, 0));
  queue.batches.at(-1)!.wasSent = true;
  queue.add(event('k', ''), done);
  expect(queue.batches).toHaveLength(4);
});

test('takes a record larger than usual batches, none larger than the topic takes', () => {
  const queue = new AppendQueue(0, 300, 1_000);
  expect(queue.add(event('k', 'x'.repeat(800)), done)).toBeGreaterThan(800);
  expect(queue.add(event('k', 'x'.repeat(1_000)), done)).toBeUndefined();
  expect(queue.batches).toHaveLength(1);
});

test('refusals wait for their turn', () => {
  const queue = new AppendQueue(0, 300, 1_000);
  const told: string[] = [];
  queue.add(event('k', 'a'), () => told.push('a'));
  queue.refuse(new Error('no'), (error) => told.push(error!.message));
  queue.add(event('k', 'b'), () => told.push('b'));
  expect(queue.batches.map(({ records }) => records.count)).toEqual([1, 0, 1]);
  for (const { callbacks } of queue.batches) for (const callback of callbacks) callback(null);
  expect(told).toEqual(['a', 'no', 'b']);
});

test('a batch that the broker finds too large becomes two, in order', () => {
  const queue = new AppendQueue(0, 10_000, 10_000);
  const told: number[] = [];
  for (let i = 0; i < 5; i++) {
    queue.add({ ...event('k', `${i}`), headers: { n: `${i}` } }, () => told.push(i));
  }
  expect(queue.splitFirst()).toBe(true);
  expect(queue.batches.map(({ records }) => records.count)).toEqual([3, 2]);
  const counts = queue.batches.map(({ records }) => decodeRecords(records.seal(1n, 0, 0), 0n).starts.length);
  expect(counts).toEqual([3, 2]);
  for (const { callbacks } of queue.batches) for (const callback of callbacks) callback(null);
  expect(told).toEqual([0, 1, 2, 3, 4]);
  const single = new AppendQueue(0, 100, 100);
  single.add(event('k', ''), done);
  expect(single.splitFirst()).toBe(false);
});
