import { compareEpisodes } from '../../../functions/alert/backtest/difference.js';
import type { Episode } from '../../../functions/alert/backtest/episode.js';
import { backtestPage } from '../../../simulators/backtest/page.js';
import { byRule } from '../../../simulators/backtest/result.js';
import { differenceLines, resultDocument, ruleRows } from '../../../simulators/backtest/text.js';
import { axis } from '../../../simulators/backtest/timeline.js';

const T0 = Date.UTC(2024, 4, 1);
const HOUR = 3_600_000;
const SPAN = { from: T0, to: T0 + 240 * HOUR };
const episode = (
  deviceId: string,
  from: number,
  to: number | null,
  noData: Episode['noData'] = null,
): Episode => ({
  rule: 'Hot',
  deviceId,
  severity: 'critical',
  startsAt: T0 + from * HOUR,
  endsAt: to === null ? null : T0 + to * HOUR,
  noData,
});

const resultOf = (before: Episode[] | null, after: Episode[]) => ({
  source: 'a.csv',
  before: before === null ? null : 'rules',
  after: 'new <rules>',
  span: SPAN,
  events: 1000,
  refused: 2,
  difference: compareEpisodes(before, after, SPAN),
  notes: ['a & b'],
});

const RESULT = resultOf(
  [episode('d1', 1, 3), episode('d1', 50, 60), episode('d2', 5, 9)],
  [episode('d1', 1, 3), episode('d1', 50, 70, { until: T0 + 90 * HOUR }), episode('d3', 200, null)],
);

test('one row for each device, a bar for each alert, and everything escaped', () => {
  const page = backtestPage(RESULT);
  expect(page.match(/<rect class="same"/g)).toHaveLength(2);
  expect(page.match(/<rect class="changed"/g)).toHaveLength(2);
  expect(page.match(/<rect class="before"/g)).toHaveLength(1);
  expect(page.match(/<rect class="after"/g)).toHaveLength(1);
  expect(page.match(/<rect class="nodata"/g)).toHaveLength(1);
  expect(page).toContain('aria-label="Hot, d1: 1 the same, 1 changed, 0 only before, 0 only after"');
  expect(page).toContain('<title>after: 2024-05-09T08:00Z, lasting</title>');
  expect(page).toContain('new &lt;rules&gt;');
  expect(page).toContain('a &amp; b');
  expect(page).not.toContain('<script');
  expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
});

test('what is too close to be drawn apart is one bar', () => {
  const many = Array.from({ length: 2_000 }, (_, index) => episode('d1', index / 10, index / 10 + 0.05));
  const page = backtestPage(resultOf(null, many));
  expect(page.match(/<rect class="same"/g)!.length).toBeLessThan(500);
  expect(page).toContain('2,000 alerts, too close');
});

test('many devices: those with most differences are drawn', () => {
  const many = Array.from({ length: 200 }, (_, index) => episode(`d${index}`, 1, 2));
  const page = backtestPage(resultOf([], many));
  expect(page).toContain('200 devices; the 60 with most differences are drawn');
  expect(page).toContain('All differences (200)');
});

test('nothing fires', () => {
  expect(backtestPage(resultOf([], []))).toContain('Nothing fires.');
});

test('text and JSON', () => {
  expect(ruleRows(RESULT)[1]).toEqual(['Hot', '3', '3', '3', '1', '1', '1', '1', '960 -> 3,720']);
  expect(differenceLines(RESULT)).toEqual([
    'Hot  d1  changed: 2024-05-03T02:00Z for 10 h -> 2024-05-03T02:00Z for 20 h, then no data',
    'Hot  d2  only before: 2024-05-01T05:00Z for 4 h',
    'Hot  d3  only after: 2024-05-09T08:00Z, lasting',
  ]);
  expect(differenceLines(RESULT, 1)[1]).toBe('and 2 differences more: --json and --html have them all');
  expect(byRule(RESULT)[0]).toMatchObject({
    devices: 3,
    counts: { same: 1, changed: 1, before: 1, after: 1 },
  });
  expect(resultDocument(RESULT)).toMatchObject({
    found: { same: 1, changed: 1, before: 1, after: 1 },
    totals: { before: { alerts: 3 }, after: { alerts: 3 } },
  });
});

test('axes have round moments, not too many', () => {
  const texts = (from: string, to: string) =>
    axis({ from: Date.parse(from), to: Date.parse(to) }).map(({ text }) => text);
  expect(texts('2024-05-01T10:20:00Z', '2024-05-01T11:10:00Z')[0]).toBe('10:20');
  expect(texts('2024-05-01T00:00:00Z', '2024-05-11T00:00:00Z')).toHaveLength(10);
  expect(texts('2013-01-01T06:00:00Z', '2013-12-30T23:00:00Z')[0]).toBe('2013-02');
  expect(texts('2000-01-01T00:00:00Z', '2020-01-01T00:00:00Z').length).toBeLessThanOrEqual(12);
});
