/** A backtest as one self-contained page: no file beside it, no network, no script, light and dark, on paper too. Pure. */
import type { Row } from '../../functions/alert/backtest/difference.js';
import { change, count, counted, rate, span as spanText } from '../report/format.js';
import { type Content, html, Markup } from '../report/markup.js';
import { STYLE } from '../report/style.js';
import { type BacktestResult, byRule } from './result.js';
import { pairText, ruleRows, timeText } from './text.js';
import { timeline } from './timeline.js';

/** Devices drawn of one rule: those with most differences. */
const MAX_ROWS = 60;
/** Lines of the table of differences. */
const MAX_LINES = 2_000;

const OWN_STYLE = `
.time text{text-anchor:middle}
.plot line.rule{stroke:var(--line)}
.plot text.name{fill:var(--text)}
.plot rect.same,.swatch.same{fill:var(--c6);background:var(--c6)}
.plot rect.changed,.swatch.changed{fill:var(--c1);background:var(--c1)}
.plot rect.before,.swatch.before{fill:var(--c5);background:var(--c5)}
.plot rect.after,.swatch.after{fill:var(--c2);background:var(--c2)}
.plot rect.nodata{fill:url(#hatched);stroke:var(--c6);stroke-width:.6}
.plot rect:hover{opacity:.7}
.swatch{display:inline-block;width:14px;height:9px;border-radius:2px;margin-right:.45em}
.swatch.nodata{background:repeating-linear-gradient(45deg,var(--c6) 0 1.5px,transparent 1.5px 4px);box-shadow:inset 0 0 0 1px var(--c6)}
#hatched path{stroke:var(--c6);stroke-width:1.4}
.lines td{text-align:left;white-space:normal}
.plot rect{print-color-adjust:exact;-webkit-print-color-adjust:exact}
`;

export function backtestPage(result: BacktestResult): string {
  const { source, before, after, notes } = result;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<title>Backtest of ${after} – Millrace</title>
<link rel="icon" href="data:,">
<style>${new Markup(STYLE)}${new Markup(OWN_STYLE)}</style>
</head>
<body>
<svg width="0" height="0" aria-hidden="true" style="position:absolute"><defs><pattern id="hatched" width="5" height="5" patternUnits="userSpaceOnUse"><path d="M-1,1l2,-2M0,5l5,-5M4,6l2,-2"/></pattern></defs></svg>
${header(result)}
<main>
${tiles(result)}
${before !== null && summary(result)}
${timelines(result)}
${differences(result)}
${
  notes.length > 0 &&
  html`<section class="card" aria-labelledby="notes"><div class="head"><h2 id="notes">Notes</h2></div><ul>${notes.map((note) => html`<li>${note}</li>`)}</ul></section>`
}
</main>
<footer>Alerts are drawn from when their condition began to hold to when it ceased, by the time of the readings, in UTC. Replayed from ${source}; nothing was published. Everything on this page is in the page.</footer>
</body>
</html>
`.text;
}

function header({ source, before, after, span, events, refused }: BacktestResult): Markup {
  const fact = (name: string, value: string) => html`<span>${name} <b>${value}</b></span>`;
  const days = (span.to - span.from) / 86_400_000;
  return html`<header>
<p class="brand">Millrace rules backtest</p>
<div class="title"><h1>${after}${before !== null && html` <span class="muted">against ${before}</span>`}</h1></div>
<p class="facts">${fact('replayed', source)}${fact('from', timeText(span.from))}${fact('to', timeText(span.to))}${fact('for', days < 2 ? spanText(days * 86_400) : `${rate(days)} days`)}${fact('events', count(events))}${refused > 0 && fact('refused', count(refused))}</p>
</header>`;
}

function tiles({ difference: { before, after, counts } }: BacktestResult): Markup {
  const tile = (name: string, value: string, note: string) =>
    html`<div class="card"><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
  const than = (pick: (totals: typeof after) => number, text: (value: number) => string) =>
    before === null
      ? ''
      : `before ${text(pick(before))}${pick(before) === 0 ? '' : `, ${change(pick(before), pick(after))}`}`;
  return html`<dl class="tiles">
${tile(
  'Alerts',
  count(after.alerts),
  than(({ alerts }) => alerts, count),
)}
${tile(
  'Alerts a day',
  rate(after.alertsPerDay),
  than(({ alertsPerDay }) => alertsPerDay, rate),
)}
${tile(
  'Alerting minutes',
  count(after.alertingMinutes),
  than(({ alertingMinutes }) => alertingMinutes, count),
)}
${tile(
  'Devices',
  count(after.devices),
  than(({ devices }) => devices, count),
)}
${before !== null && tile('Different', count(counts.changed + counts.before + counts.after), `${count(counts.same)} the same`)}
</dl>`;
}

function summary(result: BacktestResult): Markup {
  const [heading, ...rows] = ruleRows(result);
  return html`<section class="card" aria-labelledby="rules"><div class="head"><h2 id="rules">By rule</h2><p>alerts of all devices</p></div>
<div class="scroll"><table><thead><tr>${heading!.map((name) => html`<th scope="col">${sentenceCase(name)}</th>`)}</tr></thead><tbody>${rows.map(
    ([rule, ...cells]) =>
      html`<tr><th scope="row">${rule}</th>${cells.map((cell) => html`<td>${cell.replace('->', '→')}</td>`)}</tr>`,
  )}</tbody></table></div></section>`;
}

function timelines(result: BacktestResult): Content {
  const { difference, span, before } = result;
  if (difference.rows.length === 0) return html`<section class="card"><p>Nothing fires.</p></section>`;
  const compares = before !== null;
  return byRule(result).map(({ rule, severity }, index) => {
    const all = difference.rows.filter((row) => row.rule === rule);
    const rows = shownOf(all);
    const left = all.length - rows.length;
    const label = `Alerts of ${rule} over time, one row for each device`;
    return html`<section class="card long" aria-labelledby="rule-${index}"><div class="head"><h2 id="rule-${index}">${rule}</h2><p>${severity}, ${counted(all.length, 'device')}${
      left > 0 && `; the ${MAX_ROWS} with most differences are drawn`
    }</p></div>
${index === 0 && legend(compares)}
${timeline(rows, { span, compares, label })}</section>`;
  });
}

function legend(compares: boolean): Markup {
  const key = (name: string, text: string) => html`<span><i class="swatch ${name}"></i>${text}</span>`;
  return html`<p class="legend">${
    compares
      ? [
          html`<span>above: before, below: after</span>`,
          key('same', 'the same'),
          key('changed', 'begins or ends at another time'),
          key('before', 'only before'),
          key('after', 'only after'),
        ]
      : key('same', 'alert')
  }${key('nodata', 'no data')}</p>`;
}

/** By name; of many devices those with most differences. */
function shownOf(rows: readonly Row[]): Row[] {
  if (rows.length <= MAX_ROWS) return [...rows];
  const different = ({ pairs }: Row) => pairs.filter(({ found }) => found !== 'same').length;
  const most = [...rows].sort((a, b) => different(b) - different(a) || b.pairs.length - a.pairs.length);
  const chosen = new Set(most.slice(0, MAX_ROWS));
  return rows.filter((row) => chosen.has(row));
}

function differences({ difference, before }: BacktestResult): Content {
  const all = difference.rows.flatMap(({ rule, deviceId, pairs }) =>
    pairs
      .filter(({ found }) => before === null || found !== 'same')
      .map((pair) => ({ rule, deviceId, pair })),
  );
  if (all.length === 0) return null;
  const shown = all.slice(0, MAX_LINES);
  const title = before === null ? 'All alerts' : 'All differences';
  return html`<details class="card long prints"><summary>${title} (${count(all.length)}${
    all.length > shown.length && `, the first ${count(shown.length)} are shown`
  })</summary><div class="seconds"><table class="lines"><thead><tr><th scope="col">Rule</th><th scope="col">Device</th><th scope="col">What</th></tr></thead><tbody>${shown.map(
    ({ rule, deviceId, pair }) =>
      html`<tr><th scope="row">${rule}</th><td>${deviceId}</td><td>${before === null ? pairText(pair).replace('same: ', '') : pairText(pair)}</td></tr>`,
  )}</tbody></table></div></details>`;
}

function sentenceCase(text: string): string {
  return text.charAt(0) + text.slice(1).toLowerCase();
}
