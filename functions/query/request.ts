/** Reads a route's parameters from a request, strictly: a misspelt name must not look like an empty filter. */
import { badParameter } from './problem.js';
import type { Route } from './route.js';

/**
 * The values of all of the route's parameters by name. Throws a 400 problem naming the first one that is wrong, that
 * the route does not know, or that is given twice.
 */
export function valuesOf(
  route: Pick<Route, 'path' | 'parameters' | 'lenient'>,
  path: Readonly<Record<string, string>>,
  search: URLSearchParams,
): Record<string, unknown> {
  const known = Object.values(route.parameters);
  for (const name of new Set(search.keys())) {
    if (!known.some((parameter) => parameter.in === 'query' && parameter.name === name)) {
      if (route.lenient) continue;
      throw badParameter(name, `is not one of ${route.path}`);
    }
    if (search.getAll(name).length > 1) throw badParameter(name, 'is given more than once');
  }
  return Object.fromEntries(
    known.map((parameter) => [
      parameter.name,
      parameter.parse(
        parameter.in === 'path' ? path[parameter.name] : (search.get(parameter.name) ?? undefined),
      ),
    ]),
  );
}
