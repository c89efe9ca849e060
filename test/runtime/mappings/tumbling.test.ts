import { MillraceError } from '../../../common/errors.js';
import type { BatchOutcome } from '../../../runtime/environments/invocation.js';
import {
  belongs,
  isOver,
  isTooLarge,
  MAX_STATE_BYTES,
  windowAt,
} from '../../../runtime/mappings/tumbling.js';
import type { WindowStates } from '../../../stores/window-states.js';
import { createMemoryCheckpoints } from '../../../streams/memory/memory-checkpoints.js';
import { createMemoryStream } from '../../../streams/memory/memory-stream.js';
import { RecordKind } from '../../../streams/record.js';
import {
  EPOCH,
  fakeDestination,
  fakeFunction,
  GROUP,
  mappingOf,
  type Seen,
  SUCCESS,
  THROWN,
} from '../../support/mappings.js';
import { appendAll, event } from '../../support/streams.js';
import { virtualTimers } from '../../support/virtual-timers.js';
import { memoryWindowStates } from '../../support/window-states.js';

const SIZE = 10_000;

test('windows are aligned to the epoch, their end is not in them', () => {
  const window = windowAt(EPOCH + 12_345, SIZE);
  expect(window).toEqual({ start: EPOCH + 10_000, end: EPOCH + 20_000, state: '{}' });
  expect(belongs(window.end - 1, window)).toBe(true);
  expect(belongs(window.end, window)).toBe(false);
  expect([isOver(window, window.end - 1), isOver(window, window.end)]).toEqual([false, true]);
});

test('a state of 1 MB is one, a byte more is too large', () => {
  const window = { start: 0, end: 1, state: 'é'.repeat(MAX_STATE_BYTES / 2) };
  expect(isTooLarge(window)).toBe(false);
  expect(isTooLarge({ ...window, state: `${window.state}x` })).toBe(true);
});

/** Answers with the number of records of the window so far. */
function counting(seen: Seen): BatchOutcome {
  const before = JSON.parse(seen.window!.state) as { n?: number };
  return { kind: 'success', state: JSON.stringify({ n: (before.n ?? 0) + seen.offsets.length }) };
}

async function setUp(
  answer: (seen: Seen, count: number) => BatchOutcome = counting,
  trigger = {},
  windowStates: WindowStates = memoryWindowStates(),
) {
  const timers = virtualTimers();
  const stream = createMemoryStream({ name: 's', partitions: 1 });
  const checkpoints = createMemoryCheckpoints();
  const destination = fakeDestination();
  const fake = fakeFunction(timers, answer);
  const deps = { stream, timers, checkpoints, destination, windowStates };
  const open = (invoke = fake.invoke) => {
    const mapping = mappingOf({ tumblingWindowMs: SIZE, ...trigger }, { ...deps, invoke });
    mapping.start();
    return mapping;
  };
  /** Appends records that arrive so many ms after the epoch. */
  const arrive = (...after: number[]) =>
    appendAll(
      stream,
      after.map((ms) => [0, event('k', 'v', EPOCH + ms)] as const),
    );
  return { ...deps, invocations: fake.invocations, mapping: open(), open, arrive };
}

/** Offsets, window, state and kind of each invocation, times relative to the epoch. */
const short = (invocations: readonly Seen[]) =>
  invocations.map(({ offsets, window }) => {
    const kind = window!.isTerminatedEarly ? 'early' : window!.isFinal ? 'final' : 'batch';
    return [kind, offsets, window!.start - EPOCH, window!.state];
  });

test('the state goes from invocation to invocation; a record of a later window ends the window', async () => {
  const { timers, arrive, invocations, mapping, checkpoints } = await setUp();
  await arrive(0, 1_000);
  await timers.settle();
  await arrive(2_000, 9_999, 10_000, 25_000);
  await timers.settle();
  expect(short(invocations)).toEqual([
    ['batch', [0, 1], 0, '{}'],
    ['batch', [2, 3], 0, '{"n":2}'],
    ['final', [], 0, '{"n":4}'],
    ['batch', [4], 10_000, '{}'],
    ['final', [], 10_000, '{"n":1}'],
    ['batch', [5], 20_000, '{}'],
  ]);
  expect(checkpoints.load(GROUP, 0)).toBe(6n);
  await mapping.stop();
});

test('a window ends when the clock has passed its end, records or not', async () => {
  const { timers, arrive, invocations, mapping } = await setUp();
  await arrive(0);
  await timers.advance(9_999);
  expect(invocations).toHaveLength(1);
  await timers.advance(1);
  expect(invocations.map(({ at }) => at)).toEqual([0, 10_000]);
  expect(short(invocations)[1]).toEqual(['final', [], 0, '{"n":1}']);
  await timers.advance(60_000);
  expect(invocations).toHaveLength(2);
  await mapping.stop();
});

test('a batch that waits to fill up goes when its tumbling window ends', async () => {
  const { timers, arrive, invocations, mapping } = await setUp(counting, { batchWindowMs: 60_000 });
  await arrive(9_000);
  await timers.advance(20_000);
  expect(invocations.map(({ at, window }) => [at, window!.isFinal])).toEqual([
    [10_000, false],
    [10_000, true],
  ]);
  await mapping.stop();
});

test('the final invocation is tried until it succeeds, whatever the retries; newer records wait', async () => {
  const { timers, arrive, invocations, destination, mapping } = await setUp(
    (seen, count) => (seen.window!.isFinal && count < 6 ? THROWN : counting(seen)),
    { maximumRetryAttempts: 1 },
  );
  await arrive(0, 10_000);
  await timers.advance(9_000);
  expect(short(invocations).map(([kind]) => kind)).toEqual(['batch', 'final', 'final', 'final', 'final']);
  await timers.advance(6_000);
  expect(short(invocations).slice(5)).toEqual([
    ['final', [], 0, '{"n":1}'],
    ['batch', [1], 10_000, '{}'],
  ]);
  expect(destination.documents).toEqual([]);
  await mapping.stop();
});

test('an answer without a state is a failed invocation', async () => {
  const { timers, arrive, invocations, mapping } = await setUp((seen, count) =>
    count === 1 ? SUCCESS : counting(seen),
  );
  await arrive(0);
  await timers.settle();
  expect(mapping.failing).toMatch(/state/);
  await timers.advance(1_000);
  expect(short(invocations)).toEqual([
    ['batch', [0], 0, '{}'],
    ['batch', [0], 0, '{}'],
  ]);
  await mapping.stop();
});

test('a partial failure keeps the state of what succeeded', async () => {
  const { timers, arrive, invocations, mapping } = await setUp((seen, count) =>
    count === 1 ? { kind: 'partial', failures: [1n], state: '{"n":1}' } : counting(seen),
  );
  await arrive(0, 1, 2);
  await timers.advance(1_000);
  expect(short(invocations)).toEqual([
    ['batch', [0, 1, 2], 0, '{}'],
    ['batch', [1, 2], 0, '{"n":1}'],
  ]);
  await mapping.stop();
});

test('a state over 1 MB ends the window early; the rest of it begins with a fresh one', async () => {
  const large = JSON.stringify({ text: 'x'.repeat(MAX_STATE_BYTES) });
  const { timers, arrive, invocations, mapping } = await setUp((seen, count) =>
    count === 1 ? { kind: 'success', state: large } : counting(seen),
  );
  await arrive(0);
  await timers.settle();
  await arrive(5_000);
  await timers.advance(10_000);
  expect(short(invocations)).toEqual([
    ['batch', [0], 0, '{}'],
    ['early', [], 0, large],
    ['batch', [1], 0, '{}'],
    ['final', [], 0, '{"n":1}'],
  ]);
  expect(invocations[1]!.window).toMatchObject({ isFinal: true, isTerminatedEarly: true });
  await mapping.stop();
});

test('a restart goes on with the stored state, and believes the row rather than the checkpoint', async () => {
  const { timers, arrive, invocations, mapping, open, checkpoints } = await setUp();
  await arrive(0, 1);
  await timers.settle();
  await mapping.stop();
  checkpoints.save(GROUP, 0, 0n);
  await arrive(2);
  const again = open();
  await timers.advance(10_000);
  expect(short(invocations).slice(1)).toEqual([
    ['batch', [2], 0, '{"n":2}'],
    ['final', [], 0, '{"n":3}'],
  ]);
  await again.stop();
});

test('a tick is no record of a window, but ends the one before it', async () => {
  const { timers, stream, arrive, invocations, mapping } = await setUp();
  const tick = (ms: number) => ({ ...event('', '', EPOCH + ms), kind: RecordKind.tick });
  await appendAll(stream, [[0, tick(0)]]);
  await arrive(1_000);
  await appendAll(stream, [[0, tick(10_000)]]);
  await timers.settle();
  expect(short(invocations)).toEqual([
    ['batch', [1], 0, '{}'],
    ['final', [], 0, '{"n":1}'],
  ]);
  expect([...mapping.positions().values()]).toEqual([3n]);
  await mapping.stop();
});

test('a row that cannot be read is asked for until it can be, and nothing is fetched before', async () => {
  const rows = memoryWindowStates();
  await rows.save(GROUP, 0, { next: 1n, window: { start: EPOCH, end: EPOCH + SIZE, state: '{"n":1}' } });
  let failures = 2;
  const { timers, arrive, invocations, mapping } = await setUp(
    counting,
    {},
    {
      ...rows,
      load: async (...lane) => {
        if (failures-- > 0) throw new Error('no connection');
        return rows.load(...lane);
      },
    },
  );
  await arrive(0, 1_000);
  await timers.settle();
  expect([invocations, mapping.failing]).toEqual([[], 'no connection']);
  await timers.advance(5_000);
  expect(short(invocations)).toEqual([['batch', [1], 0, '{"n":1}']]);
  expect(mapping.failing).toBeNull();
  await mapping.stop();
});

test('a lane that another process has taken over gets no further, and stops when it is told to', async () => {
  const rows = memoryWindowStates();
  let isOurs = true;
  const { timers, arrive, invocations, mapping, checkpoints } = await setUp(
    counting,
    {},
    {
      ...rows,
      save: async (...row) => {
        if (!isOurs) throw new MillraceError('not ours', { code: 'STORE_STALE', canRetry: true });
        return rows.save(...row);
      },
    },
  );
  await arrive(0);
  await timers.settle();
  isOurs = false;
  await arrive(1_000, 2_000);
  await timers.advance(5_000);
  expect(short(invocations).slice(1)).toEqual([['batch', [1, 2], 0, '{"n":1}']]);
  expect([checkpoints.load(GROUP, 0), mapping.failing]).toEqual([1n, 'not ours']);
  expect((await rows.load(GROUP, 0))?.next).toBe(1n);
  await mapping.stop();
});

test('without somewhere to keep the state a mapping with windows is refused', () => {
  const stream = createMemoryStream({ name: 's', partitions: 1 });
  const { invoke } = fakeFunction(virtualTimers());
  expect(() => mappingOf({ tumblingWindowMs: SIZE }, { stream, invoke })).toThrow(
    expect.objectContaining({ code: 'WINDOW_STATES_MISSING' }),
  );
});
