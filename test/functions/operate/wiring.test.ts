/** serverless.yml routes to operate and query exactly what they serve; on AWS every act has to be signed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { operateRoutes } from '../../../functions/operate/routes/index.js';
import { routes } from '../../../functions/query/routes/index.js';
import type { Json } from '../../support/json.js';
import { projectRoot } from '../../support/project-root.js';

const { functions, resources, custom } = parse(
  readFileSync(join(projectRoot, 'serverless.yml'), 'utf8'),
  // CloudFormation's tags are not YAML's.
  { logLevel: 'silent' },
) as Json;
const routesOf = (name: string): string[] => functions[name].events.map(({ httpApi }: Json) => httpApi);

/** As the packager names the route's resource. */
function logicalId(route: string): string {
  const [method = '', path = ''] = route.split(' ');
  const segments = path.split('/').map((segment) => {
    const name = segment.replace(/^\{(.*)\}$/, '$1Var');
    return name.charAt(0).toUpperCase() + name.slice(1);
  });
  return `HttpApiRoute${method.charAt(0)}${method.slice(1).toLowerCase()}${segments.join('')}`;
}

test('every act is routed, to those alone who may control the deployment', () => {
  const own = operateRoutes.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  expect(routesOf('operate').sort()).toEqual(own.sort());
  expect(custom.millrace.functions.operate.control).toBe(true);
});

test('everything that can be read is routed', () => {
  const own = [...routes.map(({ path }) => path), '/', '/assets/{file}', '/openapi.json'];
  expect(routesOf('query').sort()).toEqual(own.map((path) => `GET ${path}`).sort());
});

test('on AWS acts are for whoever signs them', () => {
  for (const route of routesOf('operate')) {
    expect([route, resources.extensions[logicalId(route)]]).toEqual([
      route,
      { Properties: { AuthorizationType: 'AWS_IAM' } },
    ]);
  }
});
