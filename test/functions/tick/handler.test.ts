import { create } from '../../../functions/tick/handler.js';
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
