// Silences, and whom notifications are delivered to. Nothing of either while there is none.
import { button } from './alerts.mjs';
import { badge, element, show, table, timeOf } from './dom.mjs';
import { count, counted, moment } from './format.mjs';

export function showSilences({ silences, time }) {
  const now = Date.parse(time);
  document.getElementById('silences-section').hidden = silences.length === 0;
  const columns = [
    {
      title: 'State',
      cell: ({ state }) => (state === 'active' ? badge('active', 'quiet') : badge(state, 'pending')),
    },
    { title: 'Alerts', className: 'detail', cell: ({ selector }) => element('code', {}, selector) },
    { title: 'Reason', className: 'detail', cell: ({ reason }) => reason },
    { title: 'By', cell: ({ author }) => author },
    {
      title: 'From',
      className: 'nowrap wide',
      cell: ({ startsAt }) => timeOf(startsAt, moment(startsAt, now)),
    },
    { title: 'Until', className: 'nowrap', cell: ({ endsAt }) => timeOf(endsAt, moment(endsAt, now)) },
    {
      title: 'Change',
      className: 'last marks',
      cell: ({ id, selector }) => button('expire', 'End now', `the silence for ${selector}`, id),
    },
  ];
  show('silences', silences, () => table(columns, silences, { stacked: true, label: 'Silences' }));
}

export function showTargets({ targets, time }) {
  const now = Date.parse(time);
  document.getElementById('targets-section').hidden = targets.length === 0;
  const dead = targets.reduce((sum, target) => sum + target.dead, 0);
  const text = dead === 0 ? 'no dead letters' : counted(dead, 'dead letter');
  show('dead-count', text, () => text);
  const columns = [
    { title: 'Target', className: 'name', cell: ({ target }) => target },
    {
      title: 'State',
      cell: ({ breaker, openUntil, failures }) =>
        breaker === 'closed' && failures === 0
          ? badge('answers', 'good')
          : breaker === 'open'
            ? element('span', { class: 'badge', 'data-state': 'bad', title: `until ${openUntil}` }, [
                `held back until ${moment(openUntil, now)}`,
              ])
            : badge(`${counted(failures, 'failure')} in a row`, 'warning'),
    },
    { title: 'Waiting', className: 'number', cell: ({ waiting }) => count(waiting) },
    { title: 'Delivered', className: 'number wide', cell: ({ delivered }) => count(delivered) },
    { title: 'Dead', className: 'number', cell: (row) => count(row.dead) },
    {
      title: 'Change',
      className: 'last marks',
      cell: (row) =>
        row.dead === 0 ? '' : button('redrive', 'Redrive', `dead letters of ${row.target}`, row.target),
    },
  ];
  show('targets', targets, () => table(columns, targets, { stacked: true, label: 'Notifications' }));
}
