/** Which httpApi trigger takes a request: AWS' rules, where `{name}` is one segment and a literal beats a parameter. */
import type { FunctionManifest } from '../manifest/manifest.js';

export interface HttpRoute {
  readonly functionName: string;
  readonly method: string;
  readonly path: string;
}

export interface Router {
  match(method: string, path: string): HttpRoute | undefined;
}

/** As HTTP APIs name a route: `GET /devices/{id}`, `ANY /devices`, `$default`. */
export function routeKeyOf({ method, path }: Pick<HttpRoute, 'method' | 'path'>): string {
  return path === '*' ? '$default' : `${method === '*' ? 'ANY' : method} ${path}`;
}

export function createRouter(functions: readonly FunctionManifest[]): Router {
  const routes = functions.flatMap(({ name, triggers }) =>
    triggers.flatMap((trigger) =>
      trigger.type === 'http' ? [{ functionName: name, method: trigger.method, path: trigger.path }] : [],
    ),
  );
  const compiled = routes
    .map((route) => ({ route, pattern: patternOf(route.path), literals: literalsOf(route.path) }))
    .sort((a, b) => b.literals - a.literals);
  return {
    match(method, path) {
      // HEAD is answered like GET, without the body.
      const wanted = method === 'HEAD' ? 'GET' : method;
      return compiled.find(
        ({ route, pattern }) => (route.method === '*' || route.method === wanted) && pattern.test(path),
      )?.route;
    },
  };
}

function patternOf(path: string): RegExp {
  if (path === '*') return /^/;
  const segments = path.split('/').map((segment) => {
    if (/^\{[^}]+\+\}$/.test(segment)) return '.+';
    if (/^\{[^}]+\}$/.test(segment)) return '[^/]+';
    return segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  });
  return new RegExp(`^${segments.join('/')}$`);
}

function literalsOf(path: string): number {
  return path.split('/').filter((segment) => segment !== '' && !segment.startsWith('{')).length;
}
