/** The table of `millrace aggregations check`. */
import type { AggregationDefinition, WindowShape } from '../common/aggregations.js';
import { durationText } from '../common/units.js';
import { costOf } from '../functions/aggregate/definitions/cost.js';

const HEADINGS = [
  'NAME',
  'WINDOW',
  'BY',
  'DEVICE TYPES',
  'LATENESS',
  'METRICS',
  'ROLLUPS',
  'PUBLISHED',
  'WINDOWS PER EVENT',
  'OPEN PER SERIES',
];

/** One row for each definition, and what an event costs in all of them. */
export function aggregationsTable(definitions: readonly AggregationDefinition[]): string {
  const rows = [HEADINGS, ...definitions.map(rowOf)];
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
  const total = definitions.reduce((sum, definition) => sum + costOf(definition).windowsPerEvent, 0);
  const most = total === 1 ? 'one window' : `${total} windows`;
  return `${lines.join('\n')}\n\nAn event changes at most ${most}.\n`;
}

function rowOf(definition: AggregationDefinition): string[] {
  const { name, window, by, deviceTypes, allowedLatenessMs, metrics, rollups, publish } = definition;
  const { windowsPerEvent, openWindows } = costOf(definition);
  return [
    name,
    windowText(window),
    by === 'device' ? by : by.join(', ') || 'fleet',
    deviceTypes === null ? 'all' : deviceTypes.join(', '),
    durationText(allowedLatenessMs),
    metrics['*'] === undefined ? Object.keys(metrics).join(', ') : 'all',
    rollups ? 'yes' : '',
    publish ? 'yes' : '',
    String(windowsPerEvent),
    String(openWindows),
  ];
}

function windowText(window: WindowShape): string {
  switch (window.type) {
    case 'tumbling':
      return durationText(window.sizeMs);
    case 'hopping':
      return `${durationText(window.sizeMs)} every ${durationText(window.everyMs)}`;
    case 'session':
      return `session of ${durationText(window.gapMs)}, at most ${durationText(window.maxMs)}`;
    case 'last':
      return `last ${window.count}`;
  }
}
