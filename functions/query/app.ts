/**
 * The query API as a hono application: the data routes, the OpenAPI document, the status page. Only reads.
 */
import { type Context, Hono } from 'hono';
import { etag } from 'hono/etag';
import type { Platform } from '../contract.js';
import { openApiDocument } from './openapi.js';
import { type Asset, PAGE } from './page.js';
import { ProblemError, problemOf, problemResponse } from './problem.js';
import { valuesOf } from './request.js';
import type { Circumstances, Route } from './route.js';
import { routes } from './routes/index.js';
import { SECURITY_HEADERS } from './security.js';

export interface AppOptions extends Circumstances {
  /** The status page's files, by name. */
  readonly assets: ReadonlyMap<string, Asset>;
}

export function createApp(platform: Platform, options: AppOptions): Hono {
  const { assets } = options;
  const app = new Hono();
  app.use(async (c, next) => {
    await next();
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.res.headers.set(name, value);
  });
  app.use(etag());

  for (const route of routes) serve(app, route, platform, options);
  let document: string | undefined;
  app.get('/openapi.json', async () => {
    document ??= JSON.stringify(openApiDocument((await platform.status()).version));
    return json(document);
  });
  app.get('/', () => asset(assets, PAGE));
  app.get('/assets/:file', (c) => asset(assets, c.req.param('file')));

  // All paths answer reads only; what else exists on this port never comes here.
  for (const { method, path } of [...app.routes]) {
    if (method === 'GET') app.all(path, notAllowed);
  }
  app.notFound((c) =>
    problemResponse(new ProblemError(404, 'NOT_FOUND', `there is nothing at ${c.req.path}`).problem),
  );
  app.onError((error, c) => {
    const answer = problemOf(error);
    if (answer.status >= 500) platform.log.error({ err: error, path: c.req.path }, 'query failed');
    return problemResponse(answer);
  });
  return app;
}

function serve(app: Hono, route: Route, platform: Platform, circumstances: Circumstances): void {
  app.get(route.path.replace(/\{(\w+)\}/g, ':$1'), async (c: Context) => {
    const values = valuesOf(route, c.req.param() as Record<string, string>, new URL(c.req.url).searchParams);
    return json(JSON.stringify(await route.answer(values, platform, circumstances)));
  });
}

function json(body: string): Response {
  // no-cache: keep it, but ask with its ETag before using it again.
  return new Response(body, {
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' },
  });
}

function asset(assets: ReadonlyMap<string, Asset>, name: string): Response {
  const found = assets.get(name);
  if (found === undefined) throw new ProblemError(404, 'NOT_FOUND', `there is no file '${name}'`);
  return new Response(found.body, {
    headers: { 'content-type': found.contentType, 'cache-control': 'no-cache', etag: found.etag },
  });
}

function notAllowed(c: Context): Response {
  const answer = new ProblemError(405, 'METHOD_NOT_ALLOWED', `${c.req.path} answers GET only`).problem;
  return problemResponse(answer, { allow: 'GET, HEAD' });
}
