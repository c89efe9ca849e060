import { join } from 'node:path';
import type { EnvironmentSpec } from '../../../runtime/environments/protocol.js';
import { openPools } from '../../support/environments.js';
import { dist, ordering } from '../../support/function-batches.js';
import { poll } from '../../support/poll.js';

const { open, reports, closeAll } = openPools();
const run = {
  time: 1_234,
  ruleArn: 'arn:aws:events:eu-west-1:123456789012:rule/r',
  method: 'eventBus',
} as const;

beforeEach(() => {
  reports.length = 0;
});
afterAll(closeAll);

describe.each<EnvironmentSpec['isolation']>(['worker', 'process'])('isolation %s', (isolation) => {
  test('each batch of a round has its own outcome', async () => {
    const pool = open({ isolation });
    const outcomes = await Promise.all([
      pool.processBatch(ordering('ok', 'fail', 'ok')),
      pool.processBatch(ordering('throw')),
      pool.processBatch(ordering('ok')),
    ]);
    expect(outcomes[0]).toMatchObject({ kind: 'partial', failures: [8n] });
    expect(outcomes[1]).toMatchObject({
      kind: 'error',
      error: { name: 'TypeError', message: 'told to throw', functionName: 'misbehaving' },
    });
    expect(outcomes[2]).toEqual({ kind: 'success' });
    expect(pool.stats).toMatchObject({ invocations: 3, errors: 1, lastError: 'told to throw' });
  });

  test('an environment stays warm between invocations', async () => {
    const warm = open({ isolation });
    await warm.processBatch(ordering('count'));
    await warm.processBatch(ordering('count'));
    expect(reports).toEqual(['invocation 1', 'invocation 2']);
    expect(warm.stats.coldStarts).toBe(1);
    expect(warm.stats.recentColdStarts).toHaveLength(1);
  });

  test.each([
    ['an endless loop', 'hang', 'FUNCTION_TIMEOUT', { timeoutMs: 300 }],
    ['process.exit', 'exit', 'FUNCTION_EXITED', {}],
    ['a crash', 'crash', 'FUNCTION_CRASHED', {}],
    ['running out of memory', 'hoard', 'FUNCTION_OUT_OF_MEMORY', { memoryMB: 64, timeoutMs: 60_000 }],
  ])(
    '%s fails the invocation, and the next one finds a fresh environment',
    async (_, order, code, overrides) => {
      const hurt = open({ isolation, ...overrides });
      const outcome = await hurt.processBatch(ordering(order));
      expect(outcome).toMatchObject({ kind: 'error', error: { code, canRetry: true } });
      await hurt.processBatch(ordering('count'));
      expect(reports).toEqual(['invocation 1']);
      expect(hurt.stats.coldStarts).toBe(2);
    },
    90_000,
  );

  test('a batch that overruns is a timeout; those before it keep their outcomes, those after it are run', async () => {
    const pool = open({ isolation, timeoutMs: 400 });
    const outcomes = await Promise.all(
      ['throw', 'fail', 'hang', 'count'].map((order) => pool.processBatch(ordering(order))),
    );
    expect(outcomes).toMatchObject([
      { kind: 'error', error: { message: 'told to throw' } },
      { kind: 'partial', failures: [7n] },
      { kind: 'error', error: { message: 'Task timed out after 0.40 seconds' } },
      { kind: 'success' },
    ]);
    expect(reports).toEqual(['invocation 1']);
    expect(pool.stats.timeouts).toBe(1);
  });

  test('batches that together take longer than the timeout are none', async () => {
    const pool = open({ isolation, timeoutMs: 500 });
    await pool.warmUp();
    const outcomes = await Promise.all([1, 2, 3].map(() => pool.processBatch(ordering('spin 250'))));
    expect(outcomes.map(({ kind }) => kind)).toEqual(['success', 'success', 'success']);
  });

  test('scheduled runs and HTTP requests reach the function', async () => {
    const made = open({ isolation });
    await made.scheduled(run);
    expect(reports).toEqual(['scheduled 1234']);
    const answer = await made.fetch({
      method: 'POST',
      url: 'http://localhost/devices/x?y=1',
      headers: [['content-type', 'text/plain']],
      body: Buffer.from('body'),
    });
    expect(answer.status).toBe(201);
    expect(answer.headers).toContainEqual(['x-made-by', 'misbehaving']);
    expect(Buffer.from(answer.body).toString()).toBe('POST /devices/x body');
  });

  test('a module without create, or none at all, fails the start with a reason', async () => {
    const missing = open({ isolation, modulePath: join(dist, 'no/such/module.js') });
    await expect(missing.warmUp()).rejects.toThrow('no/such/module.js');
    const wrong = open({ isolation, modulePath: join(dist, 'common/errors.js') });
    await expect(wrong.warmUp()).rejects.toMatchObject({ code: 'HANDLER_INVALID' });
    await expect(wrong.processBatch(ordering('ok'))).resolves.toMatchObject({
      kind: 'error',
      error: { code: 'HANDLER_INVALID' },
    });
  });

  test('an environment that ends between invocations is replaced', async () => {
    const unsteady = open({ isolation });
    await unsteady.processBatch(ordering('late'));
    await poll(async () => {
      await unsteady.processBatch(ordering('count'));
      return unsteady.stats.coldStarts === 2 && reports.length > 0;
    });
  });
});

test('inline runs the function here, and says what that means', async () => {
  const pool = open({ isolation: 'inline' });
  const outcomes = await Promise.all([
    pool.processBatch(ordering('fail')),
    pool.processBatch(ordering('count')),
  ]);
  expect(outcomes).toMatchObject([{ kind: 'partial', failures: [7n] }, { kind: 'success' }]);
  expect(reports).toEqual(['invocation 2']);
});
