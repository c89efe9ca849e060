import { tumblingPerDevice, type WindowShape } from '../../../../common/aggregations.js';
import { costOf } from '../../../../functions/aggregate/definitions/cost.js';

const [base] = tumblingPerDevice(10_000, 60_000).definitions;
const cost = (window: WindowShape, allowedLatenessMs: number) =>
  costOf({ ...base!, window, allowedLatenessMs });

// One window fills up while those before it wait for what is late:
//
//     event time  |--- 1 ---|--- 2 ---|--- 3 ---|--- 4 (fills) ...
//     open                  <---- lateness ----><-->
test.each<[WindowShape, number, number, number]>([
  [{ type: 'tumbling', sizeMs: 10_000 }, 60_000, 1, 7],
  [{ type: 'tumbling', sizeMs: 10_000 }, 0, 1, 1],
  [{ type: 'tumbling', sizeMs: 10_000 }, 61_000, 1, 8],
  [{ type: 'hopping', sizeMs: 60_000, everyMs: 10_000 }, 0, 6, 6],
  [{ type: 'hopping', sizeMs: 60_000, everyMs: 10_000 }, 60_000, 6, 12],
  [{ type: 'session', gapMs: 300_000, maxMs: 86_400_000 }, 60_000, 1, 2],
  [{ type: 'last', count: 100 }, 60_000, 1, 1],
])('%j with %d ms of lateness', (window, lateness, windowsPerEvent, openWindows) => {
  expect(cost(window, lateness)).toEqual({ windowsPerEvent, openWindows });
});
