// The table of windows: of devices and groups, with what became of them since they were complete.
import { badge, element, empty, metricList, show, table, timeOf } from './dom.mjs';
import { count, counted, measured, moment } from './format.mjs';

export function showWindows({ windows, aggregations, time }) {
  const now = Date.parse(time);
  const isNamed = aggregations.length > 1 || windows.some(({ definition }) => definition !== aggregations[0]);
  const columns = [
    isNamed && { title: 'Aggregation', className: 'wide', cell: (row) => row.definition },
    { title: 'Of', className: 'name', cell: owner },
    { title: 'From', className: 'nowrap', cell: (row) => timeOf(row.start, moment(row.start, now)) },
    { title: 'Events', className: 'number', cell: (row) => count(row.events) },
    { title: 'Means', className: 'detail', cell: (row) => metricList(figures(row)) },
    { title: 'State', className: 'number wide', cell: state },
  ];
  show('windows', windows, () =>
    windows.length === 0
      ? empty('No window has been opened yet.')
      : table(
          columns.filter((column) => column !== false),
          windows,
          { stacked: true },
        ),
  );
}

/** Device, group or fleet; of the last two, each partition has a row of the events of its devices. */
function owner({ deviceId, key, partition }) {
  if (deviceId !== undefined) return deviceId;
  return [key === '' ? 'fleet' : key, element('span', { class: 'muted' }, ` partition ${partition}`)];
}

function figures({ metrics, states }) {
  return [
    ...Object.entries(metrics).map(([name, figure]) => [
      name,
      measured(figure.mean),
      `mean of ${figure.count}: ${measured(figure.min)} to ${measured(figure.max)}`,
    ]),
    ...Object.entries(states).map(([name, figure]) => [
      name,
      figure.last,
      `last of ${figure.count}, the first: ${figure.first}`,
    ]),
  ];
}

function state({ closed, complete, revision, corrections }) {
  const corrected = counted(corrections, 'correction');
  return [
    corrections > 0 &&
      element('span', { class: 'badge', 'data-state': 'warning', title: `revision ${revision}` }, corrected),
    ' ',
    closed ? badge('closed') : badge(complete ? 'complete' : 'open', 'good'),
  ];
}
