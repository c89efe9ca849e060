import { expand, expandLabels } from '../../../functions/alert/template.js';

const values = {
  value: 21.0456,
  deviceId: 'dev-1',
  labels: { severity: 'critical' },
  tags: Object.assign(Object.create(null) as Record<string, string>, { site: 'north' }),
  event: { door: 'open', load: 3, flags: [1, 2] },
};

test.each([
  ['{{ value }}', '21.0456'],
  ['{{value|round 1}} and {{ value | round 0 }}', '21.0 and 21'],
  ['{{ deviceId }} is {{ labels.severity }} at {{ tags.site }}', 'dev-1 is critical at north'],
  ['{{ event.door }} {{ event.load | round 2 }} {{ event.flags }}', 'open 3.00 [1,2]'],
  ['{{ event.door | round 1 }}', 'open'],
  ['{{ event.constructor }}{{ tags.kind }}{{ labels.x }}|', '|'],
  ['nothing to fill in: }} {', 'nothing to fill in: }} {'],
])('%s', (text, expected) => {
  expect(expand(text, values)).toBe(expected);
});

test('labels of an alert', () => {
  const labels = { severity: 'a', site: '{{ tags.site }}', at: '{{ deviceId }}' };
  expect(expandLabels(labels, 'dev-1', values.tags)).toEqual({ severity: 'a', site: 'north', at: 'dev-1' });
});
