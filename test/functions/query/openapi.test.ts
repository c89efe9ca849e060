/** The OpenAPI document is complete (every route, every parameter) and true (answers are what it says). */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import type { Fetch } from '../../../functions/contract.js';
import { createApp } from '../../../functions/query/app.js';
import { create } from '../../../functions/query/handler.js';
import type { Route } from '../../../functions/query/route.js';
import { routes } from '../../../functions/query/routes/index.js';
import type { Json } from '../../support/json.js';
import { sampleData } from '../../support/query-data.js';
import { context, emptyData, type QueryData, queryPlatform } from '../../support/query-platform.js';

// The module's types and its CommonJS shape disagree about where the function is.
const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;

async function start(data: QueryData) {
  const { fetch } = (await create(queryPlatform(data))) as { fetch: Fetch };
  return async (path: string) => fetch(new Request(`http://localhost${path}`), context);
}

async function readDocument(): Promise<Json> {
  return (await (await start(emptyData()))('/openapi.json')).json();
}

/** Validates against the document's own component schemas. */
function validatorOf(document: Json) {
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true });
  addFormats(ajv);
  ajv.addKeyword('components');
  ajv.addSchema({ $id: 'http://localhost/openapi.json', components: document.components });
  return (schema: { $ref?: string }, value: unknown) => {
    const validate = ajv.compile(
      schema.$ref === undefined ? schema : { $ref: `http://localhost/openapi.json${schema.$ref}` },
    );
    return validate(value) ? [] : validate.errors;
  };
}

/** Names of a route's parameters that stand in the query. */
function queryNames(route: Route): string[] {
  return Object.values(route.parameters)
    .filter((parameter) => parameter.in === 'query')
    .map(({ name }) => name);
}

test('every path that the application serves is in the document, and no other', async () => {
  const document = await readDocument();
  const served = createApp(queryPlatform(emptyData()), { assets: new Map(), rules: () => [], clock: () => 0 })
    .routes.filter(({ method }) => method === 'GET')
    .map(({ path }) => path.replace(/:(\w+)/g, '{$1}'));
  const described = Object.keys(document.paths).filter((path) => document.paths[path].get !== undefined);
  const gateway = ['/healthz', '/readyz', '/metrics'];
  expect(described.sort()).toEqual([...new Set([...served, ...gateway])].sort());
  expect(Object.keys(document.paths['/telemetry'])).toEqual(['post']);
  expect(Object.keys(document.paths['/devices/{id}/telemetry'])).toEqual(['post']);
});

test.each(routes)('$path: the parameters described are those it takes', async (route) => {
  const document = await readDocument();
  const described = document.paths[route.path].get.parameters.filter(
    (parameter: Json) => parameter.in === 'query',
  );
  const get = await start(sampleData());
  const path = route.path.replace(/\{(id|fingerprint)\}/, 'dev-1').replace('{name}', 'by-site');
  for (const { name, schema } of described) {
    const refused = schema.enum ?? schema.type === 'integer';
    // A value that no parameter's schema allows is refused by name; so is a parameter that is not described.
    const response = await get(`${path}?${name}=${refused ? 'no-such-value' : ''}`);
    expect(await response.json()).toMatchObject({ status: 400, parameter: name });
  }
  const names = described.map((parameter: Json) => parameter.name);
  for (const name of [...new Set(routes.flatMap(queryNames)), 'other']) {
    if (names.includes(name) || route.lenient) continue;
    expect(await (await get(`${path}?${name}=1`)).json()).toMatchObject({ status: 400, parameter: name });
  }
  const inPath = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
  const describedInPath = document.paths[route.path].get.parameters.filter(
    (entry: Json) => entry.in === 'path',
  );
  expect(describedInPath.map((entry: Json) => entry.name)).toEqual(inPath);
});

describe.each([
  ['empty', emptyData()],
  ['sample', sampleData()],
])('answers of the %s deployment validate', (_name, data) => {
  test.each(routes)('$path', async (route) => {
    const document = await readDocument();
    const errors = validatorOf(document);
    const get = await start(data);
    const fingerprints = data.alerts.map(({ fingerprint }) => fingerprint);
    const ids = ['dev-1', 'dev-2', 'nobody', 'by-site', 'fleet', 's-1', 's-2', 'd-1', 'd-2', ...fingerprints];
    const paths = ids.map((named) => route.path.replace(/\{\w+\}/, encodeURIComponent(named)));
    if (queryNames(route).includes('key')) paths.push(`${paths[3]}?key=site%3Dnorth`);
    if (queryNames(route).includes('all')) paths.push(`${paths[0]}?all=true`);
    if (queryNames(route).includes('definition')) paths.push(`${paths[0]}?definition=state`);
    for (const path of paths) {
      const response = await get(path);
      const described = document.paths[route.path].get.responses[response.status];
      const type = response.headers.get('content-type')!.replace(/;.*/, '');
      expect(errors(described.content[type].schema, await response.json())).toEqual([]);
    }
  });
});

test('a sum beyond the range of a double is still what the document says', async () => {
  const data = sampleData();
  const figures = data.windows[0]!.metrics.temperature!;
  data.windows[0] = {
    ...data.windows[0]!,
    metrics: { temperature: { ...figures, sum: Number.POSITIVE_INFINITY } },
  };
  const document = await readDocument();
  const page = await (await start(data))('/devices/dev-1/windows');
  expect(validatorOf(document)({ $ref: '#/components/schemas/WindowPage' }, await page.json())).toEqual([]);
});

test('operation ids are unique and every reference leads somewhere', async () => {
  const document = await readDocument();
  const ids = Object.values<Json>(document.paths).flatMap((path) =>
    Object.values<Json>(path).map((operation) => operation.operationId),
  );
  expect(new Set(ids).size).toBe(ids.length);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)];
  for (const [, name] of references) expect(document.components.schemas).toHaveProperty(name!);
});
