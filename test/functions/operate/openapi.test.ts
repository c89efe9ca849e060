/** The one OpenAPI document has every act, and acts answer what it says. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormatsModule from 'ajv-formats';
import { createApp } from '../../../functions/operate/app.js';
import { operateRoutes } from '../../../functions/operate/routes/index.js';
import { openApiDocument } from '../../../functions/query/openapi.js';
import { alertNamed } from '../../support/alert-documents.js';
import type { Json } from '../../support/json.js';
import { memoryPlatform } from '../../support/platform.js';

// The module's types and its CommonJS shape disagree about where the function is.
const addFormats = addFormatsModule as unknown as (ajv: Ajv2020) => void;

const document = JSON.parse(JSON.stringify(openApiDocument('1.0.0'))) as Json;
const BODIES: Readonly<Record<string, object>> = {
  Acknowledge: { author: 'ann', comment: 'c' },
  AddComment: { author: 'ann', text: 't' },
  AddSilence: { author: 'ann', reason: 'r', matchers: ['a="b"'], duration: '1h' },
  Redrive: { author: 'ann', ids: ['x'] },
};

test.each(operateRoutes)(
  '$method $path is described, takes what is described and answers so',
  async (route) => {
    const operation = document.paths[route.path][route.method];
    const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true });
    addFormats(ajv);
    ajv.addSchema({ $id: 'http://localhost/openapi.json', components: document.components });
    ajv.addKeyword('components');
    const errors = (schema: { $ref: string }, value: unknown) => {
      const validate = ajv.compile({ $ref: `http://localhost/openapi.json${schema.$ref}` });
      return validate(value) ? [] : validate.errors;
    };
    const platform = memoryPlatform();
    const { stores } = platform;
    const alert = alertNamed('f');
    const rows = [{ fingerprint: 'f', deviceId: 'dev-1', partition: 0, offset: 0n, alert, state: '{}' }];
    await stores.alerts.commit({
      partition: 0,
      scope: 'alert',
      from: 0n,
      next: 1n,
      rows,
      memories: [],
      ended: [],
    });
    await stores.operations.act({
      act: 'silence',
      silence: {
        id: 's',
        matchers: [],
        startsAt: 0,
        endsAt: 9,
        author: '',
        reason: '',
        createdAt: 0,
        expiredBy: null,
      },
    });
    const app = createApp(platform, { clock: () => 5, newId: () => 'new' });
    const body = route.body === null ? undefined : BODIES[route.body];
    if (body !== undefined) {
      expect(errors(operation.requestBody.content['application/json'].schema, body)).toEqual([]);
    }
    for (const subject of ['f', 's', 'nobody']) {
      const query = operation.parameters.some(({ name }: Json) => name === 'author') ? '?author=ann' : '';
      const response = await app.request(`${route.path.replace(/\{\w+\}/, subject)}${query}`, {
        method: route.method.toUpperCase(),
        headers: { 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const described = operation.responses[response.status];
      expect([response.status, described]).toEqual([response.status, expect.anything()]);
      const type = response.headers.get('content-type')?.replace(/;.*/, '');
      if (described.content === undefined) expect(await response.text()).toBe('');
      else expect(errors(described.content[type!].schema, await response.json())).toEqual([]);
    }
    await stores.close();
  },
);

test('reading and acting share paths in the document', () => {
  expect(Object.keys(document.paths['/silences']).sort()).toEqual(['get', 'post']);
  expect(Object.keys(document.paths['/silences/{id}']).sort()).toEqual(['delete', 'get']);
});
