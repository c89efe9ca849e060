import { geofence, type Position } from '../../../../functions/alert/language/geofence.js';

const contains = (corners: readonly Position[], x: number, y: number) =>
  geofence('a', corners).contains(x, y);
const square: Position[] = [
  [0, 0],
  [2, 0],
  [2, 2],
  [0, 2],
];

test.each([
  [1, 1, true],
  [3, 1, false],
  [-1, 1, false],
  [1, 3, false],
])('a square and %d, %d', (x, y, expected) => {
  expect(contains(square, x, y)).toBe(expected);
});

test('borders and corners are inside', () => {
  for (const [x, y] of [
    [0, 0],
    [2, 2],
    [1, 0],
    [0, 1],
    [2, 1],
    [1, 2],
  ] as const) {
    expect(contains(square, x, y)).toBe(true);
  }
});

test('what is cut out is outside, whichever way round the corners go', () => {
  const notched: Position[] = [
    [0, 0],
    [4, 0],
    [4, 4],
    [2, 1],
    [0, 4],
  ];
  for (const corners of [notched, [...notched].reverse()]) {
    expect(contains(corners, 2, 2)).toBe(false);
    expect(contains(corners, 2, 1)).toBe(true);
    expect(contains(corners, 0.5, 2)).toBe(true);
    expect(contains(corners, 3.5, 2)).toBe(true);
  }
});

test('a ray through a corner counts it once', () => {
  const diamond: Position[] = [
    [0, -1],
    [1, 0],
    [0, 1],
    [-1, 0],
  ];
  expect(contains(diamond, 0, 0)).toBe(true);
  expect(contains(diamond, -2, 0)).toBe(false);
  expect(contains(diamond, 2, 0)).toBe(false);
});

test('areas across the antimeridian', () => {
  const fiji: Position[] = [
    [177, -20],
    [-178, -20],
    [-178, -15],
    [177, -15],
  ];
  expect(contains(fiji, 179, -17)).toBe(true);
  expect(contains(fiji, -179, -17)).toBe(true);
  expect(contains(fiji, 180, -17)).toBe(true);
  expect(contains(fiji, 0, -17)).toBe(false);
  expect(contains(fiji, -177, -17)).toBe(false);
});
