import { judge, type Observed } from '../../simulators/report.js';

const GOOD: Observed = {
  seed: 1,
  devices: 2,
  seconds: 1,
  qos: 1,
  sent: 10,
  acknowledged: 10,
  stored: 10,
  valid: { expected: 9, actual: 9 },
  quarantined: { expected: 1, actual: 1 },
  alerts: {
    expected: 2,
    received: 2,
    missing: 0,
    duplicate: 0,
    unexpected: 0,
    expectedResolved: 1,
    resolved: 1,
  },
  windows: { devices: 2, expected: 9, actual: 9 },
  rollups: { expected: 9, actual: 9 },
  errors: [],
  balanced: true,
};

describe('verdict', () => {
  test('is good when everything is where it belongs', () => {
    expect(judge(GOOD)).toMatchObject({ ok: true, problems: [], notes: [] });
  });

  test.each<[string, Partial<Observed>]>([
    ['an event is not acknowledged', { acknowledged: 9 }],
    ['an acknowledged event is not stored', { stored: 9 }],
    ['a valid event is not validated', { valid: { expected: 9, actual: 8 } }],
    ['a malformed event is not in quarantine', { quarantined: { expected: 1, actual: 0 } }],
    ['an alert is missing', { alerts: { ...GOOD.alerts, received: 1, missing: 1 } }],
    ['an alert is one too many', { alerts: { ...GOOD.alerts, unexpected: 1 } }],
    ['an alert stays', { alerts: { ...GOOD.alerts, resolved: 0 } }],
    ['a window counts one twice', { windows: { devices: 2, expected: 9, actual: 10 } }],
    ['a rollup counts one twice', { rollups: { expected: 9, actual: 10 } }],
    ['the books do not balance', { balanced: false }],
  ])('is bad when %s', (_, change) => {
    const report = judge({ ...GOOD, ...change });
    expect(report.ok).toBe(false);
    expect(report.problems).toHaveLength(1);
  });

  test('other publishers, resends and rollups still to come are only worth a note', () => {
    const report = judge({ ...GOOD, stored: 12, rollups: { expected: 9, actual: 0 } });
    expect(report.ok).toBe(true);
    expect(report.notes).toHaveLength(2);
  });

  test('with QoS 0 nothing was promised, so what is not stored is only worth a note', () => {
    expect(judge({ ...GOOD, qos: 0, stored: 9 })).toMatchObject({ ok: true });
  });
});
