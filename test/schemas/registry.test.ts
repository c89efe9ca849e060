import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventDecoder } from '../../schemas/decode.js';
import { loadSchemas } from '../../schemas/registry.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-schemas-'));
  mkdirSync(join(folder, 'types'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(type: string, schema: unknown): void {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema);
  writeFileSync(join(folder, 'types', `${type}.json`), text);
}

function failure(): { code: string; message: string } {
  try {
    loadSchemas(folder);
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error('loadSchemas took it');
}

test('takes both drafts, and a type per file', () => {
  put('old', { $schema: 'http://json-schema.org/draft-07/schema#', type: 'object', required: ['a'] });
  put('new', { type: 'object', properties: { a: { type: 'string', format: 'date' } } });
  const registry = loadSchemas(folder);
  expect(registry.types).toEqual(['new', 'old']);
  expect(registry.validator('old')?.({})).toBe(false);
  expect(registry.validator('new')?.({ a: 'soon' })).toBe(false);
  expect(registry.validator('toString')).toBeUndefined();
});

test('a type without ts takes the arrival time, and says so', () => {
  put('plain', { type: 'object' });
  const settings = {
    deviceTypes: { default: 'plain', byDevice: {} },
    events: { maxFutureMs: 0, oldest: 0 },
  };
  const bytes = Buffer.from('{"a":1}');
  const event = new EventDecoder(loadSchemas(folder), settings).decodeBytes(
    bytes,
    0,
    bytes.length,
    'd',
    1234,
  );
  expect(event).toMatchObject({ ok: true, eventTime: 1234, timeFrom: 'arrival' });
});

test.each<[string, unknown, string]>([
  ['broken JSON', '{\n  "type": "object",\n}', 'not JSON at line 3, column 1'],
  ['no object', '[]', 'a schema is a JSON object'],
  ['a wrong keyword value', { type: 'object', properties: { a: { type: 'nmber' } } }, '/properties/a/type'],
  ['a misspelt keyword', { type: 'object', requird: ['a'] }, 'requird'],
  ['a reference to nowhere', { type: 'object', properties: { a: { $ref: '#/$defs/x' } } }, '#/$defs/x'],
])('%s is one clear error naming file and place', (_, schema, place) => {
  put('fine', { type: 'object' });
  put('broken', schema);
  const error = failure();
  expect(error.code).toBe('SCHEMA_INVALID');
  expect(error.message).toContain(join(folder, 'types', 'broken.json'));
  expect(error.message).toContain(place);
  expect(error.message).not.toContain('fine.json');
});

test('no schema, or no folder, is an error', () => {
  expect(failure().message).toContain('no schema');
  rmSync(join(folder, 'types'), { recursive: true });
  expect(failure().code).toBe('SCHEMA_INVALID');
});
