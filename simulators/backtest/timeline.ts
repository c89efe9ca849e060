/**
 * Alerts over time as inline SVG: a row for each rule and device, the alerts of before in the upper half, those of after
 * in the lower one. What cannot be told apart at this size is drawn as one bar. Pure.
 */
import type { Found, Pair, Row, Span } from '../../functions/alert/backtest/difference.js';
import { counted } from '../report/format.js';
import { type Content, html, type Markup } from '../report/markup.js';
import { episodeText, pairText, timeText } from './text.js';

export interface TimelineOptions {
  readonly span: Span;
  /** Whether there is a side to compare with. */
  readonly compares: boolean;
  /** What is shown, for who cannot see it. */
  readonly label: string;
}

interface Bar {
  readonly side: 'before' | 'after';
  readonly found: Found;
  readonly from: number;
  readonly to: number;
  readonly isNoData: boolean;
  title: string;
  /** Alerts in it. */
  count: number;
}

const WIDTH = 1110;
const LEFT = 170;
const RIGHT = 12;
const TOP = 20;
const ROW = 26;
const LANE = 9;
/** Less than this many units apart, bars are one. */
const GAP = 0.8;
const LEAST = 2.5;
const MAX_NAME = 24;

export function timeline(rows: readonly Row[], { span, compares, label }: TimelineOptions): Markup {
  const height = TOP + rows.length * ROW + 6;
  const at = (time: number) =>
    LEFT +
    ((WIDTH - LEFT - RIGHT) * (Math.min(Math.max(time, span.from), span.to) - span.from)) /
      (span.to - span.from || 1);
  const lines = axis(span).map(
    ({ time, text }) =>
      html`<line x1="${place(at(time))}" x2="${place(at(time))}" y1="${TOP}" y2="${height - 4}"/><text x="${place(at(time))}" y="12">${text}</text>`,
  );
  return html`<div class="plot"><svg viewBox="0 0 ${WIDTH} ${height}" role="group" aria-label="${label}">
<g class="grid time">${lines}</g>
${rows.map((row, index) => rowOf(row, TOP + index * ROW, at, compares, span))}
</svg></div>`;
}

function rowOf(row: Row, top: number, at: (time: number) => number, compares: boolean, span: Span): Markup {
  const { deviceId, rule, pairs } = row;
  const bars = barsOf(pairs, at, span, compares);
  const y = ({ side }: Bar) => top + (!compares ? 7.5 : side === 'before' ? 3 : 3 + LANE + 2);
  const height = compares ? LANE : LANE + 3;
  const summary = `${rule}, ${deviceId}: ${summaryOf(pairs, compares)}`;
  return html`<g role="img" aria-label="${summary}"><line class="rule" x1="0" x2="${WIDTH}" y1="${top}" y2="${top}"/>
<text class="name" x="0" y="${top + ROW / 2}" dy="0.34em">${shortened(deviceId)}<title>${deviceId}</title></text>
${bars.map(
  (bar) =>
    html`<rect class="${bar.isNoData ? 'nodata' : bar.found}" x="${place(bar.from)}" y="${y(bar)}" width="${place(bar.to - bar.from)}" height="${height}" rx="1.5"><title>${bar.title}</title></rect>`,
)}</g>`;
}

function barsOf(pairs: readonly Pair[], at: (time: number) => number, span: Span, compares: boolean): Bar[] {
  const bars: Bar[] = [];
  const last = new Map<string, number>();
  for (const side of ['before', 'after'] as const) {
    const sorted = pairs.filter((pair) => pair[side] !== null);
    sorted.sort((a, b) => a[side]!.startsAt - b[side]!.startsAt);
    for (const pair of sorted) {
      const episode = pair[side]!;
      const from = at(episode.startsAt);
      const to = Math.max(at(episode.endsAt ?? span.to), from + LEAST);
      const title = pair.found === 'changed' ? pairText(pair) : `${side}: ${episodeText(episode)}`;
      add({ side, found: pair.found, from, to, isNoData: false, title, count: 1 });
      if (episode.noData === null || episode.endsAt === null) continue;
      const until = at(episode.noData.until ?? span.to);
      if (until - to < LEAST) continue;
      const text = `no data from ${timeText(episode.endsAt)}`;
      add({ side, found: pair.found, from: to, to: until, isNoData: true, title: text, count: 0 });
    }
  }
  // Gaps without data lie behind the alerts that follow them.
  return bars.sort((a, b) => Number(b.isNoData) - Number(a.isNoData));

  function add(bar: Bar): void {
    const key = `${bar.side} ${bar.found} ${bar.isNoData}`;
    const index = last.get(key);
    const before = index === undefined ? undefined : bars[index];
    if (before === undefined || bar.from - before.to > GAP) {
      last.set(key, bars.push(bar) - 1);
      return;
    }
    const count = before.count + bar.count;
    const title = bar.isNoData
      ? 'no data, several times'
      : `${counted(count, 'alert')}${compares ? ` ${nameOf(bar)}` : ''}, too close to each other to be drawn apart`;
    bars[index!] = { ...before, to: Math.max(before.to, bar.to), title, count };
  }
}

function nameOf({ side, found }: Bar): string {
  if (found === 'same') return 'on both sides';
  return found === 'changed' ? `${side}, changed` : `only ${side}`;
}

function summaryOf(pairs: readonly Pair[], compares: boolean): string {
  if (!compares) return counted(pairs.length, 'alert');
  const of = (found: Found) => pairs.filter((pair) => pair.found === found).length;
  return `${of('same')} the same, ${of('changed')} changed, ${of('before')} only before, ${of('after')} only after`;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [1, 5, 15, 30]
  .map((n) => n * MINUTE)
  .concat(
    [1, 3, 6, 12].map((n) => n * HOUR),
    [1, 2, 7].map((n) => n * DAY),
  );
const WANTED = 12;

/** Round moments in UTC. */
export function axis({ from, to }: Span): { readonly time: number; readonly text: string }[] {
  const step = STEPS.find((one) => (to - from) / one <= WANTED);
  if (step === undefined) return months(from, to);
  const marks: { time: number; text: string }[] = [];
  for (let time = Math.ceil(from / step) * step; time < to; time += step) {
    const text = new Date(time).toISOString();
    marks.push({ time, text: step >= DAY || time % DAY === 0 ? text.slice(5, 10) : text.slice(11, 16) });
  }
  return marks;
}

function months(from: number, to: number): { time: number; text: string }[] {
  const all: { time: number; text: string }[] = [];
  const date = new Date(from);
  for (let month = date.getUTCMonth(); ; month++) {
    const time = Date.UTC(date.getUTCFullYear(), month, 1);
    if (time >= to) break;
    if (time >= from) all.push({ time, text: new Date(time).toISOString().slice(0, 7) });
  }
  const every = Math.ceil(all.length / WANTED);
  return all.filter((_, index) => index % every === 0);
}

function shortened(name: string): Content {
  return name.length <= MAX_NAME ? name : `${name.slice(0, MAX_NAME - 1)}…`;
}

function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}
