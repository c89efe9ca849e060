/**
 * Operators' acts as a hono application.
 *
 * Who may ask is decided before: locally by the gateway (`control: true` in serverless.yml), on AWS by the authorizers
 * of its routes. What a browser sends for a page of another origin is refused here too, wherever this runs.
 */
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Platform } from '../contract.js';
import { ProblemError, problemOf, problemResponse } from '../query/problem.js';
import { valuesOf } from '../query/request.js';
import { SECURITY_HEADERS } from '../query/security.js';
import { MAX_BODY_BYTES, readBody } from './bodies.js';
import type { OperateRoute } from './route.js';
import { operateRoutes } from './routes/index.js';

export interface OperateOptions {
  /** Epoch ms. */
  readonly clock: () => number;
  /** A new UUID. */
  readonly newId: () => string;
}

export function createApp(platform: Platform, options: OperateOptions): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  });
  app.use(async (c, next) => {
    refuseForeign(c.req.raw);
    await next();
  });
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: () => {
      throw new ProblemError(413, 'BODY_TOO_LARGE', `the body is larger than ${MAX_BODY_BYTES} bytes`);
    },
  });
  for (const route of operateRoutes) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    app.on(route.method.toUpperCase(), path, limit, (c) => serve(c, route, platform, options));
  }
  app.notFound((c) =>
    problemResponse(
      new ProblemError(404, 'NOT_FOUND', `there is nothing at ${c.req.method} ${c.req.path}`).problem,
    ),
  );
  app.onError((error, c) => {
    const answer = problemOf(error);
    if (answer.status >= 500) platform.log.error({ err: error, path: c.req.path }, 'operators’ act failed');
    return problemResponse(answer);
  });
  return app;
}

async function serve(
  c: Context,
  route: OperateRoute,
  platform: Platform,
  { clock, newId }: OperateOptions,
): Promise<Response> {
  const values = valuesOf(route, c.req.param() as Record<string, string>, new URL(c.req.url).searchParams);
  let body: unknown = null;
  if (route.body !== null) {
    if (!isJson(c.req.header('content-type'))) {
      throw new ProblemError(415, 'UNSUPPORTED_MEDIA_TYPE', 'send content-type application/json');
    }
    body = await readBody(c.req.raw, route.body);
  }
  const { status, body: answer } = await route.act({ values, body }, platform, { time: clock(), newId });
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  if (status === 204) return new Response(null, { status, headers: { 'cache-control': 'no-store' } });
  return new Response(JSON.stringify(answer), { status, headers });
}

function isJson(contentType: string | undefined): boolean {
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json';
}

/**
 * Browsers say where a request comes from: by Sec-Fetch-Site, older ones by Origin alone. Programs send neither. Not
 * even another port of the same host may act.
 */
function refuseForeign(request: Request): void {
  const site = request.headers.get('sec-fetch-site');
  const origin = request.headers.get('origin');
  const isOwn =
    site !== null
      ? site === 'same-origin' || site === 'none'
      : origin === null || hostOf(origin) === new URL(request.url).host;
  if (isOwn) return;
  throw new ProblemError(403, 'ORIGIN_FOREIGN', 'a page of another origin may not act for an operator');
}

/** Undefined of `null`, which sandboxed pages have for an origin. */
function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined;
}
