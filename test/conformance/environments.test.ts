/** Environments, concurrency and what becomes of invocations that fail, on real threads and processes. */
import { createConcurrency } from '../../runtime/environments/concurrency.js';
import type { FunctionPool } from '../../runtime/environments/invocation.js';
import type { PoolOptions } from '../../runtime/environments/pool.js';
import type { EnvironmentSpec } from '../../runtime/environments/protocol.js';
import { openPools } from '../support/environments.js';
import { poll } from '../support/poll.js';
import { fact } from './fact.js';
import { functionsOf, kinesis, refusalsOf } from './manifests.js';
import { ordering } from './orders.js';

const refused = expect.any(String) as unknown;

/** Runs with a pool of the function that does what its records say, and ends it. */
async function withPool(
  spec: Partial<EnvironmentSpec>,
  options: Partial<PoolOptions>,
  use: (pool: FunctionPool, reports: readonly string[]) => Promise<void>,
): Promise<void> {
  const { open, reports, closeAll } = openPools();
  try {
    await use(open(spec, options), reports);
  } finally {
    await closeAll();
  }
}

fact(
  {
    id: 'timeout-ends-environment',
    property: 'Timeout',
    behaviour:
      'An invocation beyond the timeout fails with "Task timed out after N seconds", and its environment is reset.',
    source: 'G',
  },
  () =>
    withPool({ timeoutMs: 300 }, {}, async (pool, reports) => {
      await pool.processBatch(ordering('count'));
      expect(await pool.processBatch(ordering('hang'))).toMatchObject({
        kind: 'error',
        error: { message: 'Task timed out after 0.30 seconds' },
      });
      await pool.processBatch(ordering('count'));
      expect(reports).toEqual(['invocation 1', 'invocation 1']);
    }),
);

fact(
  {
    id: 'timeout-range',
    property: 'Timeout',
    behaviour: 'From 1 to 900 seconds, by default 3.',
    source: 'G',
    difference: 'by default 6, which is what the packager sends to AWS',
  },
  async () => {
    const entry = (timeout?: number) => ({ ...kinesis(), settings: { timeout } });
    const functions = await functionsOf(entry(1), entry(900), entry(undefined));
    expect(functions.map(({ timeoutMs }) => timeoutMs)).toEqual([1_000, 900_000, 6_000]);
    expect(await refusalsOf(entry(0), entry(901))).toEqual([refused, refused]);
  },
);

fact(
  {
    id: 'memory-range',
    property: 'Memory',
    behaviour: 'From 128 to 10,240 MB, by default 128.',
    source: 'G',
    difference: 'by default 1,024, which is what the packager sends to AWS',
  },
  async () => {
    const entry = (memorySize?: number) => ({ ...kinesis(), settings: { memorySize } });
    const functions = await functionsOf(entry(128), entry(10_240), entry(undefined));
    expect(functions.map(({ memoryMB }) => memoryMB)).toEqual([128, 10_240, 1_024]);
    expect(await refusalsOf(entry(127), entry(10_241))).toEqual([refused, refused]);
  },
);

fact(
  {
    id: 'memory-limit',
    property: 'Memory',
    behaviour: 'A function that takes more memory than it has fails, and its environment ends.',
    source: 'G',
    difference:
      'the limit is the JavaScript heap’s: memory outside of it, such as buffers, is not bounded in a thread',
  },
  () =>
    withPool({ memoryMB: 64, timeoutMs: 60_000 }, {}, async (pool, reports) => {
      expect(await pool.processBatch(ordering('hoard'))).toMatchObject({
        kind: 'error',
        error: { code: 'FUNCTION_OUT_OF_MEMORY' },
      });
      await pool.processBatch(ordering('count'));
      expect(reports).toEqual(['invocation 1']);
    }),
);

fact(
  {
    id: 'crash-ends-environment',
    property: 'Environments',
    behaviour:
      'A crash and process.exit are errors of the invocation; they end that environment and nothing else.',
    source: 'G',
  },
  async () => {
    for (const order of ['crash', 'exit']) {
      await withPool({}, {}, async (pool, reports) => {
        expect(await pool.processBatch(ordering(order))).toMatchObject({ kind: 'error' });
        expect(await pool.processBatch(ordering('count'))).toEqual({ kind: 'success' });
        expect(reports).toEqual(['invocation 1']);
      });
    }
  },
);

fact(
  {
    id: 'environment-stays-warm',
    property: 'Environments',
    behaviour: 'Globals survive from one invocation of an environment to the next.',
    source: 'G',
  },
  () =>
    withPool({}, {}, async (pool, reports) => {
      await pool.processBatch(ordering('count'));
      await pool.processBatch(ordering('count'));
      expect(reports).toEqual(['invocation 1', 'invocation 2']);
      expect(pool.stats.coldStarts).toBe(1);
    }),
);

fact(
  {
    id: 'one-event-per-environment',
    property: 'Environments',
    behaviour: 'An environment handles one event at a time; another one is started for the next.',
    source: 'G',
    difference:
      'up to `environments` of a function (custom.millrace.functions); beyond that work waits, which is no throttle',
  },
  () =>
    withPool({}, { environments: 2 }, async (pool) => {
      const both = [1, 2, 3].map(() => pool.processBatch(ordering('spin 100')));
      await poll(() => pool.stats.concurrentExecutions === 2, { timeoutMs: 10_000 });
      expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(['success', 'success', 'success']);
      expect(pool.stats).toMatchObject({ environments: 2, throttles: 0 });
    }),
);

fact(
  {
    id: 'provisioned-concurrency',
    property: 'ProvisionedConcurrency',
    behaviour: 'So many environments are started before the first invocation, and kept.',
    source: 'G',
  },
  () =>
    withPool({}, { environments: 2, provisionedConcurrency: 2 }, async (pool) => {
      await pool.warmUp();
      expect(pool.stats).toMatchObject({ environments: 2, invocations: 0 });
    }),
);

const claim = (name: string, reservedConcurrency?: number) => ({
  name,
  provisionedConcurrency: 0,
  ...(reservedConcurrency === undefined ? {} : { reservedConcurrency }),
});
const bounds = (account: number, claims: ReturnType<typeof claim>[], scalingPer10s = 1_000) =>
  createConcurrency({ account, scalingPer10s }, claims);

fact(
  {
    id: 'reserved-zero',
    property: 'ReservedConcurrency',
    behaviour: '0 switches the function off: every invocation is throttled.',
    source: 'G',
  },
  () =>
    withPool({}, { concurrency: bounds(1_000, [claim('f', 0)]).get('f')! }, async (pool, reports) => {
      expect(await pool.processBatch(ordering('count'))).toMatchObject({ kind: 'throttled' });
      await expect(pool.invoke({ payload: Buffer.from('{}') })).rejects.toMatchObject({
        code: 'FUNCTION_THROTTLED',
        reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
      });
      expect(reports).toEqual([]);
      expect(pool.stats).toMatchObject({ environments: 0, invocations: 0, throttles: 2 });
    }),
);

fact(
  {
    id: 'reserved-ceiling',
    property: 'ReservedConcurrency',
    behaviour:
      'Is a ceiling: beyond it an invocation is throttled (ReservedFunctionConcurrentInvocationLimitExceeded).',
    source: 'B',
  },
  () => {
    const fn = bounds(1_000, [claim('f', 2)]).get('f')!;
    expect([fn.enter(), fn.enter(), fn.enter()]).toEqual([
      null,
      null,
      'ReservedFunctionConcurrentInvocationLimitExceeded',
    ]);
    fn.leave();
    expect(fn.enter()).toBeNull();
  },
);

fact(
  {
    id: 'reserved-floor',
    property: 'ReservedConcurrency',
    behaviour: 'Is a floor: what a function reserves the others cannot take.',
    source: 'G',
  },
  () => {
    const functions = bounds(3, [claim('reserving', 2), claim('other')]);
    expect([functions.get('other')!.enter(), functions.get('other')!.enter()]).toEqual([
      null,
      'ConcurrentInvocationLimitExceeded',
    ]);
    expect([functions.get('reserving')!.enter(), functions.get('reserving')!.enter()]).toEqual([null, null]);
  },
);

fact(
  {
    id: 'unreserved-rest',
    property: 'ReservedConcurrency',
    behaviour: 'At least 100 of the account’s concurrency stay unreserved.',
    source: 'G',
  },
  async () => {
    const entry = (reservedConcurrency: number) => ({ ...kinesis(), settings: { reservedConcurrency } });
    expect((await functionsOf(entry(900)))[0]!.reservedConcurrency).toBe(900);
    expect(await refusalsOf(entry(901))).toEqual([refused]);
  },
);

fact(
  {
    id: 'account-concurrency',
    property: 'Concurrency',
    behaviour:
      'An account has 1,000 at a time; beyond them an invocation is throttled (ConcurrentInvocationLimitExceeded).',
    source: 'G',
    difference: '`custom.millrace.concurrency.account` says how many, 1,000 by default',
  },
  () => {
    const functions = bounds(2, [claim('f'), claim('g')]);
    expect([functions.get('f')!.enter(), functions.get('g')!.enter(), functions.get('f')!.enter()]).toEqual([
      null,
      null,
      'ConcurrentInvocationLimitExceeded',
    ]);
  },
);

fact(
  {
    id: 'scaling-rate',
    property: 'Concurrency',
    behaviour: 'A function gains at most 1,000 environments in 10 seconds.',
    source: 'D',
    difference: '`custom.millrace.concurrency.scalingPer10s` says how many, 1,000 by default',
  },
  () => {
    const fn = bounds(1_000, [claim('f')], 2).get('f')!;
    expect([fn.gain(0), fn.gain(9_000), fn.gain(9_999)]).toEqual([
      null,
      null,
      'ConcurrentInvocationLimitExceeded',
    ]);
    expect(fn.gain(10_000)).toBeNull();
  },
);

fact(
  {
    id: 'report-line',
    property: 'Logs',
    behaviour:
      'CloudWatch gets a REPORT line per invocation, with the init duration only for the first one of an environment.',
    source: 'G',
  },
  () =>
    withPool({}, {}, async (pool) => {
      const lines = [];
      for (let i = 0; i < 2; i++) lines.push((await pool.invoke({ payload: Buffer.from('{}') })).report);
      const line =
        /^REPORT RequestId: [0-9a-f-]{36} Duration: [\d.]+ ms Billed Duration: \d+ ms Memory Size: 128 MB Max Memory Used: \d+ MB/;
      for (const each of lines) expect(each).toMatch(line);
      expect(lines.map((each) => each.includes('Init Duration: '))).toEqual([true, false]);
    }),
);
