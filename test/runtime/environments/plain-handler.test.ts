import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pino from 'pino';
import type { FunctionPool } from '../../../runtime/environments/invocation.js';
import type { EnvironmentSpec } from '../../../runtime/environments/protocol.js';
import { openPools } from '../../support/environments.js';
import { dist } from '../../support/function-batches.js';
import { poll } from '../../support/poll.js';

const { open, closeAll } = openPools();
afterAll(closeAll);

const isolations: EnvironmentSpec['isolation'][] = ['worker', 'process'];
const plain = (isolation: EnvironmentSpec['isolation'], overrides: Partial<EnvironmentSpec> = {}) => ({
  isolation,
  functionName: 'plain',
  modulePath: join(dist, 'test/support/functions/plain.js'),
  ...overrides,
});

async function tell(pool: FunctionPool, what: string): Promise<unknown> {
  const result = await pool.invoke({ payload: Buffer.from(JSON.stringify({ do: what })) });
  if (result.kind === 'error') throw new Error(result.error.message);
  return JSON.parse(Buffer.from(result.payload).toString());
}

describe.each(isolations)('isolation %s', (isolation) => {
  test('between invocations nothing of a handler runs; in the next one it goes on', async () => {
    const pool = open(plain(isolation));
    await tell(pool, 'tick');
    await wait(300);
    const { found, now } = (await tell(pool, 'ticks')) as { found: number; now: number };
    // 300 ms are 150 ticks for whoever is not frozen; on the way in and out a few may pass.
    expect(found).toBeLessThan(50);
    expect(now).toBeGreaterThan(found);
    await pool.close();
  });

  test("its variables are Lambda's and its own, and none of the host's", async () => {
    process.env.MILLRACE_TEST_SECRET = 'of the host';
    const pool = open(plain(isolation, { environment: { TABLE: 'things' } }));
    const variables = (await tell(pool, 'variables')) as Record<string, string>;
    expect(variables).toMatchObject({
      TABLE: 'things',
      AWS_LAMBDA_FUNCTION_NAME: 'plain',
      AWS_REGION: 'eu-west-1',
    });
    expect(variables).not.toHaveProperty('MILLRACE_TEST_SECRET');
    delete process.env.MILLRACE_TEST_SECRET;
  });

  test('a direct invocation has its answer or its error, a request id and a REPORT line', async () => {
    const pool = open(plain(isolation, { memoryMB: 256 }));
    const good = await pool.invoke({ payload: Buffer.from('{"do":"pid"}') });
    expect(good.report).toMatch(
      /^REPORT RequestId: \S{36} Duration: .* Memory Size: 256 MB Max Memory Used: [1-9]\d* MB Init Duration: /,
    );
    expect(good.report).toContain(good.requestId);
    const bad = await pool.invoke({ payload: Buffer.from('{}') });
    expect(bad).toMatchObject({ kind: 'error', error: { message: 'told nothing sensible' } });
    expect(bad.report).not.toContain('Init');
    expect(pool.stats).toMatchObject({ invocations: 2, errors: 1, coldStarts: 1 });
  });
});

test('a frozen process is really stopped, and ends with its pool', async () => {
  const pool = open(plain('process'));
  const pid = (await tell(pool, 'pid')) as number;
  const state = () => /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  await poll(() => state() === 'T');
  await pool.close();
  expect(state).toThrow('ENOENT');
});

test('a provisioned environment is warm before it is asked', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => void lines.push(line) });
  const pool = open(plain('worker'), { provisionedConcurrency: 1, log });
  await pool.warmUp();
  const variables = (await tell(pool, 'variables')) as Record<string, string>;
  expect(variables.AWS_LAMBDA_INITIALIZATION_TYPE).toBe('provisioned-concurrency');
  expect(lines.filter((line) => line.includes('REPORT RequestId'))).toHaveLength(1);
});
