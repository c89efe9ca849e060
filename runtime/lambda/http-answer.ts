/**
 * What a function answered to an HTTP API event, as the response that API Gateway makes of it.
 *
 * - An object with `statusCode` is the response itself.
 * - Anything else that is JSON becomes the body of a 200 with content type application/json: a string as it is, the
 *   rest written as JSON.
 * - An answer that is neither is the function's mistake: 500 `{"message":"Internal Server Error"}`.
 *
 * `multiValueHeaders`, of payload format 1.0, are taken as well, so that a handler written for that works here.
 */
import type { HttpResponse } from '../environments/protocol.js';

type Headers = [string, string][];

const STATUS = /^[1-5]\d\d$/;

/** What API Gateway answers when the function fails, or answers what is no response. */
export function internalServerError(): HttpResponse {
  return {
    status: 500,
    headers: [['content-type', 'application/json']],
    body: Buffer.from('{"message":"Internal Server Error"}'),
  };
}

/** @param answer as JSON would carry it */
export function httpResponseOf(answer: unknown): HttpResponse {
  if (typeof answer === 'object' && answer !== null && 'statusCode' in answer) {
    return structured(answer as Record<string, unknown>) ?? internalServerError();
  }
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer ?? null);
  return { status: 200, headers: [['content-type', 'application/json']], body: Buffer.from(text) };
}

function structured(answer: Record<string, unknown>): HttpResponse | null {
  const { statusCode, body = '', isBase64Encoded = false, cookies = [] } = answer;
  if (!STATUS.test(String(statusCode))) return null;
  if (body !== null && typeof body !== 'string') return null;
  if (typeof isBase64Encoded !== 'boolean') return null;
  if (!Array.isArray(cookies) || !cookies.every((cookie) => typeof cookie === 'string')) return null;
  const headers: Headers = [];
  if (!addHeaders(answer.headers, headers) || !addHeaders(answer.multiValueHeaders, headers)) return null;
  if (!headers.some(([name]) => name === 'content-type'))
    headers.push(['content-type', 'text/plain;charset=UTF-8']);
  for (const cookie of cookies) headers.push(['set-cookie', cookie]);
  return {
    status: Number(statusCode),
    headers,
    body: Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8'),
  };
}

/** Adds what `given` names, names in lower case; false when it is no set of headers. */
function addHeaders(given: unknown, headers: Headers): boolean {
  if (given === undefined || given === null) return true;
  if (typeof given !== 'object' || Array.isArray(given)) return false;
  for (const [name, value] of Object.entries(given)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (!['string', 'number', 'boolean'].includes(typeof one)) return false;
      headers.push([name.toLowerCase(), String(one)]);
    }
  }
  return true;
}
