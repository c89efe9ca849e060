/**
 * HTTP requests as events of an HTTP API, payload format version 2.0, as API Gateway makes them: header names in lower
 * case, what comes several times joined by commas, cookies apart, the path decoded, and base64 for every body whose
 * content type is not plainly text. A form (`application/x-www-form-urlencoded`) is none, as people find out on AWS.
 */
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { HttpRequest } from '../environments/protocol.js';

export interface HttpEventFacts {
  readonly requestId: string;
  readonly accountId: string;
  /** When the request came, epoch ms. */
  readonly time: number;
}

const API_ID = 'millrace';
const DEFAULT_ROUTE = '$default';
const STAGE = '$default';
const TEXT = /^(text\/|application\/([\w.-]+\+)?(json|xml)\b|application\/javascript\b)/i;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function httpEvent(request: HttpRequest, facts: HttpEventFacts): APIGatewayProxyEventV2 {
  const url = new URL(request.url);
  const path = decoded(url.pathname);
  const routeKey = request.routeKey ?? DEFAULT_ROUTE;
  const { headers, cookies } = headersOf(request.headers);
  const query = joined(url.searchParams);
  const pathParameters = pathParametersOf(routeKey, url.pathname);
  const domainName = headers.host ?? url.host;
  return {
    version: '2.0',
    routeKey,
    rawPath: path,
    rawQueryString: url.search.slice(1),
    ...(cookies.length === 0 ? {} : { cookies }),
    headers,
    ...(query === undefined ? {} : { queryStringParameters: query }),
    requestContext: {
      accountId: facts.accountId,
      apiId: API_ID,
      domainName,
      domainPrefix: domainName.split('.')[0]!,
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp ?? '127.0.0.1',
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: facts.requestId,
      routeKey,
      stage: STAGE,
      time: commonLogTime(facts.time),
      timeEpoch: facts.time,
    },
    ...(pathParameters === undefined ? {} : { pathParameters }),
    ...bodyOf(request.body, headers),
  };
}

function headersOf(given: HttpRequest['headers']): { headers: Record<string, string>; cookies: string[] } {
  const headers: Record<string, string> = {};
  const cookies: string[] = [];
  for (const [name, value] of given) {
    const key = name.toLowerCase();
    if (key === 'cookie') cookies.push(...value.split(/;\s*/).filter((cookie) => cookie !== ''));
    else headers[key] = headers[key] === undefined ? value : `${headers[key]},${value}`;
  }
  return { headers, cookies };
}

/** Undefined when there is none, as the field is then absent. */
function joined(entries: URLSearchParams): Record<string, string> | undefined {
  let found: Record<string, string> | undefined;
  for (const [name, value] of entries) {
    found ??= {};
    found[name] = Object.hasOwn(found, name) ? `${found[name]},${value}` : value;
  }
  return found;
}

/** What stands at the places of `{name}` and `{name+}`; undefined when the route has none of them. */
function pathParametersOf(routeKey: string, pathname: string): Record<string, string> | undefined {
  const route = routeKey.slice(routeKey.indexOf(' ') + 1).split('/');
  const segments = pathname.split('/');
  let found: Record<string, string> | undefined;
  for (const [index, place] of route.entries()) {
    const name = /^\{(.+?)(\+?)\}$/.exec(place);
    if (name === null) continue;
    const value = name[2] === '+' ? segments.slice(index).join('/') : (segments[index] ?? '');
    found ??= {};
    found[name[1]!] = decoded(value);
  }
  return found;
}

function bodyOf(body: Uint8Array | null, headers: Readonly<Record<string, string>>) {
  if (body === null || body.byteLength === 0) return { isBase64Encoded: false };
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const isText =
    headers['content-encoding'] === undefined && TEXT.test(headers['content-type'] ?? 'text/plain');
  return { body: bytes.toString(isText ? 'utf8' : 'base64'), isBase64Encoded: !isText };
}

/** Text that is no sound percent-encoding stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** `12/Mar/2020:19:03:58 +0000` */
function commonLogTime(time: number): string {
  const text = new Date(time).toISOString();
  const month = MONTHS[Number(text.slice(5, 7)) - 1];
  return `${text.slice(8, 10)}/${month}/${text.slice(0, 4)}:${text.slice(11, 19)} +0000`;
}
