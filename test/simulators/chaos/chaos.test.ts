import { setTimeout as delay } from 'node:timers/promises';
import { type ChaosBackend, createChaos } from '../../../simulators/chaos/chaos.js';
import { wallNow } from '../../../simulators/drivers/clock.js';
import type { ChaosStep } from '../../../simulators/scenario/scenario.js';
import { poll } from '../../support/poll.js';

/** Writes down what is done to it. */
function recorder(): ChaosBackend & { readonly done: string[] } {
  const done: string[] = [];
  return {
    done,
    kill: async () => void done.push('kill'),
    start: async () => void done.push('start'),
    restart: async () => void done.push('restart'),
    pause: () => void done.push('pause'),
    resume: () => void done.push('resume'),
  };
}

test('does every step in order of its moment', async () => {
  const backend = recorder();
  const steps: ChaosStep[] = [
    { at: 60, action: 'restart' },
    { at: 20, action: 'kill', restartAfter: 10 },
    { at: 40, action: 'stop', lasts: 10 },
  ];
  const chaos = createChaos(steps, backend);
  chaos.start(wallNow(), 1);
  await poll(() => backend.done.length === 5);
  await chaos.stop();
  expect(backend.done).toEqual(['kill', 'start', 'pause', 'resume', 'restart']);
  expect(chaos.log.map(({ what }) => what.replace(/[\d.]+ s$/, 'a while'))).toEqual([
    'killed (kill -9)',
    'up again after a while',
    'stopped in its tracks (SIGSTOP)',
    'goes on (SIGCONT)',
    'told to stop (SIGTERM)',
    'drained, stopped and up again after a while',
  ]);
});

test('moments are scenario time', async () => {
  const backend = recorder();
  const chaos = createChaos([{ at: 3_600_000, action: 'restart' }], backend);
  chaos.start(wallNow(), 360_000);
  await poll(() => backend.done.length === 1);
  await chaos.stop();
  expect(chaos.log[0]!.second).toBeLessThan(3_600);
});

test('a slow backend runs and is stopped in turn, and runs at the end', async () => {
  const backend = recorder();
  const chaos = createChaos([{ at: 0, action: 'slow', lasts: 350, share: 0.3 }], backend);
  chaos.start(wallNow(), 1);
  await poll(() => chaos.log.length === 2);
  await chaos.stop();
  expect(backend.done.length).toBeGreaterThanOrEqual(4);
  expect(backend.done.filter((_, index) => index % 2 === 0).every((what) => what === 'pause')).toBe(true);
  expect(backend.done.at(-1)).toBe('resume');
});

test.each([
  ['stop', { at: 0, action: 'stop', lasts: 60_000 }, 'resume'],
  ['slow', { at: 0, action: 'slow', lasts: 60_000, share: 0.5 }, 'resume'],
  ['kill', { at: 0, action: 'kill', restartAfter: 60_000 }, 'start'],
] as const)('the end of the run cuts a %s short and leaves the backend running', async (_, step, last) => {
  const backend = recorder();
  const chaos = createChaos([step, { at: 1, action: 'restart' }], backend);
  chaos.start(wallNow(), 1);
  await poll(() => backend.done.length > 0);
  await chaos.stop();
  expect(backend.done.at(-1)).toBe(last);
  expect(backend.done).not.toContain('restart');
});

test('a step that fails fails the run', async () => {
  const backend = recorder();
  const broken = { ...backend, kill: () => Promise.reject(new Error('no such backend')) };
  const chaos = createChaos([{ at: 0, action: 'kill', restartAfter: 0 }], broken);
  chaos.start(wallNow(), 1);
  await delay(0);
  await expect(chaos.stop()).rejects.toThrow('no such backend');
});

test('stopped before it began, it does nothing', async () => {
  const backend = recorder();
  const chaos = createChaos([{ at: 0, action: 'restart' }], backend);
  await chaos.stop();
  expect(backend.done).toEqual([]);
});
