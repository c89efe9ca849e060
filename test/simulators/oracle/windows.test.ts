import { Sequences } from '../../../simulators/oracle/sequences.js';
import { type Arrival, DeviceClock } from '../../../simulators/oracle/windows.js';

const rules = { windowMs: 10_000, latenessMs: 5_000, maxAheadMs: 60_000, marginMs: 1_000 };

/** Events as [event time, arrival, certain]. */
function placements(events: readonly (readonly [number, number | Arrival, boolean?])[]): string[] {
  const clock = new DeviceClock(rules);
  return events.map(([time, arrival, certain = true]) =>
    clock.place(time, typeof arrival === 'number' ? [arrival, arrival] : arrival, certain),
  );
}

test("an event is late when its window ends at or before the device's newest event less the lateness", () => {
  expect(
    placements([
      [14_999, 0],
      [9_999, 0],
    ]),
  ).toEqual(['in window', 'in window']);
  expect(
    placements([
      [15_000, 0],
      [9_999, 0],
    ]),
  ).toEqual(['in window', 'late']);
});

//   window [0, 10 s) closes by a tick when the device's clock, going on from 8 s at 100 s, reaches 15 s: at 107 s
test('ticks close the window of a silent device; about that moment it is uncertain', () => {
  const first = [8_000, 100_000] as const;
  expect(placements([first, [9_000, 106_000]])).toEqual(['in window', 'in window']);
  expect(placements([first, [9_000, 107_500]])).toEqual(['in window', 'uncertain']);
  expect(placements([first, [9_000, 108_000]])).toEqual(['in window', 'late']);
  expect(placements([first, [9_000, [106_000, 109_000]]])).toEqual(['in window', 'uncertain']);
});

test('only windows that are there are closed: a backlog finds the later ones open', () => {
  expect(
    placements([
      [8_000, 100_000],
      [12_000, 300_000],
      [9_000, 300_000],
    ]),
  ).toEqual(['in window', 'in window', 'late']);
});

//   an event of 80 s arrives at 0: the clock goes to 60 s, and [50 s, 60 s) is open still for what arrives at once
test('a clock that runs ahead is bounded by the arrival; about that moment it is uncertain', () => {
  expect(
    placements([
      [80_000, 0],
      [52_000, 0],
      [49_000, 0],
      [80_000, [4_900, 5_100]],
      [52_000, 5_200],
      [80_000, 6_000],
      [52_000, 6_000],
    ]),
  ).toEqual(['in window', 'in window', 'late', 'in window', 'uncertain', 'in window', 'late']);
});

test('what may have come may have moved the clock', () => {
  expect(
    placements([
      [1_000, 0],
      [15_000, 0, false],
      [2_000, 0],
    ]),
  ).toEqual(['in window', 'in window', 'uncertain']);
  expect(
    placements([
      [1_000, 0],
      [15_000, 0, false],
      [15_000, 0],
      [2_000, 0],
    ]).at(-1),
  ).toBe('late');
});

test('numbers: the last 256 are remembered, and what may have come counts once when it does come', () => {
  const sequences = new Sequences();
  expect(sequences.take(1, true)).toBe('first');
  expect(sequences.take(1, true)).toBe('repeated');
  expect(sequences.take(2, false)).toBe('first');
  expect(sequences.take(2, true)).toBe('first or repeated');
  expect(sequences.take(2, true)).toBe('repeated');
  expect(sequences.take(256, true)).toBe('first');
  expect(sequences.take(1, true)).toBe('repeated');
  expect(sequences.take(257, false)).toBe('first');
  expect(sequences.take(1, true)).toBe('new or repeated');
  expect(sequences.take(258, true)).toBe('first');
  expect(sequences.take(1, true)).toBe('first');
});
