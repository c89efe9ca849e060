import { durationMs, durationText, epochMs, sizeBytes } from '../../common/units.js';

test.each<[unknown, number | undefined]>([
  ['250ms', 250],
  ['10s', 10_000],
  ['1h30m', 5_400_000],
  ['7d', 604_800_000],
  ['2w', 1_209_600_000],
  [1500, 1500],
  ['10', undefined],
  ['-1s', undefined],
  ['1.5h', undefined],
  ['', undefined],
  [-1, undefined],
  [null, undefined],
  ['99999999999999w', undefined],
])('duration %j', (value, expected) => expect(durationMs(value)).toBe(expected));

test.each([
  [0, '0s'],
  [250, '250ms'],
  [5_400_000, '1h30m'],
  [604_800_000 + 86_400_000, '1w1d'],
  [90_001, '1m30s1ms'],
])('%d ms is written as %s, and read again', (ms, text) => {
  expect(durationText(ms)).toBe(text);
  expect(durationMs(text)).toBe(ms);
});

test.each<[unknown, number | undefined]>([
  ['512B', 512],
  ['256KiB', 262_144],
  ['1GiB', 1_073_741_824],
  [42, 42],
  ['1GB', undefined],
  ['1 GiB', undefined],
  [0.5, undefined],
])('size %j', (value, expected) => expect(sizeBytes(value)).toBe(expected));

test.each<[unknown, number | undefined]>([
  ['2000-01-01', 946_684_800_000],
  ['2000-01-01T01:00:00+01:00', 946_684_800_000],
  [0, 0],
  ['2000-13-01', undefined],
  ['1 January 2000', undefined],
])('moment %j', (value, expected) => expect(epochMs(value)).toBe(expected));
