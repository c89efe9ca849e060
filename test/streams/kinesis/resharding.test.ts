/** Event source mappings of several processes on a stream in Kinesis whose shards are split and merged. */
import pino from 'pino';
import type { BatchInvocation, BatchOutcome } from '../../../runtime/environments/invocation.js';
import type { StreamTrigger } from '../../../runtime/manifest/manifest.js';
import { createMapping } from '../../../runtime/mappings/mapping.js';
import { recordsOf } from '../../../streams/batch.js';
import { openKinesisEngine } from '../../../streams/kinesis/kinesis-engine.js';
import { createMemoryLeases } from '../../../streams/kinesis/lease-store.js';
import { partitionOf } from '../../../streams/partitioner.js';
import { FakeKinesis } from '../../support/fake-kinesis.js';
import { IMPATIENT } from '../../support/kinesis.js';
import { DEFAULT_TRIGGER, SUCCESS, THROWN } from '../../support/mappings.js';
import { poll } from '../../support/poll.js';
import { appendAll, event } from '../../support/streams.js';
import { memoryWindowStates } from '../../support/window-states.js';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanups.splice(0).reverse()) await cleanUp();
});

/** What the processes share. */
function shared() {
  return { api: new FakeKinesis(2), leases: createMemoryLeases(), windowStates: memoryWindowStates() };
}

/** A process: its own engine, and one mapping of the function `f`. */
async function startProcess(
  { api, leases, windowStates }: ReturnType<typeof shared>,
  worker: string,
  trigger: Partial<StreamTrigger>,
  answer: (invocation: BatchInvocation) => BatchOutcome,
) {
  const time = () => api.now;
  const engine = await openKinesisEngine({ api, leases, worker, settings: IMPATIENT, time });
  const stream = await engine.open({ name: 's', partitions: 2, retentionMs: 1 });
  const { source, share, checkpoints, close } = await engine.consumer(stream, 'f:s');
  const mapping = createMapping(
    { functionName: 'f', functionArn: 'arn', trigger: { ...DEFAULT_TRIGGER, ...trigger } },
    {
      stream: source,
      share: share!,
      checkpoints,
      windowStates,
      invoke: async (invocation) => answer(invocation),
      log: pino({ level: 'silent' }),
      time,
    },
  );
  mapping.start();
  const stop = async () => {
    await mapping.stop();
    await close();
    await stream.close();
  };
  cleanups.push(stop);
  let sent = 0;
  const send = (count: number) =>
    appendAll(
      stream,
      Array.from({ length: count }, () => {
        const key = `dev-${sent % 40}`;
        return [partitionOf(key, 2), event(key, `${sent++}`, api.now)];
      }),
    );
  return { mapping, stream, send, held: () => [...mapping.positions().keys()].sort() };
}

test('a window that is open when its shard ends is finished first, and the children begin without its state', async () => {
  const world = shared();
  const windows: string[] = [];
  let failures = 1;
  const { send } = await startProcess(
    world,
    'a',
    { tumblingWindowMs: 900_000 },
    ({ batch: { partition, count }, window }) => {
      if (window!.isFinal && failures-- > 0) return THROWN;
      const before = (JSON.parse(window!.state) as { n?: number }).n ?? 0;
      const state = JSON.stringify({ n: before + count });
      windows.push(
        `${partition} ${window!.isFinal ? 'final' : 'batch'} ${window!.isTerminatedEarly} ${state}`,
      );
      return { kind: 'success', state };
    },
  );
  const last = (partition: number) => windows.filter((one) => one.startsWith(`${partition} `)).at(-1);
  const keys = Array.from({ length: 40 }, (_, i) => `dev-${i}`);
  const inFirst = keys.filter((key) => partitionOf(key, 2) === 0).length;
  await send(40);
  await poll(() => last(0)?.endsWith(`{"n":${inFirst}}`) && last(1)?.endsWith(`{"n":${40 - inFirst}}`));
  world.api.split(0);
  await poll(() => last(0) === `0 final false {"n":${inFirst}}`);
  const finals = windows.filter((one) => one.includes('final'));
  await send(40);
  const counted = (partition: number) => Number(/"n":(\d+)/.exec(last(partition) ?? '')?.[1] ?? 0);
  await poll(() => counted(2) + counted(3) === inFirst);
  expect(windows.filter((one) => one.includes('final'))).toEqual(finals);
  expect(failures).toBe(-1);
});

test('whoever takes the children of another process’ shard begins where they begin, LATEST or not', async () => {
  const world = shared();
  const seen: string[] = [];
  const answer = ({ batch }: BatchInvocation) => {
    for (const { value } of recordsOf(batch)) seen.push(`${value}`);
    return SUCCESS;
  };
  const trigger = { startingPosition: 'LATEST' } as const;
  const a = await startProcess(world, 'a', trigger, answer);
  const b = await startProcess(world, 'b', trigger, answer);
  await poll(() => a.held().length === 1 && b.held().length === 1, { what: 'a shard for each' });
  let sent = 0;
  const send = async () => {
    await a.send(40);
    sent += 40;
  };
  // Nothing came before either of them had its shard.
  await send();
  for (const shard of [0, 1, 2]) {
    world.api.split(shard);
    await send();
    await send();
  }
  await poll(() => new Set(seen).size >= sent, { what: 'every record having been seen' });
  expect(seen.map(Number).sort((x, y) => x - y)).toEqual(Array.from({ length: sent }, (_, i) => i));
  await poll(() => a.held().length + b.held().length === 5 && a.held().length > 1 && b.held().length > 1, {
    what: 'the shards being shared',
  });
});

test('how far a group is, and how late, whichever process works for it', async () => {
  const world = shared();
  const engine = await openKinesisEngine({
    api: world.api,
    leases: world.leases,
    settings: IMPATIENT,
    time: () => world.api.now,
  });
  const stream = await engine.open({ name: 's', partitions: 2, retentionMs: 1 });
  cleanups.push(() => stream.close());
  expect(await engine.committed!(stream, 'f:s')).toEqual([undefined, undefined]);
  expect(await engine.behindMs!(stream, 'f:s')).toEqual([0, 0]);

  let isStuck = false;
  const { stream: theirs } = await startProcess(world, 'a', {}, () => (isStuck ? THROWN : SUCCESS));
  const at = (time: number, value: string) => appendAll(theirs, [[0, event('dev-0', value, time)]]);
  await at(10_000, 'first');
  await poll(async () => (await engine.committed!(stream, 'f:s'))[0] === stream.ends(0).end);
  expect(await engine.behindMs!(stream, 'f:s')).toEqual([0, 0]);
  isStuck = true;
  await at(12_500, 'second');
  expect(await engine.behindMs!(stream, 'f:s')).toEqual([2_500, 0]);
  expect((await engine.committed!(stream, 'f:s'))[0]! < stream.ends(0).end).toBe(true);
});
