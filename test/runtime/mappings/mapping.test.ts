import pino from 'pino';
import type { Environment } from '../../../runtime/environments/environment.js';
import type { BatchOutcome } from '../../../runtime/environments/protocol.js';
import { createMapping, type Mapping, type MappingOptions } from '../../../runtime/mappings/mapping.js';
import type { Batch } from '../../../streams/batch.js';
import type { Checkpoints } from '../../../streams/checkpoints.js';
import { createMemoryStream } from '../../../streams/memory/memory-stream.js';
import { RecordKind } from '../../../streams/record.js';
import type { Stream } from '../../../streams/stream.js';
import { poll } from '../../support/poll.js';

const options: MappingOptions = {
  functionName: 'f',
  batchSize: 100,
  batchWindowMs: 0,
  startingPosition: 'TRIM_HORIZON',
  maximumRetryAttempts: -1,
  maximumRecordAgeMs: -1,
  bisectBatchOnFunctionError: false,
  reportBatchItemFailures: true,
};
const failed: BatchOutcome = {
  error: {
    name: 'Error',
    message: 'no',
    stack: undefined,
    code: undefined,
    canRetry: false,
    hint: undefined,
  },
};

function memoryCheckpoints(): Checkpoints & { readonly saved: Map<string, bigint> } {
  const saved = new Map<string, bigint>();
  return {
    saved,
    load: (group, partition) => saved.get(`${group}/${partition}`),
    save: (group, partition, next) => void saved.set(`${group}/${partition}`, next),
    close: () => undefined,
  };
}

/** An environment that answers with `outcome`, and remembers what it was given. */
function environment(outcome: (batch: Batch) => BatchOutcome = () => ({ failures: [] })) {
  const rounds: { partition: number; from: number; count: number }[][] = [];
  const process: Environment['process'] = async (batches) => {
    rounds.push(
      batches.map(({ partition, baseOffset, count }) => ({ partition, from: Number(baseOffset), count })),
    );
    return batches.map(outcome);
  };
  return { rounds, environment: { process } as unknown as Environment };
}

function append(stream: Stream, partition: number, count: number): Promise<void> {
  return new Promise((resolve) => {
    for (let i = 0; i < count; i++) {
      const record = { kind: RecordKind.acknowledged, arrivalTime: i, key: 'k', value: Buffer.from(`${i}`) };
      stream.append(partition, record, () => i === count - 1 && resolve());
    }
  });
}

let running: Mapping | undefined;
afterEach(() => running?.stop());

function start(
  stream: Stream,
  env: Environment,
  checkpoints: Checkpoints,
  overrides: Partial<MappingOptions> = {},
) {
  running = createMapping({ ...options, ...overrides }, stream, env, checkpoints, pino({ level: 'silent' }));
  running.start();
  return running;
}

test('what waits in several partitions goes to the environment in one round, in batches of at most batchSize', async () => {
  const stream = createMemoryStream({ name: 's', partitions: 2 });
  await append(stream, 0, 150);
  await append(stream, 1, 10);
  const { rounds, environment: env } = environment();
  const mapping = start(stream, env, memoryCheckpoints());
  await poll(() => mapping.positions()[0] === 150n);
  expect(rounds).toEqual([
    [
      { partition: 0, from: 0, count: 100 },
      { partition: 1, from: 0, count: 10 },
    ],
    [{ partition: 0, from: 100, count: 50 }],
  ]);
});

test('a restart goes on after the last record finished', async () => {
  const stream = createMemoryStream({ name: 's', partitions: 1 });
  const checkpoints = memoryCheckpoints();
  await append(stream, 0, 5);
  const first = start(stream, environment().environment, checkpoints);
  await poll(() => checkpoints.saved.get('f/0') === 5n);
  await first.stop();
  await append(stream, 0, 3);
  const { rounds, environment: env } = environment();
  start(stream, env, checkpoints);
  await poll(() => checkpoints.saved.get('f/0') === 8n);
  expect(rounds).toEqual([[{ partition: 0, from: 5, count: 3 }]]);
});

test('LATEST begins behind what was there, once', async () => {
  const stream = createMemoryStream({ name: 's', partitions: 1 });
  const checkpoints = memoryCheckpoints();
  await append(stream, 0, 5);
  start(stream, environment().environment, checkpoints, { startingPosition: 'LATEST' });
  expect(checkpoints.saved.get('f/0')).toBe(5n);
});

test('a poison record holds its own partition only, and the reason is visible', async () => {
  const stream = createMemoryStream({ name: 's', partitions: 2 });
  const { environment: env } = environment(({ partition }) => (partition === 0 ? failed : { failures: [] }));
  await append(stream, 0, 1);
  await append(stream, 1, 1);
  const mapping = start(stream, env, memoryCheckpoints());
  await poll(() => mapping.positions()[1] === 1n && mapping.failing !== null);
  await append(stream, 1, 1);
  await poll(() => mapping.positions()[1] === 2n);
  expect(mapping.positions()[0]).toBe(0n);
  expect(mapping.failing).toBe('no');
});

test('the checkpoint stands at the lowest failed record', async () => {
  const stream = createMemoryStream({ name: 's', partitions: 1 });
  const checkpoints = memoryCheckpoints();
  const { environment: env } = environment(() => ({ failures: [6n, 4n] }));
  await append(stream, 0, 8);
  start(stream, env, checkpoints);
  await poll(() => checkpoints.saved.get('f/0') === 4n);
});

test('an environment that dies fails every batch of the round', async () => {
  const stream = createMemoryStream({ name: 's', partitions: 2 });
  await append(stream, 0, 1);
  await append(stream, 1, 1);
  const dead = { process: () => Promise.reject(new Error('died')) } as unknown as Environment;
  const mapping = start(stream, dead, memoryCheckpoints());
  await poll(() => mapping.stats.errors === 2);
  expect(mapping.positions()).toEqual([0n, 0n]);
});
