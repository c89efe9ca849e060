/** The tables of the page: what must be and what is, thresholds, percentiles, comparison, figures by the second. */
import type { FindingSummary } from '../oracle/verdict.js';
import type { LatencyFigures, RunResult } from '../result.js';
import { type ComparisonRow, processNames } from './comparison.js';
import { bytes, count, latency } from './format.js';
import { type Content, html, type Markup } from './markup.js';
import { kindText, thresholdValue } from './verdict-text.js';

export function table(
  heads: readonly string[],
  rows: readonly (readonly Content[])[],
  caption: string,
): Markup {
  const cells = (row: readonly Content[]) =>
    row.map((cell, index) => (index === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`));
  return html`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table><caption class="hidden">${caption}</caption>
<thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${rows.map((row) => html`<tr>${cells(row)}</tr>`)}</tbody></table></div>`;
}

const badge = (state: 'good' | 'bad' | 'neither', text: string) =>
  html`<span class="badge" data-state="${state}">${text}</span>`;

/** The loss table. */
export function ledgerTable({ ledger }: RunResult): Markup {
  return table(
    ['', 'must be', 'is', ''],
    ledger.map(({ what, expected, maybe, actual }) => {
      const must = maybe > 0 ? `${count(expected)} to ${count(expected + maybe)}` : count(expected);
      if (actual === null) return [what, must, '–', badge('neither', 'not shown')];
      const missing = expected - actual;
      const over = actual - expected - maybe;
      if (missing > 0) return [what, must, count(actual), badge('bad', `${count(missing)} missing`)];
      if (over > 0) return [what, must, count(actual), badge('bad', `${count(over)} too many`)];
      return [what, must, count(actual), badge('good', 'as it must be')];
    }),
    'What must be and what is',
  );
}

export function findingList(findings: readonly FindingSummary[]): Content {
  return findings.map(({ kind, where, count: many, examples }) => {
    const more = many - examples.length;
    return html`<details class="finding" open><summary>${badge('bad', `${count(many)} ${kindText(kind)}`)} ${where}</summary>
<ul>${examples.map(
      ({ what, expected, actual }) =>
        html`<li>${what}${
          expected === undefined && actual === undefined
            ? null
            : html`<div class="must">${said('must be', expected)}${said('is', actual)}</div>`
        }</li>`,
    )}</ul>${more > 0 && html`<p class="muted">… and ${count(more)} more.</p>`}</details>`;
  });
}

function said(what: string, value: unknown): Content {
  if (value === undefined) return null;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return html`<span>${what} <code>${text}</code></span>`;
}

export function thresholdTable({ verdict }: RunResult): Markup {
  return table(
    ['threshold', 'limit', 'measured', ''],
    verdict.thresholds.map(({ metric, expression, value, ok }) => [
      metric.replaceAll('_', ' '),
      expression,
      thresholdValue(metric, value),
      badge(
        value === null ? 'neither' : ok ? 'good' : 'bad',
        value === null ? 'no data' : ok ? 'holds' : 'broken',
      ),
    ]),
    'Thresholds',
  );
}

export function latencyTable({ latency: of }: RunResult): Markup {
  const rows: (readonly [string, LatencyFigures | null])[] = [
    ['acknowledgement', of.acknowledgement],
    ['alert', of.alert],
    ['scheduling error', of.schedulingError],
  ];
  return table(
    ['', 'count', 'p50', 'p90', 'p99', 'p99.9', 'max'],
    rows.flatMap(([name, figures]) => {
      if (figures === null) return [];
      const { p50, p90, p99, p999, max } = figures;
      return [[name, count(figures.count), ...[p50, p90, p99, p999, max].map(latency)]];
    }),
    'Latency percentiles',
  );
}

export function comparisonTable(rows: readonly ComparisonRow[], before: RunResult): Markup {
  return table(
    ['', `before (${before.startedAt.slice(0, 16).replace('T', ' ')})`, 'this run', 'change'],
    rows.map(({ what, before: from, after, change, better }) => [
      what,
      from,
      after,
      better === null ? change : badge(better ? 'good' : 'bad', change),
    ]),
    'This run and an earlier one',
  );
}

/** Everything that the charts over time show, in figures. */
export function secondsTable(run: RunResult): Markup {
  const functions = [...new Set(run.samples.flatMap(({ lag }) => Object.keys(lag ?? {})))];
  const processes = processNames(run);
  return table(
    [
      'second',
      'sent',
      'acknowledged',
      'alerts',
      ...functions.map((name) => `lag of ${name}`),
      ...processes.flatMap((name) => [`cores of ${name}`, `memory of ${name}`]),
    ],
    run.samples.map((sample) => [
      String(sample.second),
      count(sample.sent),
      count(sample.acknowledged),
      count(sample.alerts),
      ...functions.map((name) => (sample.lag?.[name] === undefined ? '–' : count(sample.lag[name]))),
      ...processes.flatMap((name) => {
        const figures = sample.processes[name];
        return figures === undefined ? ['–', '–'] : [figures.cpu.toFixed(2), bytes(figures.rss)];
      }),
    ]),
    'Figures by the second',
  );
}
