/**
 * Entries under a function's `events:` as triggers. Three kinds run locally: stream (Kinesis), schedule and httpApi.
 * Whatever else AWS or osls knows is refused by name; nothing is ignored.
 */
import type { HttpTrigger, Trigger } from './manifest.js';
import { type PathKeys, type Problems, suggestion } from './problems.js';
import { scheduleTriggers } from './schedule-trigger.js';
import { type StreamNames, streamTrigger } from './stream-trigger.js';

/** Event types that osls 4.3 packages for AWS and that do not run locally. */
const AWS_ONLY = [
  'activemq',
  'alb',
  'alexaSkill',
  'alexaSmartHome',
  'cloudFront',
  'cloudwatchEvent',
  'cloudwatchLog',
  'cognitoUserPool',
  'eventBridge',
  'http',
  'iot',
  'iotFleetProvisioning',
  'kafka',
  'msk',
  'rabbitmq',
  's3',
  'sns',
  'sqs',
  'websocket',
];
const LOCAL = ['stream', 'schedule', 'httpApi'];
const METHODS = ['*', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'ANY'];

/** The triggers of one entry; empty when a problem was added. */
export function triggersOf(
  event: unknown,
  functionName: string,
  at: PathKeys,
  streams: StreamNames,
  problems: Problems,
): Trigger[] {
  const entries = typeof event === 'string' ? [[event, undefined] as const] : Object.entries(Object(event));
  const [entry, ...others] = entries;
  if (entry === undefined || others.length > 0) {
    problems.add(at, `must name one trigger, such as ${LOCAL.join(', ')}`);
    return [];
  }
  const [type, value] = entry;
  const path = [...at, type];
  if (type === 'stream') return streamTrigger(value, path, streams, problems);
  if (type === 'schedule') return scheduleTriggers(value, path, problems);
  if (type === 'httpApi') return httpTrigger(value, path, problems);
  const reason = AWS_ONLY.includes(type)
    ? `function ${functionName}: the trigger ${type} is known on AWS, but the local runtime cannot honour it yet`
    : `function ${functionName}: unknown trigger ${type}${suggestion(type, LOCAL)}`;
  problems.add(path, reason);
  return [];
}

function httpTrigger(value: unknown, at: PathKeys, problems: Problems): HttpTrigger[] {
  const route = routeOf(value);
  if (route === undefined) {
    problems.add(at, 'must be like "GET /devices/{id}", or have method and path');
    return [];
  }
  const extra = typeof value === 'object' ? Object.keys(Object(value)) : [];
  const before = problems.list.length;
  for (const key of extra) {
    if (key === 'method' || key === 'path') continue;
    const known = ['authorizer', 'timeout', 'operationName'].includes(key);
    problems.add(
      [...at, key],
      known
        ? `${key} is known on AWS, but the local runtime cannot honour it yet`
        : `unknown setting${suggestion(key, ['method', 'path'])}`,
    );
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
