import { ThrottledError } from '../../../runtime/environments/failures.js';
import type { DirectInvocation, DirectResult } from '../../../runtime/environments/invocation.js';
import type { SerializedError } from '../../../runtime/environments/protocol.js';
import { invocationRoutes } from '../../../runtime/http/invocation-routes.js';
import type { Json } from '../../support/json.js';

const access = { loopback: true, remote: false };
const told = { requestId: 'r-1', report: 'REPORT RequestId: r-1' };
const answer = (payload: string): DirectResult => ({
  ...told,
  kind: 'success',
  payload: Buffer.from(payload),
});

function routes(invoke: (invocation: DirectInvocation) => Promise<DirectResult>, allowed = access) {
  const queued: [name: string, requestId: string, payload: string][] = [];
  const app = invocationRoutes({
    access: allowed,
    poolOf: (name) => (name === 'greet' ? { invoke } : undefined),
    async enqueue(name, requestId, payload) {
      queued.push([name, requestId, Buffer.from(payload).toString()]);
    },
  });
  const post = (body: string, headers: Record<string, string> = {}, name = 'greet', host = '127.0.0.1') =>
    app.request(`http://${host}:8080/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
    });
  return { post, queued };
}

const echo = async ({ payload }: DirectInvocation) => answer(Buffer.from(payload).toString());
const never = async () => {
  throw new Error('it was invoked');
};

test('the answer is the function’s own', async () => {
  const response = await routes(echo).post('{"name":"Ada"}', { 'x-amz-log-type': 'Tail' });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ name: 'Ada' });
  expect(response.headers.get('x-amz-executed-version')).toBe('$LATEST');
  expect(response.headers.get('x-amzn-requestid')).toBe('r-1');
  expect(response.headers.get('x-amz-function-error')).toBeNull();
  expect(Buffer.from(response.headers.get('x-amz-log-result')!, 'base64').toString()).toBe(told.report);
});

test('without an event the function gets an empty object; the client context comes along', async () => {
  let got: DirectInvocation | undefined;
  await routes(async (invocation) => {
    got = invocation;
    return answer('null');
  }).post('', { 'x-amz-client-context': Buffer.from('{"custom":1}').toString('base64') });
  expect(Buffer.from(got!.payload).toString()).toBe('{}');
  expect(got!.clientContext).toBe('{"custom":1}');
});

const fails = (error: Partial<SerializedError>) => async (): Promise<DirectResult> => ({
  ...told,
  kind: 'error',
  error: {
    name: 'Error',
    message: '',
    stack: undefined,
    code: undefined,
    canRetry: false,
    hint: undefined,
    ...error,
  },
});

test('what the function threw has Lambda’s shape, in a 200', async () => {
  const { post } = routes(
    fails({ name: 'RangeError', message: 'too far', stack: 'RangeError: too far\n    at there' }),
  );
  const response = await post('{}');
  expect(response.status).toBe(200);
  expect(response.headers.get('x-amz-function-error')).toBe('Unhandled');
  expect(await response.json()).toEqual({
    errorType: 'RangeError',
    errorMessage: 'too far',
    trace: ['RangeError: too far', '    at there'],
  });
});

test('what ended the environment has the type that Lambda gives it, and no trace of ours', async () => {
  const message = 'Task timed out after 3.00 seconds';
  const { post } = routes(fails({ code: 'FUNCTION_TIMEOUT', message, stack: 'at our own' }));
  expect(await (await post('{}')).json()).toEqual({
    errorType: 'Sandbox.Timedout',
    errorMessage: message,
    trace: [],
  });
});

test('an asynchronous invocation is queued, and answered before it happens', async () => {
  const { post, queued } = routes(never);
  const response = await post('{"a":1}', { 'x-amz-invocation-type': 'Event' });
  expect([response.status, await response.text()]).toEqual([202, '']);
  expect(queued).toEqual([['greet', response.headers.get('x-amzn-requestid'), '{"a":1}']]);
});

test('a dry run happens not at all', async () => {
  const { post, queued } = routes(never);
  expect((await post('{}', { 'x-amz-invocation-type': 'DryRun' })).status).toBe(204);
  expect(queued).toEqual([]);
});

test.each([
  ['greet:$LATEST', 200],
  ['123456789012:function:greet', 200],
  ['arn:aws:lambda:eu-west-1:123456789012:function:greet', 200],
  ['arn:aws:lambda:eu-west-1:123456789012:function:greet:$LATEST', 200],
  ['greet:7', 404],
  ['nobody', 404],
])('%s is answered with %i', async (name, status) => {
  const response = await routes(echo).post('{}', {}, name);
  expect(response.status).toBe(status);
  if (status === 404) expect(response.headers.get('x-amzn-errortype')).toBe('ResourceNotFoundException');
});

test('a throttled function is answered with 429', async () => {
  const { post } = routes(async () => {
    throw new ThrottledError('greet', 'ReservedFunctionConcurrentInvocationLimitExceeded');
  });
  const response = await post('{}');
  expect(response.status).toBe(429);
  expect(response.headers.get('x-amzn-errortype')).toBe('TooManyRequestsException');
  expect(await response.json()).toMatchObject({
    Reason: 'ReservedFunctionConcurrentInvocationLimitExceeded',
    Type: 'User',
  });
});

test('events that are no JSON, or too large for their kind of invocation, are refused', async () => {
  const { post } = routes(never);
  const invalid = await post('{"a":');
  expect([invalid.status, invalid.headers.get('x-amzn-errortype')]).toEqual([
    400,
    'InvalidRequestContentException',
  ]);
  expect((await post(JSON.stringify('x'.repeat(6 << 20)))).status).toBe(413);
  const large = JSON.stringify('x'.repeat(1 << 20));
  expect((await post(large, { 'x-amz-invocation-type': 'Event' })).status).toBe(413);
});

describe('a browser on this machine shows a page that', () => {
  test('posts a form here: refused', async () => {
    const response = await routes(never).post('{}', { 'content-type': 'text/plain' });
    expect([response.status, ((await response.json()) as Json).code]).toEqual([403, 'CONTROL_CROSS_SITE']);
  });

  test('is another site: refused, whatever it sends', async () => {
    expect((await routes(never).post('{}', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  test('rebound its own name to this machine: refused', async () => {
    const response = await routes(never).post('{}', {}, 'greet', 'rebound.example');
    expect([response.status, ((await response.json()) as Json).code]).toEqual([403, 'CONTROL_HOST']);
  });
});

test('AWS’ tools send no JSON content type, but headers that no form can have', async () => {
  const { post } = routes(echo);
  const signed = { 'content-type': 'application/octet-stream', authorization: 'AWS4-HMAC-SHA256 x' };
  expect((await post('{}', signed)).status).toBe(200);
  const unsigned = { 'content-type': 'application/octet-stream', 'amz-sdk-invocation-id': 'x' };
  expect((await post('{}', unsigned)).status).toBe(200);
});

test('a deployment that others can reach is controlled by nobody, unless the settings say so', async () => {
  const refused = await routes(never, { loopback: false, remote: false }).post('{}');
  expect([refused.status, ((await refused.json()) as Json).code]).toEqual([403, 'CONTROL_REMOTE']);
  const allowed = routes(echo, { loopback: false, remote: true });
  expect((await allowed.post('{}', {}, 'greet', 'gateway.example')).status).toBe(200);
});
