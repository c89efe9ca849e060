import { join } from 'node:path';
import type { Environment, PlatformHost } from '../../../runtime/environments/environment.js';
import type { EnvironmentSpec } from '../../../runtime/environments/protocol.js';
import type { Batch } from '../../../streams/batch.js';
import { FrameWriter, RecordKind } from '../../../streams/record.js';
import { poll } from '../../support/poll.js';
import { temporaryDirectory } from '../../support/product.js';
import { projectRoot } from '../../support/project-root.js';

// The thread runs from the built tree, so its host has to as well.
const dist = join(projectRoot, 'dist');
const { createEnvironment } = (await import(
  join(dist, 'runtime/environments/environment.js')
)) as typeof import('../../../runtime/environments/environment.js');

const reports: string[] = [];
const open: Environment[] = [];
const platform: PlatformHost = async (call) => {
  if (call.method === 'publish') {
    for (const { payload } of call.messages) reports.push(Buffer.from(payload).toString());
  }
};

function environment(overrides: Partial<EnvironmentSpec> = {}): Environment {
  const spec: EnvironmentSpec = {
    functionName: 'misbehaving',
    functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:misbehaving',
    handler: 'test/support/functions/misbehaving.handler',
    handlerExport: 'handler',
    runtime: 'nodejs20.x',
    region: 'eu-west-1',
    isolation: 'worker',
    initializationType: 'on-demand',
    modulePath: join(dist, 'test/support/functions/misbehaving.js'),
    settings: {} as EnvironmentSpec['settings'],
    storesDirectory: temporaryDirectory(),
    timeoutMs: 5_000,
    memoryMB: 128,
    environment: {},
    logLevel: 'silent',
    nice: 0,
    ...overrides,
  };
  const made = createEnvironment(spec, platform);
  open.push(made);
  return made;
}

/** A batch whose records tell the function what to do. */
function batch(...orders: string[]): Batch {
  const writer = new FrameWriter();
  for (const order of orders) {
    writer.write({ kind: RecordKind.acknowledged, arrivalTime: 0, key: 'k', value: Buffer.from(order) });
  }
  return { stream: 's', partition: 2, baseOffset: 7n, count: orders.length, frames: writer.take() };
}

beforeEach(() => {
  reports.length = 0;
});

afterAll(async () => {
  await Promise.all(open.map((made) => made.close()));
});

test('each batch of a round has its own outcome', async () => {
  const outcomes = await environment().process([batch('ok', 'fail', 'ok'), batch('throw'), batch('ok')]);
  expect(outcomes[0]).toEqual({ failures: [8n] });
  expect(outcomes[1]).toMatchObject({ error: { name: 'TypeError', message: 'told to throw' } });
  expect(outcomes[2]).toEqual({ failures: [] });
});

test('an environment stays warm between invocations', async () => {
  const warm = environment();
  await warm.process([batch('count')]);
  await warm.process([batch('count')]);
  expect(reports).toEqual(['invocation 1', 'invocation 2']);
  expect(warm.coldStarts).toHaveLength(1);
});

test.each([
  ['an endless loop', 'hang', 'FUNCTION_TIMEOUT', { timeoutMs: 300 }],
  ['process.exit', 'exit', 'FUNCTION_EXITED', {}],
  ['running out of memory', 'hoard', 'FUNCTION_OUT_OF_MEMORY', { memoryMB: 64 }],
])(
  '%s fails the invocation, and the next one finds a fresh environment',
  async (_, order, code, overrides) => {
    const hurt = environment(overrides);
    await expect(hurt.process([batch(order)])).rejects.toMatchObject({ code, canRetry: true });
    await hurt.process([batch('count')]);
    expect(reports).toEqual(['invocation 1']);
    expect(hurt.coldStarts).toHaveLength(2);
  },
  30_000,
);

test('a timeout says so in the words people search their logs for', async () => {
  await expect(environment({ timeoutMs: 250 }).process([batch('hang')])).rejects.toThrow(
    'Task timed out after 0.25 seconds',
  );
});

test('a thread that ends between invocations is replaced', async () => {
  const unsteady = environment();
  await unsteady.process([batch('late')]);
  await poll(async () => {
    await unsteady.process([batch('count')]).catch(() => undefined);
    return unsteady.coldStarts.length === 2 && reports.length > 0;
  });
});

test('scheduled runs and HTTP requests reach the function', async () => {
  const made = environment();
  await made.scheduled(1_234);
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
  const missing = environment({ modulePath: join(dist, 'no/such/module.js') });
  await expect(missing.start()).rejects.toThrow('no/such/module.js');
  const wrong = environment({ modulePath: join(dist, 'common/errors.js') });
  await expect(wrong.start()).rejects.toMatchObject({ code: 'HANDLER_INVALID' });
});
