// The page's tables, each from its part of the summary.
import { badge, element, empty, metricList, show, table, timeOf } from './dom.mjs';
import { count, counted, duration, measured, moment } from './format.mjs';
import { troubles } from './troubles.mjs';

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
        {
          title: 'Records kept',
          className: 'number',
          cell: ({ stored, trimmed }) => count(stored === null ? null : stored - trimmed),
        },
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
              {
                title: 'Device',
                className: 'name',
                cell: (row) =>
                  [
                    row.deviceId,
                    ...troubles(row).map(({ text, title }) => [
                      ' ',
                      element('span', { class: 'badge', 'data-state': 'warning', title }, text),
                    ]),
                  ].flat(),
              },
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

/** Nothing at all while no event was late. */
export function showLate({ late, total, time }) {
  const now = Date.parse(time);
  document.getElementById('late-section').hidden = late.length === 0;
  const corrections = total.corrections > 0 ? `; ${count(total.corrections)} corrected one that had not` : '';
  const text = `${count(total.late)} came after their window had closed${corrections}; newest first`;
  show('late-count', text, () => text);
  const columns = [
    {
      title: 'Arrived',
      className: 'nowrap',
      cell: (row) => timeOf(row.arrivalTime, moment(row.arrivalTime, now)),
    },
    { title: 'Device', className: 'name', cell: (row) => row.deviceId },
    {
      title: 'Late by',
      className: 'number',
      cell: (row) => duration(Date.parse(row.arrivalTime) - Date.parse(row.eventTime)),
    },
    { title: 'Not in', className: 'detail', cell: (row) => row.definitions.join(', ') },
    {
      title: 'Payload',
      className: 'wide',
      cell: (row) => element('code', { class: 'payload', title: row.payload.slice(0, 500) }, row.payload),
    },
  ];
  show('late', late, () => table(columns, late, { stacked: true }));
}

function shortly(value) {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : measured(value);
  return text.length > 24 ? `${text.slice(0, 24)}…` : text;
}
