/** What is idle is forgotten, and read again when it is needed. */
import type { WindowShape } from '../../../common/aggregations.js';
import { Device } from '../../../functions/aggregate/device.js';
import { emptyTally, MAX_OWNERS, maxOwners, PartitionState } from '../../../functions/aggregate/partition.js';
import { Plans } from '../../../functions/aggregate/plan.js';
import { aggregateSettings } from './harness.js';

function stateOf(count: number): PartitionState {
  const state = new PartitionState(emptyTally(0), new Plans(aggregateSettings([{}])));
  for (let index = 0; index < count; index++) {
    const device = new Device(`d${index}`);
    // The first ones were changed last.
    device.run = count - index;
    state.devices.set(device.key, device);
  }
  return state;
}

test('the longest idle go first, and some more, so that there is room', () => {
  const state = stateOf(100);
  state.evict(100);
  expect(state.devices.size).toBe(100);
  state.evict(50);
  expect([...state.devices.keys()]).toEqual(Array.from({ length: 45 }, (_, index) => `d${index}`));
});

test('those with open windows stay', () => {
  const state = stateOf(100);
  const plan = state.plans.ofDevices[0]!;
  for (const device of state.devices.values()) device.seriesOf(plan).window(0, 10_000);
  state.evict(50);
  expect(state.devices.size).toBe(100);
  // It is not worth looking again until there are some more.
  state.devices.get('d99')!.series = null;
  state.evict(50);
  expect(state.devices.size).toBe(100);
  for (let index = 0; index < 5; index++) state.devices.set(`new${index}`, new Device(`new${index}`));
  state.evict(50);
  expect(state.devices.size).toBe(99);
});

test('of devices that keep their last events, fewer are remembered', () => {
  const limit = (...windows: WindowShape[]) =>
    maxOwners(new Plans(aggregateSettings(windows.map((window, index) => ({ name: `w${index}`, window })))));
  expect(limit({ type: 'tumbling', sizeMs: 1 })).toBe(MAX_OWNERS);
  expect(limit({ type: 'last', count: 2 })).toBe(MAX_OWNERS / 2);
  expect(limit({ type: 'last', count: 700 }, { type: 'last', count: 98 })).toBe(MAX_OWNERS / 400);
});
