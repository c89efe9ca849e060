import { commandOnPath, requireService } from './services.js';

const missing = () => commandOnPath('millrace-no-such-command');

test('what is there is tested', async () => {
  expect(await requireService('a shell', () => commandOnPath('millrace-no-such-command', 'sh'), {})).toBe(
    describe,
  );
});

test('what is not there is skipped', async () => {
  expect(await requireService('a service made up here', missing, {})).toBe(describe.skip);
  expect(await requireService('a service made up here', () => Promise.resolve(false), {})).toBe(
    describe.skip,
  );
});

test('what is required and not there is a failure', async () => {
  await expect(
    requireService('a service made up here', missing, { MILLRACE_TEST_SERVICES: 'required' }),
  ).rejects.toThrow(
    'a service made up here is required by MILLRACE_TEST_SERVICES and not there: no millrace-no-such-command on PATH',
  );
});
