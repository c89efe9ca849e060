/** A backtest for a terminal, and as JSON. */
import type { Pair } from '../../functions/alert/backtest/difference.js';
import type { Episode } from '../../functions/alert/backtest/episode.js';
import { count, counted, rate, span as spanText } from '../report/format.js';
import { type BacktestResult, byRule } from './result.js';

/** A person reads no more lines than this; the counts are complete. */
const SHOWN = 40;

/** Rows of the table of rules, the heading first. */
export function ruleRows(result: BacktestResult): string[][] {
  const compares = result.before !== null;
  const heading = compares
    ? ['RULE', 'DEVICES', 'BEFORE', 'AFTER', 'SAME', 'CHANGED', 'ONLY BEFORE', 'ONLY AFTER', 'MINUTES']
    : ['RULE', 'DEVICES', 'ALERTS', 'MINUTES'];
  const rows = byRule(result).map(({ rule, devices, before, after, counts }) =>
    compares
      ? [
          rule,
          count(devices),
          count(before.alerts),
          count(after.alerts),
          count(counts.same),
          count(counts.changed),
          count(counts.before),
          count(counts.after),
          `${count(before.minutes)} -> ${count(after.minutes)}`,
        ]
      : [rule, count(devices), count(after.alerts), count(after.minutes)],
  );
  return [heading, ...rows];
}

/** What is different, a line each; at most so many, and how many there are besides. */
export function differenceLines({ difference }: BacktestResult, shown = SHOWN): string[] {
  const lines: string[] = [];
  let more = 0;
  for (const { rule, deviceId, pairs } of difference.rows) {
    for (const pair of pairs) {
      if (pair.found === 'same') continue;
      if (lines.length < shown) lines.push(`${rule}  ${deviceId}  ${pairText(pair)}`);
      else more++;
    }
  }
  if (more > 0) lines.push(`and ${counted(more, 'difference')} more: --json and --html have them all`);
  return lines;
}

export function totalsText({
  difference,
  before,
  after,
  span,
  events,
  refused,
  source,
}: BacktestResult): string {
  const days = (span.to - span.from) / 86_400_000;
  const line = (name: string, totals: BacktestResult['difference']['after']) =>
    `${name}: ${counted(totals.alerts, 'alert')} of ${counted(totals.devices, 'device')}, ` +
    `${count(totals.alertingMinutes)} minutes, ${rate(totals.alertsPerDay)} a day`;
  return [
    `${source}: ${counted(events, 'event')} of ${rate(days)} days, ${timeText(span.from)} to ${timeText(span.to)}` +
      (refused > 0 ? `; ${count(refused)} more are refused by validation` : ''),
    ...(difference.before === null ? [] : [line(`before (${before})`, difference.before)]),
    line(difference.before === null ? after : `after (${after})`, difference.after),
  ].join('\n');
}

/** `only after: 2013-07-05T17:00Z for 3 h` */
export function pairText({ found, before, after }: Pair): string {
  if (found === 'changed') return `changed: ${episodeText(before!)} -> ${episodeText(after!)}`;
  if (found === 'same') return `same: ${episodeText(after ?? before!)}`;
  return found === 'before' ? `only before: ${episodeText(before!)}` : `only after: ${episodeText(after!)}`;
}

export function episodeText({ startsAt, endsAt, noData }: Episode): string {
  if (endsAt === null) return `${timeText(startsAt)}, lasting`;
  const text = `${timeText(startsAt)} for ${spanText((endsAt - startsAt) / 1000)}`;
  return noData === null ? text : `${text}, then no data`;
}

/** To the second, in UTC; without seconds that are nought. */
export function timeText(time: number): string {
  if (!Number.isFinite(time)) return '–';
  const text = new Date(time).toISOString();
  return `${text.slice(0, text.slice(17, 19) === '00' ? 16 : 19)}Z`;
}

export function resultDocument(result: BacktestResult): object {
  const { source, before, after, events, refused, notes, difference, span } = result;
  const episode = (of: Episode | null) =>
    of === null
      ? null
      : {
          startsAt: iso(of.startsAt),
          endsAt: of.endsAt === null ? null : iso(of.endsAt),
          ...(of.noData === null
            ? {}
            : { noDataUntil: of.noData.until === null ? null : iso(of.noData.until) }),
        };
  return {
    ...{ source, before, after, events, refused, notes },
    from: iso(span.from),
    to: iso(span.to),
    totals: { before: difference.before, after: difference.after },
    found: difference.counts,
    rules: byRule(result),
    alerts: difference.rows.flatMap(({ rule, deviceId, severity, pairs }) =>
      pairs.map(({ found, before, after }) => ({
        rule,
        deviceId,
        severity,
        found,
        before: episode(before),
        after: episode(after),
      })),
    ),
  };
}

function iso(time: number): string {
  return new Date(time).toISOString();
}
