/**
 * Line charts as inline SVG: pure text from figures. Colours, fonts and the reading-off of values come from the page
 * (`style.ts`, `read-off.ts`).
 */
import { type Content, html, json, type Markup } from './markup.js';
import { exact, linear, type Scale } from './scale.js';

export interface Series {
  readonly name: string;
  /** In order of x. */
  readonly points: readonly (readonly [x: number, y: number])[];
  /** 1 to 6, a colour of the page. */
  readonly colour: number;
  /** An area under the line; dashes for what is only compared with. */
  readonly look?: 'area' | 'dashed' | undefined;
}

export interface Band {
  readonly name: string;
  readonly from: number;
  readonly until: number;
}

export interface Mark {
  readonly at: number;
  readonly what: string;
}

export interface Chart {
  /** What is shown, for who cannot see it. */
  readonly label: string;
  readonly series: readonly Series[];
  readonly width: number;
  readonly height: number;
  readonly x: Scale;
  readonly y: Scale;
  readonly xText: (value: number) => string;
  readonly yText: (value: number) => string;
  readonly bands?: readonly Band[];
  readonly marks?: readonly Mark[];
  /** Whether marks are named above the drawing, and not only where they are. */
  readonly namesMarks?: boolean;
  /** Points further apart than this are not joined. */
  readonly gap?: number;
}

export const MARGIN = { top: 22, right: 26, bottom: 24, left: 58 } as const;

export interface TimeChart {
  readonly label: string;
  readonly series: readonly Series[];
  readonly seconds: number;
  readonly yText: (value: number) => string;
  readonly bands: readonly Band[];
  readonly marks: readonly Mark[];
  readonly namesMarks?: boolean;
  readonly width?: number;
  readonly height?: number;
}

/** A second without figures is a gap: the process was not there. */
const GAP_SECONDS = 1.9;

/** Seconds to the right, from 0 upwards. */
export function timeChart({ width = 540, height = 220, seconds, series, ...rest }: TimeChart): Markup {
  const most = Math.max(0, ...series.flatMap(({ points }) => points.map(([, y]) => y)));
  return chart({
    ...rest,
    series,
    width,
    height,
    x: exact(Math.max(1, seconds), MARGIN.left, width - MARGIN.right),
    y: linear(most === 0 ? 1 : most, height - MARGIN.bottom, MARGIN.top),
    xText: (value) => `${value} s`,
    gap: GAP_SECONDS,
  });
}

export function chart(options: Chart): Markup {
  const { label, series, width, height, marks = [], namesMarks = false, x, y, xText, yText } = options;
  const data = {
    series: series.map(({ name, colour, points }) => ({
      name,
      colour,
      points: points.map(([at, value]) => [at, x.at(at), y.at(value), `${xText(at)}`, yText(value)]),
    })),
  };
  return html`<figure class="chart">
${legend(series, namesMarks ? marks : [])}
<div class="plot"><svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${bands(options)}${grid(options)}
${series.map((one) => line(one, options))}
${marks.map((mark, index) => markLine(mark, index, options))}
<g class="cursor" hidden><line y1="${MARGIN.top}" y2="${height - MARGIN.bottom}"/></g>
</svg><output class="reading" hidden></output></div>
<script type="application/json">${json(data)}</script>
</figure>`;
}

function legend(series: readonly Series[], marks: readonly Mark[]): Content {
  const entries = series.map(
    ({ name, colour, look }) => html`<li><span class="key c${colour} ${look ?? ''}"></span>${name}</li>`,
  );
  const events = marks.map(
    ({ at, what }, index) =>
      html`<li><span class="number">${index + 1}</span>${what} at ${Number(at.toFixed(1))} s</li>`,
  );
  return html`<ul class="legend">${entries}${events}</ul>`;
}

/** Wide enough for their names, or nameless with the name to be read off. */
function bands({ bands = [], x, height }: Chart): Content {
  return bands.map(({ name, from, until }, index) => {
    const left = x.at(from);
    const wide = x.at(until) - left;
    const fits = name.length * 6.2 + 8 <= wide;
    return html`<g class="band${index % 2}"><title>${name}</title><rect x="${place(left)}" y="${4}" width="${place(wide)}" height="${height - MARGIN.bottom - 4}"/>${
      fits && html`<text x="${place(left + wide / 2)}" y="${16}">${name}</text>`
    }</g>`;
  });
}

function grid({ x, y, width, height, xText, yText }: Chart): Content {
  const right = width - MARGIN.right;
  const bottom = height - MARGIN.bottom;
  const rows = y.ticks.map((tick) => {
    const at = place(y.at(tick));
    return html`<line x1="${MARGIN.left}" x2="${right}" y1="${at}" y2="${at}"/><text class="ytext" x="${MARGIN.left - 7}" y="${at}" dy="0.32em">${yText(tick)}</text>`;
  });
  const columns = x.ticks.map(
    (tick) =>
      html`<line x1="${place(x.at(tick))}" x2="${place(x.at(tick))}" y1="${bottom}" y2="${bottom + 4}"/><text class="xtext" x="${place(x.at(tick))}" y="${bottom + 17}">${xText(tick)}</text>`,
  );
  return html`<g class="grid">${rows}${columns}</g>`;
}

function line(
  { points, colour, look }: Series,
  { x, y, height, gap = Number.POSITIVE_INFINITY }: Chart,
): Content {
  const bottom = height - MARGIN.bottom;
  const runs = unbroken(points, gap).map((run) => {
    const path = run.map(([at, value]) => `${place(x.at(at))} ${place(y.at(value))}`).join('L');
    const [first, last] = [run[0]![0], run.at(-1)![0]];
    return {
      line: `M${path}`,
      area: `M${place(x.at(first))} ${bottom}L${path}L${place(x.at(last))} ${bottom}Z`,
    };
  });
  const joined = (what: 'line' | 'area') => runs.map((run) => run[what]).join('');
  return html`<g class="c${colour}">${look === 'area' && html`<path class="area" d="${joined('area')}"/>`}<path class="line ${look === 'dashed' && 'dashed'}" d="${joined('line')}"/></g>`;
}

function unbroken(points: Series['points'], gap: number): (readonly [number, number])[][] {
  const runs: (readonly [number, number])[][] = [];
  for (const point of points) {
    const run = runs.at(-1);
    if (run === undefined || point[0] - run.at(-1)![0] > gap) runs.push([point]);
    else run.push(point);
  }
  return runs;
}

function markLine({ at, what }: Mark, index: number, { x, height }: Chart): Content {
  const left = place(x.at(at));
  return html`<g class="mark"><title>${what}</title><line x1="${left}" x2="${left}" y1="${MARGIN.top + 14}" y2="${height - MARGIN.bottom}"/><circle cx="${left}" cy="${MARGIN.top + 8}" r="8"/><text x="${left}" y="${MARGIN.top + 8}" dy="0.34em">${index + 1}</text></g>`;
}

function place(value: number): string {
  return String(Math.round(value * 10) / 10);
}
