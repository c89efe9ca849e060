/** `millrace aggregations check`: a table of what is sound, everything that is wrong, and both as JSON. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { registerAggregations } from '../../cli/aggregations.js';
import { projectRoot } from '../support/project-root.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-aggregations-'));
  write(
    'serverless.yml',
    'service: test\nprovider: { name: aws }\ncustom: { millrace: { deviceTags: { fromEvent: [site] } } }\n',
  );
  write('schemas/types/reefer.json', '{}');
});
afterEach(() => {
  process.exitCode = undefined;
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** What the command prints. */
async function check(...args: string[]): Promise<string> {
  const program = new Command();
  registerAggregations(program);
  const { write: original } = process.stdout;
  let printed = '';
  process.stdout.write = (text: string | Uint8Array) => {
    printed += String(text);
    return true;
  };
  try {
    await program.parseAsync(['aggregations', 'check', ...args], { from: 'user' });
  } finally {
    process.stdout.write = original;
  }
  return printed;
}

const SOUND = `aggregations:
  - { name: device, window: 10s, by: device }
  - { name: sites, window: { hopping: 1h30m, every: 3m }, by: [site, type], deviceTypes: [reefer], publish: true }
  - { name: trips, window: { session: 5m }, by: device, allowedLateness: 0s, metrics: { speed: [p99] } }
  - { name: latest, window: { last: 100 }, by: device }
  - { name: fleet, window: 1m, by: fleet, rollups: false }
`;

test('Millrace’s own definitions are sound', async () => {
  expect(await check()).toMatch(
    /^NAME .*\ndevice +10s +device +all +1m +all +yes +1 +7\n\nAn event changes at most one window\.\n$/,
  );
  expect(await check(join(projectRoot, 'aggregations'))).toBe(await check());
});

test('what definitions say, and what they cost', async () => {
  write('aggregations/a.yml', SOUND);
  expect(await check(join(root, 'aggregations'))).toBe(`\
NAME    WINDOW                     BY          DEVICE TYPES  LATENESS  METRICS  ROLLUPS  PUBLISHED  WINDOWS PER EVENT  OPEN PER SERIES
device  10s                        device      all           1m        all      yes                 1                  7
sites   1h30m every 3m             site, type  reefer        1m        all               yes        30                 31
trips   session of 5m, at most 1d  device      all           0s        speed                        1                  1
latest  last 100                   device      all           1m        all                          1                  1
fleet   1m                         fleet       all           1m        all                          1                  2

An event changes at most 34 windows.
`);
});

test('--json has all of it', async () => {
  write('aggregations/a.yml', SOUND);
  const document = JSON.parse(await check('--config', join(root, 'serverless.yml'), '--json'));
  expect(document.problems).toEqual([]);
  expect(document.definitions[1]).toMatchObject({
    name: 'sites',
    by: ['site', 'type'],
    place: 'aggregations/a.yml:3',
    windowsPerEvent: 30,
    openWindows: 31,
  });
});

test('everything that is wrong comes at once', async () => {
  write('aggregations/a.yml', 'aggregations: [{ name: a, window: 10s, by: [sight], publish: often }]');
  write('aggregations/b.yml', 'aggregations: [');
  const failed = check(join(root, 'aggregations'));
  await expect(failed).rejects.toMatchObject({ code: 'AGGREGATIONS_INVALID' });
  await expect(failed).rejects.toThrow(
    /aggregations\/a\.yml:1: .*sight[\s\S]*a\.yml:1: .*publish[\s\S]*b\.yml:1: /,
  );
  const { problems } = JSON.parse(await check(join(root, 'aggregations'), '--json'));
  expect(problems).toContainEqual({
    place: 'aggregations/a.yml:1',
    reason: 'aggregations[0].publish must be true or false',
  });
  expect(process.exitCode).toBe(1);
});

test('a folder that is not there', async () => {
  await expect(check(join(root, 'nowhere'))).rejects.toMatchObject({ code: 'AGGREGATIONS_UNREADABLE' });
});
