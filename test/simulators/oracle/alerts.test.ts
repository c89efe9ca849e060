import { AlertCourses } from '../../../simulators/oracle/alerts.js';
import type { Arrival } from '../../../simulators/oracle/windows.js';

const MARGIN = 1_000;
const at = (time: number): Arrival => [time, time];

/** Events as [event time, holds, certain]; each arrives when it happens. */
function outcome(
  forMs: number,
  events: readonly (readonly [number, boolean, boolean?])[],
  look: number,
  noDataMs: number | null = null,
) {
  const courses = new AlertCourses<string>({ forMs, noDataMs }, MARGIN);
  for (const [time, holds, certain = true] of events) courses.add(holds, time, at(time), `e${time}`, certain);
  const { certain, possible, lost } = courses.outcome(at(look));
  const shown = (list: typeof certain) =>
    list.map(({ state, startsAt, endsAt, cause }) => [state, startsAt, endsAt, cause]);
  return { certain: shown(certain), possible: shown(possible), lost };
}

const none = { possible: [], lost: false };

//   e:  10 hot   20 hot   30 cold
test('without `for` an alert lasts from the first event that holds to the first that does not', () => {
  const events = [
    [10, true],
    [20, true],
    [30, false],
  ] as const;
  expect(outcome(0, events, 100)).toEqual({
    ...none,
    certain: [
      ['firing', 10, null, 'e10'],
      ['resolved', 10, 30, 'e30'],
    ],
  });
});

test('an event older than the latest that held ends nothing', () => {
  expect(
    outcome(
      0,
      [
        [10, true],
        [20, true],
        [15, false],
      ],
      100,
    ).certain,
  ).toEqual([['firing', 10, null, 'e10']]);
});

test('one that held before an alert that is over is told at once, within it nothing is', () => {
  const events = [
    [10, true],
    [30, false],
    [20, true],
    [5, true],
  ] as const;
  expect(outcome(0, events, 100).certain.slice(2)).toEqual([
    ['firing', 5, null, 'e5'],
    ['resolved', 5, 5, 'e5'],
  ]);
});

test('`for` runs from event to event, and by ticks when the device is silent', () => {
  expect(
    outcome(
      5_000,
      [
        [1_000, true],
        [5_900, true],
      ],
      5_900,
    ).certain,
  ).toEqual([]);
  expect(
    outcome(
      5_000,
      [
        [1_000, true],
        [6_000, true],
      ],
      6_000,
    ).certain,
    // Nobody can say whether this event or a tick of the same moment made it fire.
  ).toEqual([['firing', 1_000, null, null]]);
  expect(outcome(5_000, [[1_000, true]], 5_000)).toEqual({ ...none, certain: [] });
  expect(outcome(5_000, [[1_000, true]], 7_000)).toEqual({
    ...none,
    certain: [['firing', 1_000, null, null]],
  });
});

test('about the moment of a tick, either may be told', () => {
  expect(outcome(5_000, [[1_000, true]], 6_500)).toEqual({
    certain: [],
    possible: [['firing', 1_000, null, null]],
    lost: false,
  });
});

test('what is uncertain for a while is certain again when it has come to the same', () => {
  // A tick may have come before 6,500; by 9,000 one has.
  const { certain, possible } = outcome(
    5_000,
    [
      [1_000, true],
      [6_500, true],
      [9_000, true],
    ],
    9_000,
  );
  expect(certain.map(([state, startsAt]) => [state, startsAt])).toEqual([['firing', 1_000]]);
  expect(possible).toEqual([]);
});

test('an event that may not have come may have begun an alert; one that certainly came begins it', () => {
  const events = [
    [10, true, false],
    [20, true],
    [30, false],
  ] as const;
  const { certain, possible } = outcome(0, events, 100);
  expect(certain).toEqual([]);
  expect(possible.map(([state, startsAt, endsAt]) => [state, startsAt, endsAt])).toEqual([
    ['firing', 10, null],
    ['resolved', 10, 30],
    ['firing', 20, null],
    ['resolved', 20, 30],
  ]);
});

test('an event that may have come for a second time changes nothing while it is the newest', () => {
  const { certain, possible } = outcome(
    0,
    [
      [10, true, false],
      [10, true],
      [30, false],
    ],
    100,
  );
  expect(certain.map(([state]) => state)).toEqual(['firing', 'resolved']);
  expect(possible).toEqual([]);
});

test('when too much is uncertain it says so, and what was certain before stays', () => {
  const events: [number, boolean, boolean?][] = [
    [1, true],
    [2, false],
  ];
  for (let time = 10; time < 200; time += 10) events.push([time, time % 20 === 0, false]);
  const { certain, lost } = outcome(0, events, 1_000);
  expect(lost).toBe(true);
  expect(certain.map(([state, startsAt]) => [state, startsAt])).toEqual([
    ['firing', 1],
    ['resolved', 1],
  ]);
});

//   e:  0 hot                  |tick at 60,000: nobody knows any more|   70,000 hot   80,000 cold
test('an alert whose data is missed was last known to hold; data again begins another one', () => {
  const events = [
    [0, true],
    [70_000, true],
    [80_000, false],
  ] as const;
  expect(outcome(0, events, 90_000, 60_000)).toEqual({
    ...none,
    certain: [
      ['firing', 0, null, 'e0'],
      ['nodata', 0, 0, null],
      ['firing', 70_000, null, 'e70000'],
      ['resolved', 70_000, 80_000, 'e80000'],
    ],
  });
});

test('it ended with its data when the next event does not hold', () => {
  const events = [
    [0, true],
    [70_000, false],
  ] as const;
  expect(outcome(0, events, 90_000, 60_000).certain.slice(1)).toEqual([
    ['nodata', 0, 0, null],
    ['resolved', 0, 0, 'e70000'],
  ]);
});

test('close to the time when data is missed nobody knows', () => {
  expect(outcome(0, [[0, true]], 60_500, 60_000)).toEqual({
    certain: [['firing', 0, null, 'e0']],
    possible: [['nodata', 0, 0, null]],
    lost: false,
  });
});

test('a gap between event times is one, however quickly the events come', () => {
  const courses = new AlertCourses<string>({ forMs: 30_000, noDataMs: 60_000 }, MARGIN);
  for (const time of [0, 90_000, 120_000]) courses.add(true, time, at(0), `e${time}`, true);
  expect(courses.outcome(at(10)).certain).toMatchObject([{ state: 'firing', startsAt: 90_000 }]);
});
