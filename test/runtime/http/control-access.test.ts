/** Functions whose settings say `control` answer those who may control the deployment, and nobody else. */
import { type ControlAccess, functionGuard } from '../../../runtime/http/control-access.js';
import type { Json } from '../../support/json.js';

const JSON_BODY = { 'content-type': 'application/json' };

async function codeOf(
  access: ControlAccess,
  { name = 'operate', url = 'http://127.0.0.1:8080/silences', method = 'POST', headers = {} } = {},
): Promise<string | undefined> {
  const guard = functionGuard(access, (functionName) => functionName === 'operate');
  const refusal = guard({ functionName: name }, new Request(url, { method, headers }));
  if (refusal === undefined) return undefined;
  expect(refusal.status).toBe(403);
  return ((await refusal.json()) as Json).code;
}

const here: ControlAccess = { loopback: true, remote: false };

test('on a loopback address programs of this machine pass, and what a page sends unasked does not', async () => {
  expect(await codeOf(here, { headers: JSON_BODY })).toBeUndefined();
  expect(await codeOf(here)).toBe('CONTROL_CROSS_SITE');
  expect(await codeOf(here, { headers: { 'content-type': 'text/plain' } })).toBe('CONTROL_CROSS_SITE');
  expect(await codeOf(here, { headers: { ...JSON_BODY, 'sec-fetch-site': 'cross-site' } })).toBe(
    'CONTROL_CROSS_SITE',
  );
  expect(await codeOf(here, { headers: JSON_BODY, url: 'http://evil.example/silences' })).toBe(
    'CONTROL_HOST',
  );
});

test('on another address nobody passes, unless the settings say that the network vouches', async () => {
  const open = { headers: JSON_BODY, url: 'http://10.0.0.5:8080/silences' };
  expect(await codeOf({ loopback: false, remote: false }, { headers: JSON_BODY })).toBe('CONTROL_REMOTE');
  expect(await codeOf({ loopback: false, remote: true }, open)).toBeUndefined();
  const page = { ...open, headers: { ...JSON_BODY, 'sec-fetch-site': 'same-site' } };
  expect(await codeOf({ loopback: false, remote: true }, page)).toBe('CONTROL_CROSS_SITE');
});

test('other functions answer everybody', async () => {
  expect(await codeOf({ loopback: false, remote: false }, { name: 'query' })).toBeUndefined();
});
