/**
 * HTTP by the straight path and by Lambda's: the same requests to the query function as Fetch requests and, as HTTP
 * API events through the runner of plain handlers, to its exported handler.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { create } from '../../functions/query/handler.js';
import type { HttpRequest } from '../../runtime/environments/protocol.js';
import { createLambdaRunner } from '../../runtime/lambda/runner.js';
import { lambdaSpec } from '../support/lambda-environment.js';
import { sampleData } from '../support/query-data.js';
import { queryPlatform } from '../support/query-platform.js';
import { testContext } from '../support/stream-function.js';

const platform = queryPlatform(sampleData());

async function direct({ url, method, headers }: HttpRequest) {
  const { fetch } = await create(platform);
  const request = new Request(url, { method, headers: headers.map(([name, value]) => [name, value]) });
  const response = await fetch!(request, testContext);
  return summary(response.status, [...response.headers], new Uint8Array(await response.arrayBuffer()));
}

async function viaLambda(request: HttpRequest) {
  const spec = { ...lambdaSpec('handler.js'), isolation: 'inline' as const };
  const runner = createLambdaRunner(
    lambdaHandler(create, () => platform),
    spec,
    platform.log,
  );
  const info = { requestId: 'test', deadline: performance.now() + 30_000 };
  const { status, headers, body } = await runner.fetch(request, info);
  return summary(status, headers, body);
}

function summary(status: number, headers: readonly (readonly [string, string])[], body: Uint8Array) {
  return { status, headers: Object.fromEntries(headers), body: Buffer.from(body).toString('base64') };
}

test.each([
  ['/devices?limit=1', []],
  ['/devices/nobody%20%C3%BC', []],
  ['/devices/100%25', []],
  ['/devices/a%3Fb%23c', []],
  ['/devices?limit=x', []],
  ['/alerts', [['accept', 'application/json']]],
  ['/accounting', []],
  ['/openapi.json', []],
  ['/', []],
  ['/nowhere', []],
] as [string, [string, string][]][])('%s', async (path, headers) => {
  const request = { method: 'GET', url: `https://api.example.org${path}`, headers, body: null };
  expect(await viaLambda(request)).toEqual(await direct(request));
});
