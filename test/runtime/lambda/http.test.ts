import type { HttpRequest } from '../../../runtime/environments/protocol.js';
import { httpResponseOf, internalServerError } from '../../../runtime/lambda/http-answer.js';
import { httpEvent } from '../../../runtime/lambda/http-event.js';

const facts = {
  requestId: 'request-1',
  accountId: '123456789012',
  time: Date.UTC(2020, 2, 12, 19, 3, 58, 390),
};

function eventOf(given: Partial<HttpRequest> = {}) {
  const request = { method: 'GET', url: 'http://localhost/', headers: [], body: null, ...given };
  return httpEvent(request, facts);
}

describe('a request as an event', () => {
  test('every field', () => {
    const event = eventOf({
      method: 'POST',
      url: 'http://127.0.0.1:8080/my/caf%C3%A9/a/b?one=1&two=a%20b&one=3',
      headers: [
        ['Host', 'id.example.com'],
        ['User-Agent', 'agent'],
        ['X-Twice', 'a'],
        ['x-twice', 'b'],
        ['Cookie', 'c1=1; c2=2'],
        ['Content-Type', 'application/json; charset=utf-8'],
      ],
      body: Buffer.from('{"ü":1}'),
      routeKey: 'POST /my/{name}/{rest+}',
      sourceIp: '192.0.2.1',
    });
    expect(event).toStrictEqual({
      version: '2.0',
      routeKey: 'POST /my/{name}/{rest+}',
      rawPath: '/my/café/a/b',
      rawQueryString: 'one=1&two=a%20b&one=3',
      cookies: ['c1=1', 'c2=2'],
      headers: {
        host: 'id.example.com',
        'user-agent': 'agent',
        'x-twice': 'a,b',
        'content-type': 'application/json; charset=utf-8',
      },
      queryStringParameters: { one: '1,3', two: 'a b' },
      requestContext: {
        accountId: '123456789012',
        apiId: 'millrace',
        domainName: 'id.example.com',
        domainPrefix: 'id',
        http: {
          method: 'POST',
          path: '/my/café/a/b',
          protocol: 'HTTP/1.1',
          sourceIp: '192.0.2.1',
          userAgent: 'agent',
        },
        requestId: 'request-1',
        routeKey: 'POST /my/{name}/{rest+}',
        stage: '$default',
        time: '12/Mar/2020:19:03:58 +0000',
        timeEpoch: facts.time,
      },
      pathParameters: { name: 'café', rest: 'a/b' },
      body: '{"ü":1}',
      isBase64Encoded: false,
    });
  });

  test('what is not there is absent', () => {
    const event = eventOf();
    expect(event).toMatchObject({
      routeKey: '$default',
      rawQueryString: '',
      headers: {},
      isBase64Encoded: false,
    });
    for (const field of ['cookies', 'queryStringParameters', 'pathParameters', 'body']) {
      expect(event).not.toHaveProperty(field);
    }
  });

  test.each([
    ['text/plain', undefined, false],
    ['application/vnd.api+json', undefined, false],
    ['application/xml', undefined, false],
    ['application/x-www-form-urlencoded', undefined, true],
    ['application/octet-stream', undefined, true],
    ['application/json', 'gzip', true],
  ])('%s, encoded %s, is base64: %s', (type, encoding, isBase64Encoded) => {
    const headers: [string, string][] = [['content-type', type]];
    if (encoding !== undefined) headers.push(['content-encoding', encoding]);
    const event = eventOf({ headers, body: Buffer.from('a=1') });
    expect(event).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? 'YT0x' : 'a=1' });
  });

  test('a path that is no sound percent-encoding stays as it is', () => {
    expect(eventOf({ url: 'http://localhost/100%/x' }).rawPath).toBe('/100%/x');
  });
});

describe('an answer as a response', () => {
  const read = (answer: unknown) => {
    const { status, headers, body } = httpResponseOf(answer);
    return [status, headers, Buffer.from(body).toString()];
  };
  const json = [['content-type', 'application/json']];

  test.each([
    ['an object', { a: 1 }, '{"a":1}'],
    ['a string', 'hello', 'hello'],
    ['a list', [1], '[1]'],
    ['nothing', null, 'null'],
  ])('%s is the body of a 200', (_, answer, body) => {
    expect(read(answer)).toEqual([200, json, body]);
  });

  test('a whole response', () => {
    const answer = {
      statusCode: 201,
      headers: { 'Content-Type': 'image/png', 'X-Count': 3 },
      multiValueHeaders: { 'X-Many': ['a', 'b'] },
      cookies: ['a=1', 'b=2'],
      isBase64Encoded: true,
      body: Buffer.from('png').toString('base64'),
    };
    expect(read(answer)).toEqual([
      201,
      [
        ['content-type', 'image/png'],
        ['x-count', '3'],
        ['x-many', 'a'],
        ['x-many', 'b'],
        ['set-cookie', 'a=1'],
        ['set-cookie', 'b=2'],
      ],
      'png',
    ]);
  });

  test('a status alone, as a number or as text', () => {
    for (const statusCode of [204, '204']) {
      expect(read({ statusCode })).toEqual([204, [['content-type', 'text/plain;charset=UTF-8']], '']);
    }
  });

  test.each([
    [{ statusCode: 'fine' }],
    [{ statusCode: 99 }],
    [{ statusCode: 200, body: { not: 'text' } }],
    [{ statusCode: 200, headers: ['a'] }],
    [{ statusCode: 200, headers: { a: {} } }],
    [{ statusCode: 200, cookies: 'a=1' }],
    [{ statusCode: 200, isBase64Encoded: 'yes' }],
  ])('%j is none', (answer) => {
    expect(httpResponseOf(answer)).toEqual(internalServerError());
  });
});
