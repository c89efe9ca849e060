/**
 * The bill as HTML: a fragment that needs nothing around it (style, inline SVG, light and dark), and a page of it alone.
 * Colours come from the page that it stands in when that has them.
 */
import { type Content, html, Markup } from '../report/markup.js';
import type { Bill } from './bill.js';
import { amount, dollars, percent, seconds } from './figures.js';
import { batchPicture, breakEvenPicture } from './pictures.js';
import { BILL_STYLE } from './section-style.js';

/** Savings below this share of the total are left out. */
const WORTH = 0.005;

/** Self-contained: goes into any page's body. */
export function billSection(bill: Bill): string {
  return sectionOf(bill).text;
}

/** A whole page, for `millrace bill --html`. */
export function billPage(bill: Bill): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<title>${dollars(bill.total.month)} a month – Millrace</title>
<link rel="icon" href="data:,">
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
<main>${sectionOf(bill)}</main>
</body>
</html>
`.text;
}

const PAGE_STYLE = `body{margin:0;background:#f4f6f8;color:#17212b;font:15px/1.5 system-ui,sans-serif}
main{max-width:70rem;margin:0 auto;padding:1.2rem}
@media (prefers-color-scheme:dark){body{background:#0e1317;color:#e5ebf0}}`;

function sectionOf(bill: Bill): Markup {
  const { profile, total, region, date, choices } = bill;
  const { devices, eventsPerSecond, payloadBytes } = profile;
  return html`<section class="bill" aria-labelledby="bill-title">
<style>${new Markup(BILL_STYLE)}</style>
<h2 id="bill-title">What this would cost on AWS</h2>
<p class="bill-total"><b>${dollars(total.month)}</b> a month, ${dollars(total.perDevice)} a device, ${dollars(total.perMillionEvents)} a million events</p>
<p class="bill-muted">${amount(devices)} devices, ${amount(eventsPerSecond.mean)} events/s (peak ${amount(eventsPerSecond.peak)}), ${amount(payloadBytes.mean)} bytes each; Kinesis ${choices.kinesis}, Lambda ${choices.architecture}; ${region}, prices of ${date}.</p>
${lookOut(bill)}
${services(bill)}
${changes(bill)}
${batchSettings(bill)}
${functions(bill)}
<h3>Kinesis: provisioned or on demand</h3>
${breakEvenPicture(bill)}
${kafka(bill)}
${notes(bill)}
</section>`;
}

function services({ services: all, total }: Bill): Content {
  return html`<h3>By service</h3>
${all.map(
  ({
    name,
    cost,
    lines,
  }) => html`<details class="bill-service"><summary><span>${name}</span><span class="bill-bar"><i style="width:${((cost / Math.max(total.month, Number.MIN_VALUE)) * 100).toFixed(1)}%"></i></span><b>${dollars(cost)}</b><span class="bill-muted">${percent(cost / Math.max(total.month, Number.MIN_VALUE))}</span></summary>
<ul>${lines.map(({ what, arithmetic }) => html`<li><b>${what}</b>: ${arithmetic}</li>`)}</ul></details>`,
)}`;
}

function changes({ alternatives, total }: Bill): Content {
  const worth = alternatives.filter(({ saves }) => saves > total.month * WORTH);
  return html`<h3>What to change first</h3>
${
  worth.length === 0
    ? html`<p>Nothing here saves as much as half a per cent.</p>`
    : html`<table><thead><tr><th scope="col">Change (each alone)</th><th scope="col" class="bill-figure">Saves a month</th></tr></thead>
<tbody>${worth.map(({ what, why, saves }) => html`<tr><td><b>${what}</b><br><span class="bill-muted">${why}</span></td><td class="bill-figure">${dollars(saves)}<br><span class="bill-muted">${percent(saves / total.month)}</span></td></tr>`)}</tbody></table>`
}`;
}

function batchSettings(bill: Bill): Content {
  const { functions: names, cheapest, maxSeconds, byFunction } = bill.grid;
  if (names.length === 0) return null;
  const best =
    cheapest === null
      ? html`No settings keep every record below ${seconds(maxSeconds)}.`
      : html`The cheapest that keep a record at most ${seconds(maxSeconds)}: batchSize ${cheapest.batchSize}, batchWindow ${cheapest.batchWindowSeconds} s, parallelizationFactor ${cheapest.parallelizationFactor}: Lambda ${dollars(cheapest.lambda)}, the whole bill ${dollars(cheapest.total)}.`;
  return html`<h3>Other batch settings for ${names.join(', ')}</h3>
<p>${best}</p>
${batchPicture(bill)}
<table><thead><tr><th scope="col">One function alone</th><th scope="col">Now</th><th scope="col">Cheapest below ${seconds(maxSeconds)}</th><th scope="col" class="bill-figure">Change a month</th></tr></thead>
<tbody>${byFunction.map(
    ({ name, now, best: cell }) =>
      html`<tr><td>${name}</td><td>${setting(now)}</td><td>${cell === null ? 'none' : setting(cell)}</td><td class="bill-figure">${cell === null ? '' : dollars(cell.total - now.total)}</td></tr>`,
  )}</tbody></table>`;
}

function setting(cell: Bill['grid']['cells'][number]): string {
  return `${cell.batchSize} records, ${cell.batchWindowSeconds} s, factor ${cell.parallelizationFactor} (at most ${seconds(cell.worstSeconds)})`;
}

function functions({ functions: all }: Bill): Content {
  const heads = ['Function', 'Memory', 'Invocations', 'Records each', 'Duration', 'GB-seconds', 'Worst wait'];
  return html`<h3>Functions, a month</h3>
<div class="bill-scroll"><table><thead><tr>${heads.map((head, i) => html`<th scope="col" class="${i === 0 ? '' : 'bill-figure'}">${head}</th>`)}</tr></thead>
<tbody>${all.map(
    (fn) =>
      html`<tr title="${fn.arithmetic}"><td>${fn.name}</td><td class="bill-figure">${fn.memoryMB} MB</td><td class="bill-figure">${amount(fn.invocations)}</td><td class="bill-figure">${fn.batches === null ? '' : amount(fn.records)}</td><td class="bill-figure">${seconds(fn.seconds)}</td><td class="bill-figure">${amount(fn.gbSeconds)}</td><td class="bill-figure">${fn.batches === null ? '' : seconds(fn.batches.latency.worst)}</td></tr>`,
  )}</tbody></table></div>`;
}

function kafka({ kafka: sizing }: Bill): Content {
  const { partitions, brokers, storage, consumer, serverless } = sizing;
  return html`<h3>The same load on Kafka</h3>
<ul><li><b>${partitions.value} partitions</b>: ${partitions.arithmetic}</li>
<li><b>A consumer</b>: ${consumer.arithmetic}</li>
<li><b>${brokers.value} brokers</b>: ${brokers.arithmetic}</li>
<li><b>${amount(storage.value)} GB of disk</b>: ${storage.arithmetic}</li>
<li><b>MSK Serverless ${dollars(serverless.cost)} a month</b>${serverless.tooMuch ? ' (above its quota)' : ''}: ${serverless.lines.map(({ what, cost }) => `${what} ${dollars(cost)}`).join(', ')}</li></ul>`;
}

function lookOut({ quotas, warnings }: Bill): Content {
  const exceeded = quotas.filter((use) => use.exceeded);
  if (exceeded.length + warnings.length === 0) return null;
  return html`<div class="bill-look-out"><b>Look out</b><ul>
${exceeded.map(({ quota, used, hint }) => html`<li>${quota.what}: ${amount(used)} of ${amount(quota.limit)} ${quota.unit}. ${hint}</li>`)}
${warnings.map(({ what, hint }) => html`<li>${what}. ${hint}</li>`)}</ul></div>`;
}

function notes({ notes: all, uncertain }: Bill): Content {
  return html`<details><summary>What this rests on</summary>
<ul>${all.map((note) => html`<li>${note}</li>`)}
${uncertain.map(({ service, what, standing, source, read }) => html`<li>${service}, ${what}: ${standing} (${source}; ${read})</li>`)}</ul></details>`;
}
