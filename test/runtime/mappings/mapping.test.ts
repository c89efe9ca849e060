import { createMemoryCheckpoints } from '../../../streams/memory/memory-checkpoints.js';
import { createMemoryStream } from '../../../streams/memory/memory-stream.js';
import type { Stream } from '../../../streams/stream.js';
import { EPOCH, fakeFunction, mappingOf } from '../../support/mappings.js';
import { appendAll, event } from '../../support/streams.js';
import { virtualTimers } from '../../support/virtual-timers.js';

function append(stream: Stream, partition: number, count: number): Promise<void> {
  return appendAll(
    stream,
    Array.from({ length: count }, () => [partition, event('k', 'v', EPOCH)] as const),
  );
}

test('what waits in several partitions goes to the environment in one turn, in batches of at most batchSize', async () => {
  const timers = virtualTimers();
  const stream = createMemoryStream({ name: 's', partitions: 2 });
  await append(stream, 0, 150);
  await append(stream, 1, 10);
  const { invocations, invoke } = fakeFunction(timers);
  const mapping = mappingOf({}, { stream, invoke, timers, checkpoints: createMemoryCheckpoints() });
  mapping.start();
  await timers.settle();
  expect(mapping.positions()).toEqual([150n, 10n]);
  expect(invocations.map(({ partition, offsets }) => [partition, offsets.length])).toEqual([
    [0, 100],
    [1, 10],
    [0, 50],
  ]);
  await mapping.stop();
});
