/** A run as one self-contained page: no file beside it, no network, light and dark, on paper too. Pure. */
import type { RunResult } from '../result.js';
import { alertChart, cpuChart, lagChart, latencyChart, memoryChart, throughputChart } from './charts.js';
import { compareRuns, mostLag } from './comparison.js';
import { count, counted, latency, rate, span } from './format.js';
import { type Content, html, Markup } from './markup.js';
import { READ_OFF } from './read-off.js';
import { STYLE } from './style.js';
import {
  comparisonTable,
  findingList,
  latencyTable,
  ledgerTable,
  secondsTable,
  thresholdTable,
} from './tables.js';
import { verdictSentence } from './verdict-text.js';

/**
 * @param earlier a run of the same scenario file, to compare with
 * @param bill a section of HTML that says what the load would cost
 */
export function reportPage(
  run: RunResult,
  earlier: RunResult | null = null,
  bill: string | null = null,
): string {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<title>${run.scenario.title}: ${run.verdict.ok ? 'good' : 'bad'} – Millrace</title>
<link rel="icon" href="data:,">
<style>${new Markup(STYLE)}</style>
</head>
<body>
${header(run)}
<main>
${verdict(run)}
${tiles(run)}
${throughput(run, earlier)}
${earlier !== null && comparison(run, earlier)}
${columns(latencies(run, earlier), lossTable(run))}
${columns(
  card('Lag by function', 'records stored and not finished', lagChart(run)),
  card('Alerts', 'told a second', run.samples.length === 0 ? null : alertChart(run)),
)}
${columns(
  card('CPU', 'cores in use on this machine', cpuChart(run)),
  card('Memory', 'resident, on this machine', memoryChart(run)),
)}
${columns(card('Thresholds', '', thresholdTable(run)), notChecked(run))}
${bill !== null && html`<div class="card">${new Markup(bill)}</div>`}
${scenario(run)}
${seconds(run)}
</main>
<footer>Run ${run.id} of Millrace ${run.version}. Everything on this page is in the page.</footer>
<script>${new Markup(READ_OFF)}</script>
</body>
</html>
`;
  return page.text;
}

function card(title: string, note: string, content: Content): Markup | null {
  if (content === null) return null;
  const id = title.toLowerCase().replaceAll(/\W+/g, '-');
  return html`<section class="card" aria-labelledby="${id}"><div class="head"><h2 id="${id}">${title}</h2>${note !== '' && html`<p>${note}</p>`}</div>${content}</section>`;
}

function columns(...cards: readonly (Markup | null)[]): Content {
  const there = cards.filter((one) => one !== null);
  return there.length === 0 ? null : html`<div class="columns">${there}</div>`;
}

function header({ scenario, startedAt, target, seconds }: RunResult): Markup {
  const fact = (name: string, value: string) => html`<span>${name} <b>${value}</b></span>`;
  return html`<header>
<p class="brand">Millrace load simulation</p>
<div class="title"><h1>${scenario.title}</h1></div>
<p class="facts">${fact('on', `${startedAt.slice(0, 19).replace('T', ' ')} UTC`)}${fact('for', span(seconds))}${fact('seed', String(scenario.seed))}${fact('devices', count(scenario.devices))}${
    scenario.speed !== 1 && fact('speed', `× ${rate(scenario.speed)}`)
  }${fact('to', target)}</p>
</header>`;
}

function verdict(run: RunResult): Markup {
  const { ok, findings } = run.verdict;
  return html`<section class="card verdict long" data-state="${ok ? 'good' : 'bad'}" aria-labelledby="verdict">
<h2 id="verdict"><span class="word">${ok ? '✓ Good' : '✗ Bad'}</span>${verdictSentence(run)}</h2>
${findingList(findings)}
</section>`;
}

function tiles(run: RunResult): Markup {
  const { drive, latency: of } = run;
  const lost = run.verdict.findings
    .filter(({ kind }) => kind === 'lost')
    .reduce((sum, one) => sum + one.count, 0);
  const lag = mostLag(run);
  const tile = (name: string, value: string, note: string, bad = false) =>
    html`<div class="card" ${bad ? new Markup('data-state="bad"') : null}><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
  const tail = (figures: RunResult['latency']['alert']) =>
    figures === null ? 'nothing to measure' : `p50 ${latency(figures.p50)}, max ${latency(figures.max)}`;
  const unsent =
    drive.unsent > 0 ? `${count(drive.unsent)} not in time` : `of ${count(drive.planned)} planned`;
  return html`<dl class="tiles">
${tile('Events sent', count(drive.sent), unsent, drive.unsent > 0)}
${tile('Acknowledged', `${rate(drive.acknowledged / Math.max(run.seconds, 0.001))}/s`, counted(drive.acknowledged, 'event'))}
${tile('Lost', count(lost), lost === 0 ? 'nothing' : 'see above', lost > 0)}
${tile('Latency p99', of.acknowledgement === null ? '–' : latency(of.acknowledgement.p99), tail(of.acknowledgement))}
${tile('Alert latency p99', of.alert === null ? '–' : latency(of.alert.p99), tail(of.alert))}
${lag !== null && tile('Most lag', count(lag), 'records, one function')}
</dl>`;
}

function throughput(run: RunResult, earlier: RunResult | null): Content {
  const note = 'events a second; phases shaded';
  return card('Throughput', note, throughputChart(run, earlier));
}

function latencies(run: RunResult, earlier: RunResult | null): Markup | null {
  const note = 'from the scheduled moment, by percentile';
  return card('Latency', note, [latencyChart(run, earlier), latencyTable(run)]);
}

function lossTable(run: RunResult): Markup | null {
  return run.ledger.length === 0 ? null : card('What must be, and what is', '', ledgerTable(run));
}

function comparison(run: RunResult, earlier: RunResult): Content {
  const note = html`Charts show the earlier run dashed.`;
  return html`<section class="card" aria-labelledby="comparison"><div class="head"><h2 id="comparison">Beside an earlier run</h2><p>${note}</p></div>${comparisonTable(compareRuns(earlier, run), earlier)}</section>`;
}

function notChecked({ verdict: { notChecked: texts } }: RunResult): Markup | null {
  if (texts.length === 0) return null;
  return card('Not checked', '', html`<ul>${texts.map((text) => html`<li>${text}</li>`)}</ul>`);
}

function scenario({ scenario: of, command, chaos }: RunResult): Content {
  const phases = of.phases.map(
    ({ name, from, until }) => html`<li class="badge">${name} ${span(until - from)}</li>`,
  );
  return card(
    'Scenario',
    of.name,
    html`<dl class="facts-list">
<dt>What happens</dt><dd>${of.description === '' ? of.title : of.description}</dd>
<dt>Phases</dt><dd><ul class="phases">${phases}</ul></dd>
${
  chaos.length > 0 &&
  html`<dt>Chaos</dt><dd>${chaos.map(({ second, what }) => `${what} at ${span(second)}`).join(', ')}</dd>`
}
<dt>Seed</dt><dd>${of.seed}; event times begin at ${new Date(of.start).toISOString()}</dd>
<dt>SHA-256 of its file</dt><dd><code>${of.digest}</code></dd>
<dt>Run it again</dt><dd><pre>${command}</pre></dd>
</dl>`,
  );
}

function seconds(run: RunResult): Content {
  if (run.samples.length === 0) return null;
  return html`<details class="card long prints"><summary>All figures by the second</summary><div class="seconds">${secondsTable(run)}</div></details>`;
}
