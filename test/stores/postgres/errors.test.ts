import { DatabaseError } from 'pg';
import { MillraceError } from '../../../common/errors.js';
import { storeError } from '../../../stores/postgres/errors.js';
import { openPostgresStores } from '../../../stores/postgres/stores.js';

function reported(code: string): DatabaseError {
  const error = new DatabaseError('said the server', 15, 'error');
  error.code = code;
  error.severity = 'ERROR';
  return error;
}

test.each([
  ['40001', 'STORE_BUSY', true],
  ['40P01', 'STORE_BUSY', true],
  ['55P03', 'STORE_BUSY', true],
  ['57014', 'STORE_BUSY', true],
  ['53100', 'STORE_FULL', true],
  ['53300', 'STORE_UNREACHABLE', true],
  ['57P01', 'STORE_UNREACHABLE', true],
  ['57P03', 'STORE_UNREACHABLE', true],
  ['08006', 'STORE_UNREACHABLE', true],
  ['25006', 'STORE_UNREACHABLE', true],
  ['58030', 'STORE_IOERR', true],
  ['28P01', 'STORE_UNUSABLE', false],
  ['3D000', 'STORE_UNUSABLE', false],
  ['42501', 'STORE_UNUSABLE', false],
])('%s becomes %s, retriable: %s', (state, code, canRetry) => {
  expect(storeError(reported(state), 'there')).toMatchObject({ code, canRetry });
});

test('what a retry cannot help stays what it is', () => {
  for (const error of [
    reported('23505'),
    new TypeError('a mistake'),
    'text',
    new MillraceError('x', { code: 'X' }),
  ]) {
    expect(storeError(error, 'there')).toBe(error);
  }
});

test('a server that is not there is told as such, without the password, and can be retried', async () => {
  const stores = openPostgresStores('postgres://user:secret@127.0.0.1:1/db');
  const error = await stores.ticks.lastTick().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'STORE_UNREACHABLE', canRetry: true });
  expect((error as Error).message).toContain('127.0.0.1:1/db');
  expect((error as Error).message).not.toContain('secret');
  await stores.close();
  await expect(stores.ticks.lastTick()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
});

test('what is no URL is refused at once', () => {
  expect(() => openPostgresStores('not a url')).toThrow(expect.objectContaining({ code: 'STORE_UNUSABLE' }));
});
