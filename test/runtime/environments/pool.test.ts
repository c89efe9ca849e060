import pino from 'pino';
import { createConcurrency } from '../../../runtime/environments/concurrency.js';
import { createPool, type PoolOptions } from '../../../runtime/environments/pool.js';
import { fakeEnvironments } from '../../support/fake-channel.js';
import { ordering, specOf } from '../../support/function-batches.js';
import { virtualTimers } from '../../support/virtual-timers.js';

const SECOND = 1_000;

function setUp(overrides: Partial<PoolOptions> = {}, autoReady = true) {
  const timers = virtualTimers();
  const fakes = fakeEnvironments(autoReady);
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const pool = createPool(specOf({ timeoutMs: 3 * SECOND }), {
    platform: async () => undefined,
    log,
    environments: 1,
    provisionedConcurrency: 0,
    idleMs: 60 * SECOND,
    timers,
    open: fakes.open,
    ...overrides,
  });
  const { opened } = fakes;
  /** Batches in each round so far, by environment. */
  const sizes = () => opened.map(({ rounds }) => rounds.map(({ round }) => round.invocations.length));
  const ask = (count: number) => Array.from({ length: count }, () => pool.processBatch(ordering('ok')));
  return { timers, pool, opened, sizes, ask, lines };
}

const bounds = (reservedConcurrency: number | undefined, scalingPer10s = 100) =>
  createConcurrency({ account: 100, scalingPer10s }, [
    {
      name: 'misbehaving',
      provisionedConcurrency: 0,
      ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
    },
  ]).get('misbehaving')!;

describe('waiting', () => {
  test('what is asked for in one turn travels together; what comes meanwhile waits and travels together', async () => {
    const { pool, opened, sizes, ask, timers } = setUp();
    const first = ask(1);
    await Promise.resolve().then(() => first.push(...ask(2)));
    await timers.settle();
    const later = ask(2);
    await timers.settle();
    expect(sizes()).toEqual([[3]]);
    opened[0]!.finish();
    expect(await Promise.all(first)).toEqual(first.map(() => ({ kind: 'success' })));
    await timers.settle();
    expect(sizes()).toEqual([[3, 2]]);
    opened[0]!.finish();
    await Promise.all(later);
    expect(pool.stats).toMatchObject({ invocations: 5, coldStarts: 1, environments: 1, durationMs: 10 });
  });

  test('as long as there may be more environments, each batch gets one of its own', async () => {
    const { sizes, ask, timers } = setUp({ environments: 3 });
    ask(2);
    await timers.settle();
    expect(sizes()).toEqual([[1], [1]]);
  });

  test('batches share what environments there are evenly', async () => {
    const { sizes, ask, timers } = setUp({ environments: 2 });
    ask(5);
    await timers.settle();
    expect(sizes()).toEqual([[3], [2]]);
  });

  test('a warm environment is taken before another one is started', async () => {
    const { opened, sizes, ask, timers } = setUp({ environments: 2 });
    ask(1);
    await timers.settle();
    opened[0]!.finish();
    await timers.settle();
    ask(1);
    await timers.settle();
    expect(sizes()).toEqual([[1, 1]]);
  });

  test('closing finishes what waits and takes nothing new', async () => {
    const { pool, opened, ask, timers } = setUp();
    const asked = ask(1);
    await timers.settle();
    asked.push(...ask(1));
    const closed = pool.close();
    expect(await pool.processBatch(ordering('ok'))).toMatchObject({ error: { code: 'FUNCTION_CLOSED' } });
    await timers.settle();
    opened[0]!.finish();
    await timers.settle();
    opened[0]!.finish();
    await closed;
    expect(await Promise.all(asked)).toEqual([{ kind: 'success' }, { kind: 'success' }]);
    expect(opened[0]!.messages).toEqual([{ type: 'close' }]);
    expect(timers.waiting).toBe(0);
  });
});

describe('throttles', () => {
  test('beyond reserved concurrency batches are throttled, and calls refused', async () => {
    const { pool, ask, timers } = setUp({ environments: 3, concurrency: bounds(1) });
    const [, second] = ask(2);
    expect(await second).toMatchObject({
      kind: 'throttled',
      error: { code: 'FUNCTION_THROTTLED', canRetry: true },
    });
    await timers.settle();
    await expect(pool.invoke({ payload: Buffer.from('{}') })).rejects.toMatchObject({
      code: 'FUNCTION_THROTTLED',
      message: expect.stringContaining('ReservedFunctionConcurrentInvocationLimitExceeded'),
    });
    expect(pool.stats).toMatchObject({ throttles: 2, concurrentExecutions: 1, invocations: 0 });
  });

  test('waiting for a busy environment is no throttle', async () => {
    const { pool, opened, ask, timers } = setUp({ environments: 1, concurrency: bounds(1) });
    const first = ask(1);
    await timers.settle();
    const second = ask(1);
    await timers.settle();
    opened[0]!.finish();
    await Promise.all(first);
    await timers.settle();
    opened[0]!.finish();
    expect(await Promise.all(second)).toEqual([{ kind: 'success' }]);
    expect(pool.stats.throttles).toBe(0);
  });

  test('a function that is switched off starts nothing', async () => {
    const { pool, opened, ask } = setUp({ concurrency: bounds(0) });
    await pool.warmUp();
    expect(await ask(1)[0]).toMatchObject({ kind: 'throttled' });
    expect(opened).toHaveLength(0);
  });

  test('gaining environments too fast is a throttle until ten seconds are over', async () => {
    const { ask, opened, timers } = setUp({ environments: 3, concurrency: bounds(undefined, 1) });
    const [, second] = ask(2);
    expect(await second).toMatchObject({
      kind: 'throttled',
      error: { message: expect.stringContaining('ConcurrentInvocationLimitExceeded') },
    });
    await timers.advance(2 * SECOND);
    opened[0]!.finish();
    await timers.advance(8 * SECOND);
    ask(2);
    await timers.settle();
    expect(opened).toHaveLength(2);
  });
});

describe('keeping', () => {
  test('environments that had nothing to do for long enough are ended', async () => {
    const { pool, opened, ask, timers } = setUp({ environments: 2 });
    ask(2);
    await timers.settle();
    opened[0]!.finish();
    opened[1]!.finish();
    await timers.advance(40 * SECOND);
    ask(1);
    await timers.settle();
    opened.find(({ rounds }) => rounds.length === 2)!.finish();
    await timers.advance(20 * SECOND);
    expect(pool.stats.environments).toBe(1);
    await timers.advance(39 * SECOND);
    expect(pool.stats.environments).toBe(1);
    await timers.advance(2 * SECOND);
    expect(pool.stats.environments).toBe(0);
  });

  test('provisioned environments are started ahead, never idle out, and are replaced when they end', async () => {
    const { pool, opened, timers } = setUp({ environments: 1, provisionedConcurrency: 2 });
    await pool.warmUp();
    expect(opened.map(({ spec }) => spec.initializationType)).toEqual(
      Array(2).fill('provisioned-concurrency'),
    );
    await timers.advance(1_000 * SECOND);
    expect(pool.stats.environments).toBe(2);
    opened[0]!.die();
    await timers.settle();
    expect(opened).toHaveLength(3);
    expect(pool.stats.environments).toBe(2);
  });

  test('a provisioned environment that cannot start is tried again later and later', async () => {
    const { pool, opened, timers } = setUp({ provisionedConcurrency: 1 }, false);
    const warm = pool.warmUp();
    opened[0]!.events.onMessage({
      type: 'failed',
      error: {
        name: 'Error',
        message: 'no',
        stack: undefined,
        code: undefined,
        canRetry: false,
        hint: undefined,
      },
    });
    await expect(warm).rejects.toThrow('no');
    await timers.advance(SECOND);
    expect(opened).toHaveLength(2);
    opened[1]!.die();
    await timers.advance(1_999);
    expect(opened).toHaveLength(2);
    await timers.advance(1);
    expect(opened).toHaveLength(3);
  });
});

describe('time', () => {
  test('each batch is held to the timeout; what was not begun goes to the next environment', async () => {
    // timeout 3 s; batches of one round:   a |--2 s--|  b |-----3 s-----! timeout   c (not begun)
    const { pool, opened, sizes, ask, timers } = setUp();
    const asked = ask(3);
    await timers.advance(2 * SECOND);
    opened[0]!.progress = { id: 1, index: 1, elapsedMs: 0 };
    await timers.advance(SECOND);
    expect(opened[0]!.terminated).toBe(false);
    opened[0]!.progress = { id: 1, index: 1, elapsedMs: 3 * SECOND };
    await timers.advance(3 * SECOND + 1);
    expect(opened[0]!.terminated).toBe(true);
    await timers.settle();
    expect(sizes()).toEqual([[3], [1]]);
    opened[1]!.finish();
    const [a, b, c] = await Promise.all(asked);
    expect(a).toEqual({ kind: 'success' });
    expect(b).toMatchObject({ kind: 'error', error: { message: 'Task timed out after 3.00 seconds' } });
    expect(c).toEqual({ kind: 'success' });
    expect(pool.stats).toMatchObject({ invocations: 3, errors: 1, timeouts: 1 });
  });

  test('an init without an end runs into the timeout', async () => {
    const { opened, ask, timers } = setUp({}, false);
    const asked = ask(1);
    await timers.advance(13 * SECOND);
    expect(await asked[0]).toMatchObject({ kind: 'error', error: { code: 'FUNCTION_TIMEOUT' } });
    expect(opened[0]!.terminated).toBe(true);
  });

  test('each invocation has a REPORT line at debug level, the first one with the init duration', async () => {
    const { opened, ask, lines, timers } = setUp();
    const asked = ask(2);
    await timers.settle();
    opened[0]!.finish();
    await Promise.all(asked);
    const [first, second] = opened[0]!.rounds[0]!.round.requestIds;
    expect(lines[0]).toMatchObject({
      function: 'misbehaving',
      requestId: first,
      durationMs: 2,
      memoryMB: 128,
    });
    expect(lines[0]!.msg).toMatch(
      /^REPORT RequestId: \S+ Duration: 2\.00 ms Billed Duration: 2 ms Memory Size: 128 MB Max Memory Used: 1 MB Init Duration: /,
    );
    expect(lines[1]!.requestId).toBe(second);
    expect(lines[1]!.msg).not.toContain('Init Duration');
  });
});
