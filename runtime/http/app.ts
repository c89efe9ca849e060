/**
 * Everything behind the HTTP port: health, metrics, control, ingest, and the functions with httpApi triggers.
 */
import type { IncomingMessage } from 'node:http';
import { Hono } from 'hono';
import { MillraceError, messageOf } from '../../common/errors.js';
import { problemResponse } from '../../gateway/http/problem.js';
import type { StreamHealth } from '../../streams/stream.js';
import type { FunctionPool } from '../environments/invocation.js';
import { type HttpRoute, type Router, routeKeyOf } from './router.js';

export interface HttpAppOptions {
  readonly ingest: Hono;
  /** Invocations and reports of functions; these check for themselves who asks. */
  readonly control: Hono;
  readonly router: Router;
  readonly poolOf: (functionName: string) => FunctionPool;
  /** The refusal of a request that the function's settings do not let through, before its body is read. */
  readonly refuse: (route: HttpRoute, request: Request) => Response | undefined;
  /** Health of each stream, by name. */
  readonly health: () => Readonly<Record<string, StreamHealth>>;
  /** False while starting or draining. */
  readonly serving: () => boolean;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
}

/** A request body to a function is small: Lambda takes 6 MB. */
const MAX_BODY_BYTES = 6 * 1024 * 1024;

export function httpApp(options: HttpAppOptions): Hono {
  const app = new Hono();
  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', (c) => {
    const streams = options.health();
    const stuck = Object.entries(streams).filter(([, health]) => !health.writable);
    const ready = options.serving() && stuck.length === 0;
    const reasons = stuck.map(([stream, { code, reason }]) => ({ stream, code, reason }));
    if (!options.serving())
      reasons.push({ stream: '*', code: 'NOT_SERVING', reason: 'starting or draining' });
    return c.json({ status: ready ? 'ready' : 'not ready', reasons }, ready ? 200 : 503);
  });
  app.get('/metrics', async () => {
    const { contentType, text } = await options.metrics();
    return new Response(text, { headers: { 'content-type': contentType } });
  });
  app.route('/', options.control);
  app.route('/', options.ingest);
  app.all('*', async (c) => {
    const route = options.router.match(c.req.method, c.req.path);
    if (route === undefined)
      return problemResponse(404, 'NOT_FOUND', `nothing is at ${c.req.method} ${c.req.path}`);
    const refusal = options.refuse(route, c.req.raw);
    if (refusal !== undefined) return refusal;
    const body = c.req.raw.body === null ? null : new Uint8Array(await c.req.arrayBuffer());
    if (body !== null && body.byteLength > MAX_BODY_BYTES) {
      return problemResponse(413, 'BODY_TOO_LARGE', `the body is larger than ${MAX_BODY_BYTES} bytes`);
    }
    const response = await options.poolOf(route.functionName).fetch({
      method: c.req.method,
      url: c.req.url,
      headers: [...c.req.raw.headers],
      body,
      routeKey: routeKeyOf(route),
      ...clientOf(c.env),
    });
    const empty = c.req.method === 'HEAD' || response.status === 204 || response.status === 304;
    const headers = response.headers.map(([name, value]): [string, string] => [name, value]);
    return new Response(empty ? null : (response.body as Uint8Array<ArrayBuffer>), {
      status: response.status,
      headers,
    });
  });
  app.onError((error) => {
    const code = error instanceof MillraceError ? error.code : 'INTERNAL';
    // A throttled function is Lambda's 429; everything else that may pass is 503.
    const status = code === 'FUNCTION_THROTTLED' ? 429 : 503;
    return problemResponse(
      error instanceof MillraceError && error.canRetry ? status : 500,
      code,
      messageOf(error),
    );
  });
  return app;
}

/** The client's address, where there is a socket. */
function clientOf(env: unknown): { sourceIp?: string } {
  const { incoming } = Object(env) as { incoming?: IncomingMessage };
  const sourceIp = incoming?.socket.remoteAddress;
  return sourceIp === undefined ? {} : { sourceIp };
}
