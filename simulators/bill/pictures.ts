/** Inline SVG of a bill: the heat map of batch settings, and the lines of both Kinesis modes. Pure. */
import { html, type Markup } from '../report/markup.js';
import { logarithmic } from '../report/scale.js';
import type { Bill } from './bill.js';
import { provisionedWins } from './break-even.js';
import { amount, dollars, seconds } from './figures.js';
import type { GridCell } from './grid.js';
import { TELEMETRY } from './profile.js';

const CELL = { width: 62, height: 30 } as const;
const LEFT = 66;
const TOP = 44;
const GAP = 26;

/** One map for each parallelization factor: windows to the right, sizes downwards; the darker, the dearer Lambda is. */
export function batchPicture({ grid, profile }: Bill): Markup {
  const { cells, sizes, windows, factors, cheapest, maxSeconds } = grid;
  const costs = cells.map(({ lambda }) => Math.max(lambda, 1e-9));
  const [least, most] = [Math.min(...costs), Math.max(...costs)];
  const now = new Set(
    profile.settings.functions.flatMap(({ streams }) =>
      streams
        .filter(({ stream }) => stream === TELEMETRY)
        .map((batch) => keyOf(batch.batchSize, batch.batchWindowSeconds, batch.parallelizationFactor)),
    ),
  );
  const byKey = new Map(
    cells.map((cell) => [keyOf(cell.batchSize, cell.batchWindowSeconds, cell.parallelizationFactor), cell]),
  );
  const mapHeight = TOP + sizes.length * CELL.height + GAP;
  const width = LEFT + windows.length * CELL.width + 8;
  const height = factors.length * mapHeight;
  const label = `Monthly Lambda cost by batch size and window, from ${dollars(least)} to ${dollars(most)}`;
  const square = (factor: number, row: number, column: number): Markup => {
    const key = keyOf(sizes[row]!, windows[column]!, factor);
    const cell = byKey.get(key);
    const place = { x: LEFT + column * CELL.width, y: TOP + row * CELL.height };
    if (cell === undefined) {
      return html`<rect class="bill-none" x="${place.x}" y="${place.y}" width="${CELL.width - 2}" height="${CELL.height - 2}"><title>AWS wants a window of 1 s at least with more than 10 records</title></rect>`;
    }
    return squareOf(
      cell,
      place,
      shade(cell.lambda, least, most),
      maxSeconds,
      now.has(key),
      cell === cheapest,
    );
  };
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}">
${factors.map(
  (factor, index) => html`<g transform="translate(0 ${index * mapHeight})">
<text x="0" y="14">parallelizationFactor ${factor}: Lambda a month; batchWindow to the right, batchSize downwards</text>
${windows.map((window, column) => html`<text x="${LEFT + (column + 0.5) * CELL.width}" y="${TOP - 8}" text-anchor="middle">${window} s</text>`)}
${sizes.map((size, row) => html`<text x="${LEFT - 8}" y="${TOP + row * CELL.height + 18}" text-anchor="end">${amount(size)}</text>`)}
${sizes.map((_, row) => windows.map((__, column) => square(factor, row, column)))}
</g>`,
)}
</svg>
<p class="bill-muted">Frame: now. Coloured frame: the cheapest whole bill. Struck out: a record may wait longer than ${seconds(maxSeconds)}, or the function falls behind.</p>`;
}

function keyOf(size: number, window: number, factor: number): string {
  return `${size} ${window} ${factor}`;
}

/** 0.1 (cheapest) to 1, by the logarithm: costs lie orders of magnitude apart. */
function shade(cost: number, least: number, most: number): number {
  if (most <= least) return 0.5;
  return 0.1 + (0.9 * Math.log(Math.max(cost, least) / least)) / Math.log(most / least);
}

function squareOf(
  cell: GridCell,
  { x, y }: { readonly x: number; readonly y: number },
  opacity: number,
  maxSeconds: number,
  now: boolean,
  best: boolean,
): Markup {
  const [width, height] = [CELL.width - 2, CELL.height - 2];
  const late = cell.behind || cell.worstSeconds > maxSeconds;
  const title = `${cell.batchSize} records, ${cell.batchWindowSeconds} s, factor ${cell.parallelizationFactor}: Lambda ${dollars(cell.lambda)}, DynamoDB ${dollars(cell.dynamo)}, whole bill ${dollars(cell.total)}, ${amount(cell.invocations)} invocations, at most ${seconds(cell.worstSeconds)}`;
  return html`<g><title>${title}</title><rect class="bill-cell" x="${x}" y="${y}" width="${width}" height="${height}" fill-opacity="${opacity.toFixed(2)}"/>
${late && html`<line class="bill-late" x1="${x}" y1="${y + height}" x2="${x + width}" y2="${y}"/>`}
${now && html`<rect class="bill-own" x="${x + 1}" y="${y + 1}" width="${width - 2}" height="${height - 2}"/>`}
${best && html`<rect class="bill-best" x="${x + 1.5}" y="${y + 1.5}" width="${width - 3}" height="${height - 3}"/>`}
<text class="${opacity > 0.55 ? 'bill-on-dark' : 'bill-on-light'}" x="${x + width / 2}" y="${y + 18}" text-anchor="middle">${short(cell.lambda)}</text></g>`;
}

/** Room for a few characters. */
function short(cost: number): string {
  if (cost >= 1000) return `$${amount(Number(cost.toPrecision(3)))}`;
  return `$${Number(cost.toPrecision(cost >= 100 ? 3 : 2))}`;
}

const CHART = { width: 640, height: 240, left: 62, right: 36, top: 22, bottom: 30 } as const;

/** Cost of the streams by rate, both axes logarithmic. */
export function breakEvenPicture({ breakEven, profile }: Bill): Markup {
  const { points, changes } = breakEven;
  const costs = points.flatMap(({ provisioned, onDemand }) => [provisioned, onDemand]);
  const x = logarithmic(points[0]!.rate, points.at(-1)!.rate, CHART.left, CHART.width - CHART.right);
  const bottom = CHART.height - CHART.bottom;
  const y = logarithmic(Math.max(1e-6, Math.min(...costs)), Math.max(...costs), bottom, CHART.top);
  const path = (of: (point: (typeof points)[number]) => number) =>
    points
      .map((point, i) => `${i === 0 ? 'M' : 'L'}${x.at(point.rate).toFixed(1)} ${y.at(of(point)).toFixed(1)}`)
      .join('');
  const own = x.at(profile.eventsPerSecond.mean);
  const sentence =
    changes.length === 0
      ? `${provisionedWins(points[0]!) ? 'Provisioned' : 'On demand'} is the cheaper one at all of these rates.`
      : `${changes.map(({ rate, cheaper }) => `From ${amount(rate)} events/s ${cheaper} is the cheaper one`).join('; ')}.`;
  return html`<p>${sentence}</p>
<svg viewBox="0 0 ${CHART.width} ${CHART.height}" role="img" aria-label="Monthly cost of the streams by events a second. ${sentence}">
${y.ticks.map((tick) => html`<line class="bill-axis" x1="${CHART.left}" x2="${CHART.width - CHART.right}" y1="${y.at(tick)}" y2="${y.at(tick)}"/><text x="${CHART.left - 8}" y="${y.at(tick) + 4}" text-anchor="end">${short(tick)}</text>`)}
${x.ticks.map((tick) => html`<text x="${x.at(tick)}" y="${CHART.height - 10}" text-anchor="middle">${amount(tick)}/s</text>`)}
<line class="bill-late" x1="${own}" x2="${own}" y1="${CHART.top}" y2="${bottom}"/><text x="${own}" y="${CHART.top - 8}" text-anchor="middle">this load</text>
<path class="bill-first" d="${path(({ provisioned }) => provisioned)}"/><path class="bill-second" d="${path(({ onDemand }) => onDemand)}"/>
</svg>
<p class="bill-muted">Blue: provisioned. Orange: on demand.</p>`;
}
