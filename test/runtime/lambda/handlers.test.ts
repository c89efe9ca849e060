/** Handlers as other people write them, each in a thread, unmodified. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { builtModule } from '../../../runtime/built-module.js';
import { tick } from '../../support/batches.js';
import { invocationOf } from '../../support/invocations.js';
import { LambdaEnvironment, lambdaSpec } from '../../support/lambda-environment.js';
import { poll } from '../../support/poll.js';
import { projectRoot } from '../../support/project-root.js';
import { typescriptProject } from '../../support/typescript-project.js';

const T = 1_700_000_041_234;
const open: LambdaEnvironment[] = [];

function environment(file: string, name?: string): LambdaEnvironment {
  const made = new LambdaEnvironment(lambdaSpec(file, name));
  open.push(made);
  return made;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((made) => made.close()));
});

const record = (payload: unknown, key = 'dev-1') => ({ arrivalTime: T, key, payload });

describe('async handlers', () => {
  test('CommonJS: what it answers decides over the batch, what it logs is structured', async () => {
    const made = environment('commonjs/readings.js');
    const batch = invocationOf('kinesis', [record({ v: 1 }), record({ fail: true }), record({ v: 3 })]);
    expect(await made.batch(batch)).toEqual({ kind: 'partial', failures: [41n] });
    await poll(() => made.lines.length > 0);
    expect(made.lines).toEqual([
      expect.objectContaining({
        level: 30,
        msg: 'Received 3 records',
        requestId: 'request-1',
        function: 'foreign',
      }),
    ]);
  });

  test('what it throws is the error', async () => {
    const failed = environment('commonjs/readings.js').batch(
      invocationOf('kinesis', [record({ poison: 1 })]),
    );
    await expect(failed).rejects.toMatchObject({
      name: 'TypeError',
      message: 'cannot digest this',
      stack: expect.stringContaining('readings.js'),
    });
  });

  test('it sees no ticks, and no batch of ticks', async () => {
    const made = environment('commonjs/readings.js');
    const records = [tick(T), record({ fail: true }), tick(T), record({ v: 1 })];
    expect(await made.batch(invocationOf('kinesis', records))).toEqual({ kind: 'partial', failures: [41n] });
    expect(await made.batch(invocationOf('kinesis', [tick(T), tick(T)]))).toEqual({ kind: 'success' });
    await poll(() => made.lines.length > 0);
    expect(made.lines).toHaveLength(1);
  });

  test.each([
    ['kinesis', 'stream'],
    ['kafka', 'topic'],
    ['sqs', 'queue'],
  ] as const)('a batch processor reports single records: %s', async (kind, name) => {
    const batch = invocationOf(kind, [record('good'), record('bad'), record('good'), record('bad')]);
    expect(await environment('esm/processor.js', name).batch(batch)).toEqual({
      kind: 'partial',
      failures: [41n, 43n],
    });
  });

  test('a promise that nothing can settle has failed', async () => {
    await expect(environment('esm/sums.mjs', 'pending').event({})).rejects.toMatchObject({
      name: 'Runtime.NodeJsExit',
    });
  });

  test.each([
    ['huge', 'Function.ResponseSizeTooLarge', /^Response payload size \(7340034 bytes\) exceeded maximum/],
    ['circular', 'Error', /^Unable to stringify response body$/],
    ['big', 'Error', /^Unable to stringify response body$/],
  ])('an answer that is none: %s', async (name, errorType, message) => {
    await expect(environment('esm/sums.mjs', name).event({})).rejects.toMatchObject({
      name: errorType,
      message: expect.stringMatching(message),
    });
  });
});

describe('callbacks', () => {
  test('wait for an empty event loop', async () => {
    expect(await environment('commonjs/callbacks.js', 'waits').event({ ms: 20 })).toEqual({
      open: ['timer'],
    });
  });

  test('do not wait when the handler says so, and leave the timer running', async () => {
    const made = environment('commonjs/callbacks.js', 'doesNotWait');
    expect(await made.event({})).toBe('answered');
    expect(await made.event({})).toBe('answered');
  });

  test('an error is answered at once', async () => {
    await expect(environment('commonjs/callbacks.js', 'failsAtOnce').event({})).rejects.toMatchObject({
      name: 'RangeError',
      message: 'out of it',
    });
  });

  test.each([
    ['twice', 'first'],
    ['never', null],
    ['returnsWithoutPromise', null],
    ['hashes', expect.stringMatching(/^[0-9a-f]{32}$/)],
  ])('%s', async (name, answer) => {
    expect(await environment('commonjs/callbacks.js', name).event({})).toEqual(answer);
  });

  test('what is thrown need be no error', async () => {
    await expect(environment('commonjs/callbacks.js', 'throws').event({})).rejects.toMatchObject({
      name: 'string',
      message: 'just a string',
    });
  });
});

test('the first runtime: context.done, succeed and fail', async () => {
  const file = 'commonjs/legacy.js';
  expect(await environment(file, 'done').event({ value: 1 })).toEqual({ value: 2 });
  expect(await environment(file, 'succeed').event({})).toBe('well');
  await expect(environment(file, 'fail').event({})).rejects.toMatchObject({ message: 'badly' });
  await expect(environment(file, 'failWithNothing').event({})).rejects.toMatchObject({ message: 'handled' });
});

test('a tumbling window hands its state on; the final invocation need not', async () => {
  const made = environment('esm/sums.mjs');
  const one = await made.batch(invocationOf('kinesis', [record({ n: 1 }), record({ n: 2 })], { window: {} }));
  expect(one).toEqual({ kind: 'success', state: '{"sum":3}' });
  const window = { state: '{"sum":3}' };
  expect(await made.batch(invocationOf('kinesis', [record({ n: 4 })], { window }))).toEqual({
    kind: 'success',
    state: '{"sum":7}',
  });
  expect(await made.batch(invocationOf('kinesis', [tick(T)], { window }))).toEqual({
    kind: 'success',
    ...window,
  });
  expect(await made.batch(invocationOf('kinesis', [], { window: { isFinal: true } }))).toEqual({
    kind: 'success',
  });
});

test('an answer without state fails in a tumbling window', async () => {
  const failed = environment('esm/sums.mjs', 'forgetful').batch(
    invocationOf('kinesis', [record({})], { window: {} }),
  );
  await expect(failed).rejects.toMatchObject({ code: 'WINDOW_STATE_MISSING' });
});

test('the context', async () => {
  const made = environment('commonjs/readings.js', 'identify');
  const client = { client: { installation_id: 'i' }, Custom: { a: 1 } };
  const { event, context, remaining } = (await made.event({ x: 1 }, JSON.stringify(client))) as {
    event: unknown;
    context: unknown;
    remaining: number;
  };
  expect(event).toEqual({ x: 1 });
  expect(context).toEqual({
    callbackWaitsForEmptyEventLoop: true,
    functionName: 'foreign',
    functionVersion: '$LATEST',
    invokedFunctionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:foreign',
    memoryLimitInMB: '256',
    awsRequestId: 'request-1',
    logGroupName: '/aws/lambda/foreign',
    logStreamName: expect.stringMatching(/^\d{4}\/\d\d\/\d\d\/\[\$LATEST\][0-9a-f]{32}$/),
    clientContext: client,
  });
  expect(Number.isInteger(remaining) && remaining > 0 && remaining <= 5_000).toBe(true);
});

test('the environment variables', async () => {
  const seen = (await environment('esm/sums.mjs', 'variables').event({})) as Record<string, string>;
  expect(seen).toMatchObject({
    _HANDLER: 'esm/sums.variables',
    TABLE: 'readings',
    AWS_LAMBDA_FUNCTION_NAME: 'foreign',
    _X_AMZN_TRACE_ID: expect.stringMatching(
      /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0$/,
    ),
  });
  expect(seen).not.toHaveProperty('JEST_WORKER_ID');
});

test('console becomes structured logs, at the level of its method', async () => {
  const made = environment('esm/sums.mjs', 'speaks');
  await made.event({});
  await poll(() => made.lines.length === 4);
  expect(made.lines).toMatchObject([
    { level: 20, msg: 'a detail' },
    { level: 30, message: { devices: 3 } },
    { level: 40, msg: 'careful: hot' },
    { level: 50, msg: 'too hot', err: { type: 'RangeError', stack: expect.any(String) } },
  ]);
  expect(made.lines.every(({ requestId }) => requestId === 'request-1')).toBe(true);
});

test('an HTTP request', async () => {
  const response = await environment('esm/sums.mjs', 'web').fetch({
    method: 'PUT',
    url: 'http://localhost:8080/devices/F%C3%BChler%203?x=1',
    headers: [['content-type', 'application/json']],
    body: Buffer.from('{"a":1}'),
    routeKey: 'PUT /devices/{id}',
  });
  expect({ ...response, body: Buffer.from(response.body).toString() }).toEqual({
    status: 201,
    headers: [
      ['x-device', 'Fühler 3'],
      ['content-type', 'text/plain;charset=UTF-8'],
      ['set-cookie', 'a=1; Secure'],
      ['set-cookie', 'b=2'],
    ],
    body: '{"path":"/devices/Fühler 3","body":"{\\"a\\":1}"}',
  });
});

test('a scheduled run', async () => {
  const ruleArn = 'arn:aws:events:eu-west-1:123456789012:rule/hourly';
  await environment('esm/sums.mjs', 'when').scheduled({ time: T, ruleArn, method: 'eventBus' });
});

describe('modules', () => {
  test.each([
    ['create', 'create 7'],
    ['orders.items.add', 'nested'],
  ])('CommonJS whose names no lexer finds: %s', async (name, answer) => {
    expect(await environment('commonjs/dynamic.js', name).event({ id: 7 })).toBe(answer);
  });

  test.each([
    ['commonjs/dynamic.js', 'update', /does not export 'update', only create, remove, orders, version$/],
    ['commonjs/dynamic.js', 'version', /'version' of .*dynamic.js is not a function$/],
    ['commonjs/nowhere.js', 'handler', /^there is no module .*nowhere.js$/],
  ])('%s has no %s', async (file, name, message) => {
    await expect(environment(file, name).event({})).rejects.toMatchObject({
      code: 'HANDLER_INVALID',
      message: expect.stringMatching(message),
      hint: expect.any(String),
    });
  });

  test("another project's TypeScript", async () => {
    const root = typescriptProject();
    const path = await builtModule(join(root, 'src/handler'), root);
    expect(path).toBe(join(root, '.millrace/build/src/handler.cjs'));
    const made = environment(path);
    expect(await made.event({ value: 212, unit: 'F' })).toEqual({
      celsius: 100,
      label: '°C',
      function: 'foreign',
    });
    await expect(made.event({ value: 1, unit: 'K' })).rejects.toMatchObject({
      name: 'UnknownUnit',
      stack: expect.stringContaining('src/convert.ts:'),
    });
    const module = await builtModule(join(root, 'src/module'), root);
    expect(await environment(module).event({})).toEqual({ ready: 'awaited at the top', label: '°C' });
  });

  test('TypeScript that cannot be built, and modules that are missing, are named', async () => {
    const root = typescriptProject();
    await expect(builtModule(join(root, 'src/broken'), root)).rejects.toMatchObject({
      code: 'HANDLER_INVALID',
      message: expect.stringMatching(/src\/broken\.ts cannot be built:[\s\S]*src\/broken\.ts:1:/),
    });
    await expect(builtModule(join(root, 'src/none'), root)).rejects.toMatchObject({
      code: 'HANDLER_INVALID',
    });
  });

  test("another project's JavaScript is imported as it is", async () => {
    const root = typescriptProject();
    cpSync(join(projectRoot, 'test/support/handlers/esm'), join(root, 'esm'), { recursive: true });
    expect(await builtModule(join(root, 'esm/sums'), root)).toBe(join(root, 'esm/sums.mjs'));
  });
});
