/** What the product must not start with: one clear error that names it, an exit code, and nothing left behind. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { failedStart } from '../support/failed-start.js';
import { startProduct, temporaryDirectory } from '../support/product.js';
import { copyProject, type ProjectCopy } from '../support/project-copy.js';

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Expects a failure that names everything in `names`, in few words; and that the next start works. */
async function expectRefused(
  names: readonly (string | RegExp)[],
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<void> {
  const mqttPort = env.MILLRACE_MQTT_PORT ?? String(await freePort());
  const httpPort = env.MILLRACE_HTTP_PORT ?? String(await freePort());
  const result = await failedStart(args, {
    ...env,
    MILLRACE_MQTT_PORT: mqttPort,
    MILLRACE_HTTP_PORT: httpPort,
  });
  expect(result.code).toBe(1);
  expect(result.stdout).toBe('');
  for (const name of names) expect(result.stderr).toMatch(name);
  // An error for a person, not a stack trace.
  expect(result.stderr).not.toMatch(/^\s+at /m);
  expect(result.stderr.match(/^millrace: /gm)).toHaveLength(1);
  if (env.MILLRACE_MQTT_PORT === undefined) expect(await isListening(Number(mqttPort))).toBe(false);
  if (env.MILLRACE_HTTP_PORT === undefined) expect(await isListening(Number(httpPort))).toBe(false);
}

test('a second process on one data directory names the first', async () => {
  const first = await startProduct();
  await expectRefused([String(first.pid), first.dataDir, 'DATA_DIR_LOCKED'], {
    MILLRACE_DATA_DIR: first.dataDir,
  });
  expect(await first.stop()).toEqual({ code: 0, signal: null });
}, 40_000);

test.each(['MQTT', 'HTTP'])(
  'a %s port in use',
  async (which) => {
    const dataDir = temporaryDirectory();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as { port: number }).port);
    await expectRefused(['PORT_IN_USE', port, which], {
      MILLRACE_DATA_DIR: dataDir,
      [`MILLRACE_${which}_PORT`]: port,
    });
    await new Promise((resolve) => server.close(resolve));
    // The data directory was let go of.
    const product = await startProduct({ dataDir, env: { [`MILLRACE_${which}_PORT`]: port } });
    expect(which === 'MQTT' ? product.mqttUrl : product.httpUrl).toContain(port);
    expect(await product.stop()).toEqual({ code: 0, signal: null });
  },
  40_000,
);

test('a data directory that cannot be made', async () => {
  const file = join(temporaryDirectory(), 'file');
  writeFileSync(file, '');
  await expectRefused(['DATA_DIR_UNWRITABLE', join(file, 'data')], { MILLRACE_DATA_DIR: join(file, 'data') });
}, 30_000);

test("somebody else's data directory is left as it is", async () => {
  const dataDir = temporaryDirectory();
  writeFileSync(join(dataDir, 'thesis.tex'), 'precious');
  await expectRefused(['DATA_DIR_FOREIGN', dataDir], { MILLRACE_DATA_DIR: dataDir });
  expect(readFileSync(join(dataDir, 'thesis.tex'), 'utf8')).toBe('precious');
}, 30_000);

test.each([
  ['a port that is none', { MILLRACE_MQTT_PORT: '99999' }, /MILLRACE_MQTT_PORT|mqtt-port/],
  ['an unknown log level', { MILLRACE_LOG_LEVEL: 'loud' }, /MILLRACE_LOG_LEVEL/],
])(
  '%s',
  async (_, env, name) => {
    await expectRefused(['SETTING_INVALID', name], { MILLRACE_DATA_DIR: temporaryDirectory(), ...env });
  },
  30_000,
);

describe('in the project', () => {
  const edit = (project: ProjectCopy, file: string, text: string) => {
    mkdirSync(join(project.root, file, '..'), { recursive: true });
    writeFileSync(join(project.root, file), text);
  };
  const cases: [string, Record<string, unknown>, (project: ProjectCopy) => void, (string | RegExp)[]][] = [
    [
      'YAML that is none',
      {},
      (project) => edit(project, 'serverless.yml', 'service: [\n'),
      [/serverless\.yml/],
    ],
    [
      'an unknown trigger',
      { 'functions.validate.events': [{ alexaSkill: 'amzn1.ask.skill.1' }] },
      () => undefined,
      [/serverless\.yml/, /functions\.validate/, /alexaSkill/],
    ],
    [
      'a handler that does not exist',
      { 'functions.validate.handler': 'functions/nowhere/handler.handler' },
      () => undefined,
      [/serverless\.yml/, /functions\/nowhere/],
    ],
    [
      'a setting that is none',
      { 'custom.millrace.gateway.maxPayloadBytes': 'huge' },
      () => undefined,
      [/serverless\.yml/, /custom\.millrace\.gateway\.maxPayloadBytes/],
    ],
    [
      'a schema that is no JSON',
      {},
      (project) => edit(project, 'schemas/types/broken.json', '{"type": '),
      [/broken\.json/],
    ],
    [
      'a schema that is no JSON Schema',
      {},
      (project) => edit(project, 'schemas/types/broken.json', '{"type": "spaceship"}'),
      [/broken\.json/],
    ],
    [
      'an aggregation that is none',
      {},
      (project) =>
        edit(project, 'aggregations/broken.yml', 'aggregations:\n  - { name: a, window: 10s, by: [x] }'),
      [/aggregations\/broken\.yml:2: .*no device ever has the tag x/],
    ],
    [
      'a rule file that is no YAML',
      {},
      (project) => edit(project, 'rules/broken.yml', 'groups: ['),
      [/rules\/broken\.yml/],
    ],
    [
      'a rule whose expression is none',
      {},
      (project) =>
        edit(
          project,
          'rules/broken.yml',
          'groups:\n  - name: g\n    rules:\n      - alert: Odd\n        expr: event.temperature >\n',
        ),
      [/rules\/broken\.yml/],
    ],
  ];
  test.each(cases)(
    '%s',
    async (_, changes, spoil, names) => {
      const project = copyProject(changes);
      spoil(project);
      const dataDir = join(temporaryDirectory(), 'data');
      await expectRefused(names, { MILLRACE_DATA_DIR: dataDir }, project.args);
    },
    30_000,
  );

  test('a serverless.yml that is not there', async () => {
    await expectRefused([/nowhere\/serverless\.yml/], { MILLRACE_DATA_DIR: temporaryDirectory() }, [
      '--config',
      '/nowhere/serverless.yml',
    ]);
  }, 30_000);

  test('the copy itself starts', async () => {
    const product = await startProduct({ args: copyProject().args });
    expect(await product.stop()).toEqual({ code: 0, signal: null });
  }, 40_000);
});
