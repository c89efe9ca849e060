/** What operators see of alerts, silences, deliveries and the trail. */
import { age, oneLine, tableOf } from '../../cli/operator-output.js';
import {
  type AlertDetail,
  AUDIT_COLUMNS,
  alertColumns,
  alertText,
  silenceColumns,
  targetColumns,
} from '../../cli/operator-tables.js';
import { auditView, silenceView } from '../../functions/query/actViews.js';
import { alertDetail } from '../../functions/query/alertDetail.js';
import { targetViews } from '../../functions/query/deliveryViews.js';
import { sampleData, T0 } from '../support/query-data.js';
import { queryPlatform } from '../support/query-platform.js';

const NOW = T0 + 120_000;
const data = sampleData();
const { stores } = queryPlatform(data);
let detail: AlertDetail;

beforeAll(async () => {
  detail = await alertDetail(data.alerts[0]!, stores, NOW);
});

/** Cells of the table's last row, by heading. */
function cells(table: string): Record<string, string> {
  const [headings, row] = table.trimEnd().split('\n').slice(-2) as [string, string];
  const starts = [...headings.matchAll(/\S+( \S+)*/g)].map((match) => ({ name: match[0], at: match.index }));
  return Object.fromEntries(
    starts.map(({ name, at }, index) => [name, row.slice(at, starts[index + 1]?.at).trim()]),
  );
}

test('alerts: state, value, how long, who takes care', () => {
  expect(cells(tableOf([detail], alertColumns(NOW)))).toMatchObject({
    STATE: 'firing',
    SEVERITY: 'critical',
    RULE: 'HighTemperature',
    VALUE: '85',
    SINCE: '2 min',
    HANDLED: 'by ann, silenced',
    FINGERPRINT: detail.fingerprint,
  });
  expect(cells(tableOf([{ ...detail, flapping: true }], alertColumns(NOW))).STATE).toBe('firing, flapping');
});

test('one alert: comments, silences, and who was told', () => {
  const text = alertText(detail, NOW);
  for (const part of [
    'HighTemperature on dev-1',
    'acknowledged  by ann',
    'bob: the door was open',
    '{deviceId="dev-1"}',
    'ops/email/0',
    'nobody answers',
  ]) {
    expect(text).toContain(part);
  }
  expect(alertText({ ...detail, deliveries: [] }, NOW)).toContain('Nobody was told');
});

test('silences, targets and the trail', () => {
  const views = data.silences.map((silence) => silenceView(silence, T0 + 7_200_000));
  expect(views.map((view) => cells(tableOf([view], silenceColumns(T0 + 7_200_000))).WHEN)).toEqual([
    '60 min ago',
    expect.stringMatching(/^\d+ d left$/),
    expect.stringMatching(/^in \d+ d$/),
  ]);
  const targets = targetViews(data.targets, [], data.targets[0]!.openUntil - 30_000);
  expect(
    cells(tableOf(targets.slice(0, 1), targetColumns(data.targets[0]!.openUntil - 30_000))),
  ).toMatchObject({
    BREAKER: 'open, again in 30 s',
    FAILURES: '7',
    DEAD: '0',
  });
  const [silence] = data.silences;
  const at = silence!.createdAt;
  const entries = [
    ...data.audit,
    { id: 3n, at, author: 'a', act: 'silence' as const, subject: 's', details: { ...silence } },
    { id: 4n, at, author: 'a', act: 'redrive' as const, subject: '', details: { ids: ['x', 'y'] } },
  ];
  expect(entries.map((entry) => cells(tableOf([auditView(entry)], AUDIT_COLUMNS)).DETAILS)).toEqual([
    '',
    '1 of ops/webhook/0',
    expect.stringMatching(/^\{deviceId="dev-2"\} until .*: works$/),
    '2 by id',
  ]);
});

test('ages as people say them; nothing that was sent controls the terminal', () => {
  expect([0, 99_000, 100_000, 5_940_000, 6_000_000, 200_000_000].map(age)).toEqual([
    '0 s',
    '99 s',
    '2 min',
    '99 min',
    '2 h',
    '2 d',
  ]);
  expect(oneLine('\u001b[31mred\u001b[0m\nnext\u0007')).toBe('red next ');
});
