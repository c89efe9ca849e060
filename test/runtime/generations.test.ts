import type { Functions } from '../../runtime/functions.js';
import { createGenerations } from '../../runtime/generations.js';
import type { Manifest } from '../../runtime/manifest/manifest.js';

const manifest = (retentionMs = 1): Manifest =>
  ({ streams: [{ name: 's', partitions: 1, retentionMs }], settings: { streams: {}, gateway: {} } }) as never;

/** Functions that note what is done to them. */
function functions(
  name: string,
  told: string[],
  wanted = manifest(),
  fails: false | 'warm' | 'start' = false,
): Functions {
  const tell = (what: string) => async () => {
    told.push(`${name} ${what}`);
    if (what === fails) throw new Error('broken');
  };
  return {
    manifest: wanted,
    warmUp: tell('warm'),
    start: tell('start'),
    pause: tell('pause'),
    close: tell('close'),
  } as unknown as Functions;
}

function generations(told: string[], load: () => Promise<Manifest>, fails: false | 'warm' | 'start' = false) {
  return createGenerations({
    first: functions('old', told),
    load,
    create: (wanted) => functions('new', told, wanted, fails),
    onDrainError: (error) => told.push(String(error)),
  });
}

test('the next generation starts where the one before has saved its checkpoints, and not earlier', async () => {
  const told: string[] = [];
  const made = generations(told, async () => manifest());
  expect(await made.reload()).toEqual({ generation: 2 });
  expect(told).toEqual(['new warm', 'old pause', 'new start', 'old close']);
});

test('a function that does not start leaves the old generation in effect, untouched', async () => {
  const told: string[] = [];
  const made = generations(told, async () => manifest(), 'warm');
  const before = made.current;
  expect(await made.reload()).toEqual({ generation: 1, problem: new Error('broken') });
  expect(made.current).toBe(before);
  expect(told).toEqual(['new warm', 'new close']);
});

test('a generation that cannot read its streams gives way to the old one again', async () => {
  const told: string[] = [];
  const made = generations(told, async () => manifest(), 'start');
  expect(await made.reload()).toEqual({ generation: 1, problem: new Error('broken') });
  expect(told).toEqual(['new warm', 'old pause', 'new start', 'new pause', 'new close', 'old start']);
});

test('a wrong serverless.yml changes nothing', async () => {
  const told: string[] = [];
  const made = generations(told, () => Promise.reject(new Error('line 3')));
  expect(await made.reload()).toEqual({ generation: 1, problem: new Error('line 3') });
  expect(told).toEqual([]);
});

test('what the sockets and the log were opened with takes a restart, and says so', async () => {
  const made = generations([], async () => manifest(2));
  expect((await made.reload()).problem).toMatchObject({ code: 'RELOAD_NEEDS_RESTART' });
});

test('reloads come one after the other, and none after the stop', async () => {
  const told: string[] = [];
  const made = generations(told, async () => manifest());
  const both = Promise.all([made.reload(), made.reload()]);
  expect(await both).toEqual([{ generation: 2 }, { generation: 3 }]);
  await made.stop();
  expect((await made.reload()).problem).toMatchObject({ code: 'STOPPING' });
  expect(told.filter((what) => what.endsWith('start'))).toHaveLength(2);
});
