/** `httpApi:` entries: routes of an HTTP API. */

import { type PathKeys, type Problems, suggestion } from '../../common/problems.js';
import type { HttpTrigger } from './manifest.js';

const METHODS = ['*', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'ANY'];
const REFUSED: Readonly<Record<string, string>> = {
  authorizer: 'is decided by API Gateway, and there is none here: every caller would pass',
  timeout: 'is API Gateway’s; set the timeout of the function',
};

/** One trigger, or none when a problem was added. */
export function httpTrigger(value: unknown, at: PathKeys, problems: Problems): HttpTrigger[] {
  const route = routeOf(value);
  if (route === undefined) {
    problems.add(at, 'must be like "GET /devices/{id}", or have method and path');
    return [];
  }
  const before = problems.list.length;
  const extra = typeof value === 'object' ? Object.keys(Object(value)) : [];
  for (const key of extra) {
    // A name for documentation; it changes nothing.
    if (key === 'method' || key === 'path' || key === 'operationName') continue;
    problems.add([...at, key], REFUSED[key] ?? `unknown setting${suggestion(key, ['method', 'path'])}`);
  }
  const method = route.method.toUpperCase();
  if (!METHODS.includes(method))
    problems.add(at, `unknown method ${route.method}; known are ${METHODS.join(', ')}`);
  if (
    route.path !== '*' &&
    !/^\/(([\w.~-]+|\{[\w.-]+\+?\})(\/([\w.~-]+|\{[\w.-]+\+?\}))*)?$/.test(route.path)
  ) {
    problems.add(at, `${JSON.stringify(route.path)} is not a path such as /devices/{id}`);
  }
  if (problems.list.length > before) return [];
  return [{ type: 'http', method: method === 'ANY' ? '*' : method, path: route.path }];
}

function routeOf(value: unknown): { method: string; path: string } | undefined {
  if (value === '*') return { method: '*', path: '*' };
  if (typeof value === 'string') {
    const match = /^(\S+)\s+(\S+)$/.exec(value.trim());
    return match === null ? undefined : { method: match[1]!, path: match[2]! };
  }
  const { method, path } = Object(value) as { method?: unknown; path?: unknown };
  if (path === '*' && method === undefined) return { method: '*', path };
  return typeof method === 'string' && typeof path === 'string' ? { method, path } : undefined;
}
