// The alerts: what fires, what misses its data, what is pending, what has resolved, each apart, with what was done.
import { badge, element, empty, show, table, timeOf } from './dom.mjs';
import { count, duration, measured, moment } from './format.mjs';

const GROUPS = [
  ['firing', 'Firing'],
  ['nodata', 'No data'],
  ['pending', 'Pending'],
  ['resolved', 'Resolved lately'],
];

/** Of the last summary, by fingerprint and start: what the buttons are about. */
const known = new Map();

/** The alert that a button names; undefined when it is gone. */
export const alertOf = (key) => known.get(key);

export function showAlerts({ alerts, time }) {
  const now = Date.parse(time);
  known.clear();
  for (const [state] of GROUPS) for (const alert of alerts[state]) known.set(keyOf(alert), alert);
  const groups = GROUPS.map(([state]) => alerts[state]);
  show('alerts', groups, () =>
    known.size === 0
      ? empty('No alert has fired.')
      : element('div', {}, ...GROUPS.flatMap(group(alerts, now))),
  );
  showAges(now);
  const counts = GROUPS.map(([state, title]) => [
    state,
    alerts.counts[state],
    title.split(' ')[0].toLowerCase(),
  ]);
  const text = counts
    .filter(([state, n]) => n > 0 || state !== 'nodata')
    .map(([state, n, word]) => `${count(n)} ${state === 'nodata' ? 'without data' : word}`)
    .join(', ');
  show('alert-counts', text, () => text);
}

const keyOf = ({ fingerprint, startsAt }) => `${fingerprint} ${startsAt}`;

function group(alerts, now) {
  return ([state, title]) =>
    alerts[state].length === 0
      ? []
      : [
          element('h3', {}, title),
          table(columns(state, now), alerts[state], {
            rowClass: () => (state === 'resolved' ? 'past' : undefined),
            stacked: true,
            label: `Alerts: ${title}`,
          }),
        ];
}

const columns = (state, now) => [
  { title: 'Severity', cell: (alert) => badge(alert.severity) },
  {
    title: 'Rule',
    className: 'name',
    cell: ({ rule, annotations, fingerprint }) => [
      element('a', { href: `/alerts/${encodeURIComponent(fingerprint)}` }, rule),
      annotations.summary !== undefined && element('div', { class: 'muted' }, annotations.summary),
    ],
  },
  { title: 'Device', className: 'name', cell: (alert) => alert.deviceId },
  { title: 'Value', className: 'number', cell: (alert) => measured(alert.value) },
  {
    title: 'Read',
    className: 'nowrap wide',
    cell: ({ eventTime }) => timeOf(eventTime, moment(eventTime, now)),
  },
  {
    title: state === 'resolved' ? 'Resolved' : 'For',
    className: 'nowrap',
    // Filled in by `showAges`, so that the table stays as it is while time goes by.
    cell: ({ startsAt, endsAt }) =>
      element('time', {
        datetime: state === 'resolved' ? endsAt : startsAt,
        title: state === 'resolved' ? endsAt : startsAt,
        'data-age': state === 'resolved' ? 'ago' : '',
      }),
  },
  {
    title: state === 'resolved' ? '' : 'Handled',
    className: 'last marks',
    cell: (alert) => [...marks(alert), ...buttons(alert, state)],
  },
];

function marks({ acknowledged, silencedBy, flapping }) {
  const mark = (text, state, title) => element('span', { class: 'badge', 'data-state': state, title }, text);
  return [
    flapping &&
      mark('flapping', 'warning', 'It has fired so often lately that telling each time is only noise.'),
    acknowledged && mark(`by ${acknowledged.author}`, 'good', acknowledged.comment || 'acknowledged'),
    silencedBy.length > 0 && mark('silenced', 'quiet', 'A silence keeps its notifications back.'),
  ].filter(Boolean);
}

function buttons(alert, state) {
  if (state === 'resolved') return [];
  const of = `${alert.rule} on ${alert.deviceId}`;
  return [
    alert.acknowledged === null && button('acknowledge', 'Acknowledge', of, keyOf(alert)),
    alert.silencedBy.length === 0 && button('silence', 'Silence', of, keyOf(alert)),
  ].filter(Boolean);
}

/** A button of a table row; screen readers hear what it is about. */
export function button(act, text, about, key) {
  return element(
    'button',
    { type: 'button', class: 'small', 'data-act': act, 'data-key': key, 'aria-label': `${text}: ${about}` },
    text,
  );
}

function showAges(now) {
  for (const node of document.querySelectorAll('[data-age]')) {
    const text = duration(now - Date.parse(node.dateTime));
    const shown = node.dataset.age === 'ago' ? `${text} ago` : text;
    if (node.textContent !== shown) node.textContent = shown;
  }
}
