/** `millrace invoke`, `millrace functions` and the HTTP routes behind them, against a running product. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FunctionsReport } from '../../runtime/function-report.js';
import { type CommandResult, command } from '../support/command.js';
import { freePorts } from '../support/free-ports.js';
import { poll } from '../support/poll.js';
import { type Product, startProduct, temporaryDirectory } from '../support/product.js';
import { copyProject } from '../support/project-copy.js';
import { readerOf } from '../support/reader.js';

/** A handler as anybody writes one. */
const HANDLER = `
const { writeFileSync } = require('node:fs');
exports.greet = async (event, context) => {
  if (event.fail) throw new RangeError(event.fail);
  if (event.file) writeFileSync(event.file, JSON.stringify({ requestId: context.awsRequestId }));
  return { hello: event.name ?? 'nobody', version: context.functionVersion };
};
`;

let product: Product;
let config: string;

beforeAll(async () => {
  const project = copyProject({
    'functions.greet': { handler: 'handlers/greet.greet', memorySize: 128, timeout: 3 },
  });
  config = project.config;
  mkdirSync(join(project.root, 'handlers'));
  writeFileSync(join(project.root, 'handlers', 'greet.cjs'), HANDLER);
  product = await startProduct({ args: project.args });
}, 60_000);

const invoke = (args: readonly string[], input?: string): Promise<CommandResult> =>
  command(['invoke', ...args, '--http', product.httpUrl], input);

test('invoke prints the answer, and the REPORT line beside it', async () => {
  const { code, stdout, stderr } = await invoke(['greet', '--event', '-'], '{"name":"Ada"}');
  expect(JSON.parse(stdout)).toEqual({ hello: 'Ada', version: '$LATEST' });
  expect(stderr).toMatch(/^REPORT RequestId: [-0-9a-f]{36} Duration: .* Memory Size: 128 MB/);
  expect(code).toBe(0);
});

test('invoke reads the event from a file; without one it is empty', async () => {
  const file = join(temporaryDirectory(), 'event.json');
  writeFileSync(file, '{"name":"Bob"}');
  expect(JSON.parse((await invoke(['greet', '--event', file])).stdout)).toMatchObject({ hello: 'Bob' });
  expect(JSON.parse((await invoke(['greet'])).stdout)).toMatchObject({ hello: 'nobody' });
});

test('invoke --local needs no deployment, and leaves the data to the next one', async () => {
  const dataDir = temporaryDirectory();
  const local = (...args: string[]) =>
    command(['invoke', 'greet', '--local', '--config', config, '--data-dir', dataDir, ...args]);
  expect(JSON.parse((await local()).stdout)).toMatchObject({ hello: 'nobody' });
  expect(JSON.parse((await local()).stdout)).toMatchObject({ hello: 'nobody' });
  const { code, stderr } = await local('--async');
  expect([code, stderr]).toEqual([1, expect.stringContaining('[FLAGS_CONTRADICT]')]);
}, 30_000);

test('invoke --local beside a running deployment says who has the data', async () => {
  const taken = ['invoke', 'greet', '--local', '--config', config, '--data-dir', product.dataDir];
  const { code, stderr } = await command(taken);
  expect([code, stderr]).toEqual([1, expect.stringContaining('DATA_DIR_LOCKED')]);
}, 30_000);

test('invoke ends with 1 when the function fails, and prints Lambda’s error', async () => {
  const { code, stdout } = await invoke(['greet', '--event', '-'], '{"fail":"too far"}');
  expect(JSON.parse(stdout)).toMatchObject({
    errorType: 'RangeError',
    errorMessage: 'too far',
    trace: expect.arrayContaining([expect.stringContaining('greet.cjs')]),
  });
  expect(code).toBe(1);
});

test('invoke runs Millrace’s own functions by Lambda’s events', async () => {
  const event = { time: new Date().toISOString(), source: 'aws.events', 'detail-type': 'Scheduled Event' };
  const { code, stdout, stderr } = await invoke(['rollup', '--event', '-'], JSON.stringify(event));
  expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: 'null\n' });
});

test('invoke --async queues the event, and it happens', async () => {
  const file = join(temporaryDirectory(), 'done.json');
  const { code, stdout } = await invoke(['greet', '--async', '--event', '-'], JSON.stringify({ file }));
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  const done = await poll(() => JSON.parse(readFileSync(file, 'utf8')), { what: 'the function’s effect' });
  expect(done.requestId).toMatch(/^[-0-9a-f]{36}$/);
});

test('invoke says what it cannot do', async () => {
  const unknown = await invoke(['nobody']);
  expect(unknown).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining('Function not found: nobody'),
  });
  const invalid = await invoke(['greet', '--event', '-'], '{"a":');
  expect(invalid).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('EVENT_INVALID') });
  const [port] = await freePorts(1);
  const nothing = await command(['invoke', 'greet', '--http', `http://127.0.0.1:${port}`]);
  expect(nothing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('NOT_RUNNING') });
});

test('a page in a browser of this machine cannot invoke', async () => {
  const response = await fetch(`${product.httpUrl}/2015-03-31/functions/greet/invocations`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'text/plain' },
  });
  expect(response.status).toBe(403);
});

test('functions lists what runs', async () => {
  await invoke(['greet']);
  const table = await command(['functions', '--http', product.httpUrl]);
  expect(table.code).toBe(0);
  expect(table.stdout).toMatch(/^greet +handlers\/greet\.greet +worker +128 MB +3 s +0 busy, \d of \d/m);
  expect(table.stdout).toMatch(/^alert .* kinesis telemetry$/m);
  const json = await command(['functions', '--json', '--http', product.httpUrl]);
  const report = JSON.parse(json.stdout) as FunctionsReport;
  const greet = report.functions.find(({ name }) => name === 'greet')!;
  expect(report.running).toBe(true);
  expect(greet.activity).toMatchObject({
    errors: expect.any(Number),
    throttles: 0,
    coldStarts: expect.any(Number),
  });
  expect(greet.activity!.invocations).toBeGreaterThan(0);
});

test('functions shows the file alone when nothing runs, and says so', async () => {
  const [port] = await freePorts(1);
  const { code, stdout, stderr } = await command([
    'functions',
    '--http',
    `http://127.0.0.1:${port}`,
    '--config',
    config,
  ]);
  expect(code).toBe(0);
  expect(stderr).toContain('nothing runs');
  expect(stdout).toMatch(/^greet +handlers\/greet\.greet .* at most \d/m);
});

test('metrics carry Lambda’s names', async () => {
  await invoke(['greet']);
  const { metric } = readerOf(product);
  for (const name of ['invocations_total', 'cold_starts_total', 'duration_seconds_count']) {
    expect(await metric(`millrace_function_${name}{function="greet"}`)).toBeGreaterThan(0);
  }
  expect(await metric('millrace_function_throttles_total{function="greet"}')).toBe(0);
  expect(await metric('millrace_function_concurrent_executions{function="greet"}')).toBe(0);
  expect(
    await metric('millrace_function_duration_seconds_bucket{function="greet",le="+Inf"}'),
  ).toBeGreaterThan(0);
  expect(await metric('millrace_function_iterator_age_seconds{function="alert"}')).toBeGreaterThanOrEqual(0);
});
