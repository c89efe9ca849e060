/** serverless.yml has to mean here what it means to the packager: ours is read next to osls' own `print`. */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadManifest } from '../../runtime/manifest/load.js';
import { readConfiguration } from '../../runtime/manifest/osls.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const file = join(root, 'serverless.yml');

/** The packager's schema makes a list of a single rate. */
const ratesAsLists = (functions: unknown): object =>
  JSON.parse(JSON.stringify(functions, (key, value) => (key === 'rate' ? [value].flat() : value)));

test('the packager resolves serverless.yml to the same', async () => {
  const env = {
    ...process.env,
    HOME: join(tmpdir(), 'millrace-no-home'),
    AWS_REGION: 'eu-north-1',
    SLS_NOTIFICATIONS_MODE: 'off',
  };
  const osls = join(root, 'node_modules', 'osls', 'bin', 'serverless.js');
  const { stdout } = await promisify(execFile)(process.execPath, [osls, 'print', '--format', 'json'], {
    cwd: root,
    env,
  });
  const printed = JSON.parse(stdout);
  const { configuration, unresolved } = await readConfiguration(file, env);
  expect(unresolved).toEqual([]);
  expect(printed.service).toBe(configuration.service);
  expect(printed.provider).toMatchObject(configuration.provider as object);
  expect(printed.provider.region).toBe('eu-north-1');
  expect(printed.functions).toMatchObject(ratesAsLists(configuration.functions));
  expect(printed.resources).toMatchObject(configuration.resources as object);
  expect(printed.custom).toEqual(configuration.custom);
}, 60_000);

test('serverless.yml wires every function there is', async () => {
  const { functions, streams } = await loadManifest(file, {});
  expect(streams.map(({ name, partitions }) => [name, partitions])).toEqual([
    ['telemetry', 2],
    ['alerts', 1],
    ['fleet', 1],
  ]);
  const wiring = functions.map(({ name, triggers }) => [
    name,
    [
      ...new Set(
        triggers.map((trigger) =>
          trigger.type === 'stream'
            ? `stream ${trigger.stream}`
            : trigger.type === 'schedule'
              ? trigger.expression
              : trigger.type,
        ),
      ),
    ],
  ]);
  expect(wiring).toEqual([
    ['validate', ['stream telemetry']],
    ['aggregate', ['stream telemetry']],
    ['alert', ['stream telemetry']],
    ['fleet', ['stream fleet']],
    ['notify', ['stream alerts']],
    ['dispatch', ['rate(1 second)']],
    ['deliver', ['rate(1 second)']],
    ['rollup', ['rate(10 seconds)']],
    ['retain', ['cron(7 * * * ? *)']],
    ['tick', ['rate(1 second)']],
    ['query', ['http']],
    ['operate', ['http']],
  ]);
});
