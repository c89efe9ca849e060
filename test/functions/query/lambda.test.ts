/** The query function in Lambda's clothes: the same answers through an HTTP API event, payload version 2. */
import { lambdaHandler } from '../../../adapters/aws/lambda.js';
import { create } from '../../../functions/query/handler.js';
import { sampleData } from '../../support/query-data.js';
import { queryPlatform } from '../../support/query-platform.js';

const handler = lambdaHandler(create, () => queryPlatform(sampleData()));
const invoke = (rawPath: string, rawQueryString = '', headers: Record<string, string> = {}) =>
  handler(
    {
      version: '2.0',
      rawPath,
      rawQueryString,
      headers,
      requestContext: { domainName: 'api.example.org', http: { method: 'GET' }, stage: '$default' },
    },
    { functionName: 'query', awsRequestId: '1', getRemainingTimeInMillis: () => 1000 },
  );

test('data, problems, 304 and the page', async () => {
  const devices = (await invoke('/devices', 'limit=1')) as { headers: Record<string, string>; body: string };
  expect(devices).toMatchObject({ statusCode: 200, isBase64Encoded: false });
  expect(JSON.parse(devices.body).items).toHaveLength(1);
  const again = await invoke('/devices', 'limit=1', { 'if-none-match': devices.headers.etag! });
  expect(again).toMatchObject({ statusCode: 304 });
  expect(await invoke('/devices', 'limit=x')).toMatchObject({
    statusCode: 400,
    headers: { 'content-type': 'application/problem+json' },
  });
  const groups = (await invoke('/aggregations/by-site/windows', 'key=site%3Dnorth')) as { body: string };
  expect(JSON.parse(groups.body).items).toHaveLength(2);
  const feed = (await invoke('/windows/changes', 'since=latest')) as { body: string };
  expect(JSON.parse(feed.body)).toMatchObject({ items: [], more: false });
  expect(await invoke('/')).toMatchObject({
    statusCode: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
  });
});
