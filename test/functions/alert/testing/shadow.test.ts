/** Ticks at which nothing is due may be left out: alerts told are the same as with one every second. */
import fc from 'fast-check';
import { parseRules } from '../../../../functions/alert/rules.js';
import { ShadowAlerts } from '../../../../functions/alert/testing/shadow.js';

const { rules, problems } = parseRules(
  `
groups:
  - name: g
    rules:
      - { alert: Plain, expr: event.t > 5, no_data: 40s, labels: { severity: a } }
      - { alert: For, expr: event.t > 5, for: 13s, no_data: 1m, labels: { severity: a } }
      - { alert: Keep, expr: event.t > 5, clear: event.t < 3, keep_firing_for: 11s, labels: { severity: a } }
      - { alert: Window, expr: "window('20s').t.mean > 5", labels: { severity: a } }
      - { alert: Count, expr: "matches(event.t > 5, '30s') >= 2.0", for: 4s, labels: { severity: a } }
      - { alert: Absent, expr: "absent('17s')", labels: { severity: a } }
      - { alert: Hours, expr: event.t > 5, active: { hours: '00:01-00:03' }, no_data: never, labels: { severity: a } }
      - { alert: Fleet, fleet: { count: "absent('23s')" }, expr: fleet.share >= 0.5, for: 5s, keep_firing_for: 9s, labels: { severity: a } }
`,
  'r.yml',
);

const shadow = () =>
  ShadowAlerts.start(rules, {
    tickMs: 1_000,
    tagsOf: () => ({}),
    onRuleError: (rule, _, error) => {
      throw new Error(`${rule.name}: ${String(error)}`);
    },
  });

test('leaves nothing out', async () => {
  expect(problems).toEqual([]);
  const event = fc.record({
    gap: fc.integer({ min: 0, max: 60_000 }),
    late: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 30_000 })),
    device: fc.constantFrom('a', 'b'),
    t: fc.integer({ min: 0, max: 10 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 25 }), async (events) => {
      const [leaping, ticking] = [await shadow(), await shadow()];
      let now = 0;
      let tick = 1_000;
      for (const { gap, late, device, t } of events) {
        now += gap;
        const incoming = { deviceType: 'x', body: { t }, eventTime: now - late, arrivalTime: now };
        for (; tick < now; tick += 1_000) await ticking.tick(tick);
        await leaping.passTo(now);
        await ticking.event(device, incoming);
        await leaping.event(device, incoming);
      }
      const end = now + 120_000;
      for (; tick <= end; tick += 1_000) await ticking.tick(tick);
      await leaping.passThrough(end);
      expect(leaping.told()).toEqual(ticking.told());
      expect(leaping.alerts()).toEqual(ticking.alerts());
    }),
    { numRuns: 60 },
  );
});
