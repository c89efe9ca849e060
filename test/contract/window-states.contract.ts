/** What every store of window states owes, whatever it keeps its rows in. `open` gives an empty one. */
import type { WindowStates } from '../../stores/window-states.js';

export function windowStatesContract(open: () => Promise<WindowStates>): void {
  let states: WindowStates;
  beforeEach(async () => {
    states = await open();
  });
  afterEach(() => states.close());

  test('keeps the last position and window of each lane', async () => {
    expect(await states.load('f:s', 0)).toBeUndefined();
    expect(await states.load('f:s', 1)).toBeUndefined();
    const window = { start: 1_700_000_000_000, end: 1_700_000_060_000, state: '{"n":1}' };
    await states.save('f:s', 0, { next: 1n, window: null });
    await states.save('f:s', 0, { next: 2n ** 60n + 1n, window });
    await states.save('f:s', 1, { next: 5n, window: null });
    expect(await states.load('f:s', 0)).toEqual({ next: 2n ** 60n + 1n, window });
    expect(await states.load('f:s', 1)).toEqual({ next: 5n, window: null });
    expect(await states.load('g:s', 0)).toBeUndefined();
  });

  test('keeps a state as it is, whatever its text', async () => {
    await states.load('f:s', 0);
    for (const state of ['"é\u{1F321}"', '', '"\\u0000\u0001"', `"${'x'.repeat(1 << 20)}"`]) {
      const window = { start: -5, end: 0, state };
      await states.save('f:s', 0, { next: 1n, window });
      expect(await states.load('f:s', 0)).toEqual({ next: 1n, window });
    }
  });
}
