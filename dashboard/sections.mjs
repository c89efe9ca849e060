// The page's tables, each from its part of the summary.
import { badge, element, empty, show, table } from './dom.mjs';
import { count, counted, duration, measured, moment } from './format.mjs';

const timeOf = (text, shown) => element('time', { datetime: text, title: text }, shown);

/** Metrics in a row: name, value; at most `most` of them. */
function metricList(entries, most = 4) {
  const items = entries
    .slice(0, most)
    .map(([name, value, title]) => element('span', { title }, `${name} `, element('b', {}, value)));
  const more = entries.length - most;
  return element(
    'span',
    { class: 'metrics' },
    items,
    more > 0 && element('span', { class: 'muted' }, `+${more}`),
  );
}

export function showAlerts({ alerts, time }) {
  const now = Date.parse(time);
  const rows = [...alerts.firing, ...alerts.pending, ...alerts.resolved];
  const when = (alert) => {
    if (alert.state === 'resolved') return `resolved ${duration(now - Date.parse(alert.endsAt))} ago`;
    return duration(now - Date.parse(alert.startsAt));
  };
  const whenOf = (alert) => timeOf(alert.endsAt ?? alert.startsAt, when(alert));
  show(
    'alerts',
    rows.map((alert) => [alert.id, when(alert)]),
    () =>
      rows.length === 0
        ? empty('No alert has fired.')
        : table(
            [
              { title: 'State', cell: (alert) => badge(alert.state) },
              { title: 'Rule', className: 'name', cell: (alert) => alert.rule },
              { title: 'Severity', className: 'wide', cell: (alert) => badge(alert.severity) },
              { title: 'Device', className: 'name', cell: (alert) => alert.deviceId },
              { title: 'Value', className: 'number', cell: (alert) => measured(alert.value) },
              { title: 'Since', className: 'nowrap last', cell: whenOf },
            ],
            rows,
            { rowClass: (alert) => (alert.state === 'resolved' ? 'past' : undefined), stacked: true },
          ),
  );
  const { firing, pending, resolved } = alerts.counts;
  const text = `${count(firing)} firing, ${count(pending)} pending, ${count(resolved)} resolved`;
  show('alert-counts', text, () => text);
}

export function showFunctions({ functions }) {
  const state = (row) => {
    if (!row.enabled) return badge('disabled', 'warning');
    if (row.failing !== null) return badge('retrying', 'bad');
    return badge('running', 'good');
  };
  show('functions', functions, () =>
    functions.length === 0
      ? empty('No function reads a stream.')
      : table(
          [
            {
              title: 'Function',
              className: 'name',
              cell: (row) => [
                row.functionName,
                row.failing !== null && element('div', { class: 'muted' }, row.failing),
              ],
            },
            { title: 'Reads', cell: (row) => row.stream },
            { title: 'Lag', className: 'number', cell: (row) => count(row.lag) },
            { title: 'State', className: 'number', cell: state },
          ],
          functions,
        ),
  );
}

export function showStreams({ streams }) {
  show('streams', streams, () =>
    table(
      [
        {
          title: 'Stream',
          className: 'name',
          cell: (row) => [row.name, row.reason !== null && element('div', { class: 'muted' }, row.reason)],
        },
        { title: 'Partitions', className: 'number wide', cell: (row) => count(row.partitions) },
        { title: 'Records kept', className: 'number', cell: (row) => count(row.stored - row.trimmed) },
        {
          title: 'State',
          className: 'number',
          cell: (row) => (row.writable ? badge('writable', 'good') : badge(row.code ?? 'held back', 'bad')),
        },
      ],
      streams,
    ),
  );
}

export function showWindows({ windows, time }) {
  const now = Date.parse(time);
  const figures = (row) =>
    Object.entries(row.metrics).map(([name, figure]) => [
      name,
      measured(figure.mean),
      `mean of ${figure.count}: ${measured(figure.min)} to ${measured(figure.max)}`,
    ]);
  show('windows', windows, () =>
    windows.length === 0
      ? empty('No window has been opened yet.')
      : table(
          [
            { title: 'Device', className: 'name', cell: (row) => row.deviceId },
            { title: 'From', className: 'nowrap', cell: (row) => timeOf(row.start, moment(row.start, now)) },
            { title: 'Events', className: 'number', cell: (row) => count(row.events) },
            { title: 'Means', className: 'detail', cell: (row) => metricList(figures(row)) },
            {
              title: 'State',
              className: 'number wide',
              cell: (row) => (row.closed ? badge('closed') : badge('open', 'good')),
            },
          ],
          windows,
          { stacked: true },
        ),
  );
}

export function showDevices({ devices, deviceCount, time }) {
  const now = Date.parse(time);
  const age = (row) => `${duration(now - Date.parse(row.arrivalTime))} ago`;
  show(
    'devices',
    devices.map((row) => [row, age(row)]),
    () =>
      devices.length === 0
        ? empty('No device has sent a valid event yet.')
        : table(
            [
              { title: 'Device', className: 'name', cell: (row) => row.deviceId },
              { title: 'Type', className: 'wide', cell: (row) => row.deviceType },
              {
                title: 'Latest values',
                className: 'detail',
                cell: (row) =>
                  metricList(Object.entries(row.values).map(([name, value]) => [name, shortly(value)])),
              },
              {
                title: 'Heard',
                className: 'nowrap last',
                cell: (row) => timeOf(row.arrivalTime, age(row)),
              },
            ],
            devices,
            { stacked: true },
          ),
  );
  const more = deviceCount > devices.length ? `, the first ${devices.length} by id` : '';
  const text = `${counted(deviceCount, 'device')}${more}`;
  show('device-count', text, () => text);
}

export function showQuarantine({ quarantine, time }) {
  const now = Date.parse(time);
  show('quarantine', quarantine, () =>
    quarantine.length === 0
      ? empty('Nothing is in quarantine.')
      : table(
          [
            {
              title: 'Arrived',
              className: 'nowrap',
              cell: (row) => timeOf(row.arrivalTime, moment(row.arrivalTime, now)),
            },
            { title: 'Device', className: 'name', cell: (row) => row.deviceId },
            {
              title: 'Reason',
              className: 'detail',
              cell: (row) => [badge(row.code, 'warning'), ` ${row.reason}`],
            },
            {
              title: 'Payload',
              className: 'wide',
              cell: (row) =>
                element('code', { class: 'payload', title: row.payload.slice(0, 500) }, row.payload),
            },
          ],
          quarantine,
          { stacked: true },
        ),
  );
}

function shortly(value) {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : measured(value);
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
