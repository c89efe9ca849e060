import { describeRule } from '../../../functions/alert/describe-rule.js';
import { parseRules } from '../../../functions/alert/rules.js';

function described(rules: string) {
  const parsed = parseRules(
    `geofences: { depot: [[0, 0], [1, 0], [1, 1]] }\ngroups: [{ name: g, rules: [${rules}] }]`,
    'r.yml',
  );
  expect(parsed.problems).toEqual([]);
  return parsed.rules.map((rule) => ({ name: rule.name, ...describeRule(rule) }));
}

const rule = (name: string, expr: string, more = '') =>
  `{ alert: ${name}, expr: ${JSON.stringify(expr)}, labels: { severity: a }${more} }`;

test('kinds', () => {
  const rules = described(
    [
      rule('A', 'event.t > 5 && event.u < 3'),
      rule('B', 'event.t > 5', ', clear: event.t < 3, for: 1m, keep_firing_for: 1m'),
      rule('C', "window('10m').t.delta > 5", ', active: { hours: "08:00-18:00" }'),
      rule('D', "absent('10m')"),
      rule('E', "inside('depot') && firing('A')"),
      rule('F', "matches(event.t > 5, '5m') > 3.0 || stuck('t', '1h')"),
      rule('G', 'fleet.share > 0.5', `, fleet: { count: "absent('5m')" }`),
      rule('H', "event.t > 5 && before('u', '1d') > 3"),
      rule('I', "device.latest.u == 'on' && sequence(event.t > 1, event.t > 2, '5m')"),
    ].join(', '),
  );
  expect(Object.fromEntries(rules.map(({ name, kinds }) => [name, kinds.join()]))).toEqual({
    A: 'threshold',
    B: 'threshold,hysteresis,for,keep firing',
    C: 'window,hours',
    D: 'absence',
    E: 'geofence,composite',
    F: 'count,stuck',
    G: 'fleet,absence',
    H: 'delta,threshold',
    I: 'latest value,sequence',
  });
});

test('what is remembered is bounded, and grows with the window up to there', () => {
  const [plain, narrow, wide, widest] = described(
    [
      rule('A', 'event.t > 5'),
      rule('B', "window('1m').t.mean > 5"),
      rule('C', "window('1h').t.mean > 5"),
      rule('D', "window('31d').t.mean > 5"),
    ].join(', '),
  );
  expect(plain).toMatchObject({ features: [], bytes: 0, steps: 4 });
  expect(narrow!.features).toEqual([{ id: 'window:60000:t', bytes: narrow!.bytes }]);
  expect(narrow!.bytes).toBeLessThan(wide!.bytes);
  expect(widest!.bytes).toBeLessThan(64_000);
});
