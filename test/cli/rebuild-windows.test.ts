import { lineOf, summaryText } from '../../cli/rebuild-windows.js';

const START = Date.UTC(2026, 10, 20);
const difference = {
  definition: 'site',
  key: 'site=north',
  level: 'windows',
  start: START,
  end: START + 10_000,
  found: 'different',
} as const;
const summary = {
  records: 10,
  comparableFrom: 0,
  trimmed: false,
  equal: 5,
  different: 0,
  storedOnly: 0,
  rebuiltOnly: 0,
  waiting: 0,
  written: 0,
};

test('a difference is one line, however much differs', () => {
  expect(lineOf({ ...difference, partition: 2, figures: ['events', 'temperature.sum'] })).toBe(
    'site site=north  windows  2026-11-20T00:00:00.000Z (partition 2): events, temperature.sum',
  );
  const many = Array.from({ length: 20 }, (_, i) => `m${i}.sum`);
  expect(lineOf({ ...difference, key: '', level: 'day', figures: many })).toBe(
    'site  day  2026-11-20T00:00:00.000Z: m0.sum, m1.sum, m2.sum, m3.sum, m4.sum, m5.sum and 14 more',
  );
  expect(lineOf({ ...difference, found: 'stored only', figures: [] })).toMatch(/: stored only$/);
});

test('the summary says what was compared, what was not, and what can be done', () => {
  expect(summaryText(summary, false).split('\n')).toHaveLength(1);
  expect(summaryText({ ...summary, trimmed: true, comparableFrom: START }, false)).toContain(
    'rows from 2026-11-20T00:00:00.000Z on were compared',
  );
  expect(summaryText({ ...summary, trimmed: true, comparableFrom: Infinity }, false)).toContain(
    'nothing can be',
  );
  expect(summaryText({ ...summary, different: 1, waiting: 3 }, false)).toMatch(
    /3 buckets were left out[\s\S]*--apply/,
  );
  expect(summaryText({ ...summary, storedOnly: 1, written: 2 }, true)).toMatch(
    /2 rows were written[\s\S]*left as/,
  );
});
