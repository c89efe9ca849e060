import type { StreamSettings } from '../../../common/settings.js';
import { create } from '../../../functions/tick/handler.js';
import { alertProject } from '../../support/alert-project.js';
import { invocation, memoryPlatform } from '../../support/platform.js';

test('ticks do not go back when the clock is set back, nor after a restart', async () => {
  const platform = memoryPlatform();
  const first = await create(platform);
  await first.scheduled!({ time: 5_000 }, invocation());
  await first.scheduled!({ time: 1_000 }, invocation());
  const restarted = await create(platform);
  await restarted.scheduled!({ time: 2_000 }, invocation());
  await restarted.scheduled!({ time: 6_000 }, invocation());
  expect(platform.ticks).toEqual([5_000, 5_000, 5_000, 6_000]);
});

test('the time is kept before it is told', async () => {
  const platform = memoryPlatform();
  const failing = { ...platform, appendTick: async () => Promise.reject(new Error('crash')) };
  const { scheduled } = await create(failing);
  await expect(scheduled!({ time: 5_000 }, invocation())).rejects.toThrow('crash');
  expect(await platform.stores.ticks.lastTick()).toBe(5_000);
});

test('counts of fleets hear of time when rules are about them, else once a minute', async () => {
  const heard: string[] = [];
  const told = (rules: string) => {
    const { root } = alertProject(rules);
    const streams = { fleet: {} as StreamSettings };
    const platform = memoryPlatform({ root, streams });
    return {
      ...platform,
      appendTick: async (stream: string, time: number) => void heard.push(`${stream} ${time}`),
    };
  };
  const plain = await create(told('- { alert: A, expr: event.t > 5, labels: { severity: a } }'));
  for (const time of [59_000, 60_000, 61_000, 119_000, 125_000])
    await plain.scheduled!({ time }, invocation());
  expect(heard.filter((one) => one.startsWith('fleet'))).toEqual(['fleet 60000', 'fleet 125000']);
  heard.length = 0;
  const rule =
    '- { alert: A, fleet: { count: event.t > 5 }, expr: fleet.share > 0.5, labels: { severity: a } }';
  const fleet = await create(told(rule));
  await fleet.scheduled!({ time: 61_000 }, invocation());
  expect(heard).toEqual(['telemetry 61000', 'fleet 61000']);
});
