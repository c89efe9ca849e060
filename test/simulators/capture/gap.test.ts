import { GapWatch } from '../../../simulators/capture/gap.js';

describe('a gap', () => {
  // time     0    5    8      20    30
  //          |----x    lost   lost  back
  //          start     (noticed at 8, last sign at 5)
  test('goes from the last sign of life to when messages come again, however often connecting fails', () => {
    const watch = new GapWatch(0);
    watch.sign(5);
    expect(watch.begin('reset')).toBe(true);
    watch.sign(19); // of an attempt that came to nothing
    expect(watch.begin('refused')).toBe(false);
    expect(watch.end(30, false)).toEqual({ from: 5, to: 30, reason: 'reset', kept: false });
    expect(watch.end(31, false)).toBeNull();
  });

  test('the next one begins after it', () => {
    const watch = new GapWatch(0);
    watch.begin('a');
    watch.end(10, true);
    watch.begin('b');
    expect(watch.end(12, true)).toEqual({ from: 10, to: 12, reason: 'b', kept: true });
  });
});
