import { createRouter, routeKeyOf } from '../../../runtime/http/router.js';
import type { FunctionManifest } from '../../../runtime/manifest/manifest.js';

function router(...routes: [name: string, method: string, path: string][]) {
  const functions = routes.map(([name, method, path]) => ({
    name,
    triggers: [{ type: 'http', method, path }],
  }));
  return createRouter(functions as unknown as FunctionManifest[]);
}

test('a literal segment beats a parameter, in whatever order they are written', () => {
  const { match } = router(['one', 'GET', '/devices/{id}'], ['two', 'GET', '/devices/summary']);
  expect(match('GET', '/devices/summary')?.functionName).toBe('two');
  expect(match('GET', '/devices/dev-1')?.functionName).toBe('one');
});

test('a parameter is one segment, a greedy one is any number', () => {
  const { match } = router(['one', 'GET', '/a/{id}'], ['rest', 'GET', '/b/{proxy+}']);
  expect(match('GET', '/a/x/y')).toBeUndefined();
  expect(match('GET', '/a/')).toBeUndefined();
  expect(match('GET', '/b/x/y')?.functionName).toBe('rest');
});

test('the method counts; HEAD is answered like GET', () => {
  const { match } = router(['read', 'GET', '/a'], ['any', '*', '/b']);
  expect(match('POST', '/a')).toBeUndefined();
  expect(match('HEAD', '/a')?.functionName).toBe('read');
  expect(match('DELETE', '/b')?.functionName).toBe('any');
});

test('what a pattern means to a regular expression is taken literally', () => {
  const { match } = router(['one', 'GET', '/openapi.json']);
  expect(match('GET', '/openapiXjson')).toBeUndefined();
});

test.each([
  ['GET', '/devices/{id}', 'GET /devices/{id}'],
  ['*', '/devices', 'ANY /devices'],
  ['*', '*', '$default'],
])('the key of %s %s', (method, path, key) => {
  expect(routeKeyOf({ method, path })).toBe(key);
});
