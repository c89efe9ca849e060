import { AlertLedger } from '../../../simulators/oracle/alert-watch.js';
import { deviceRules, marginOf, rulesOf, USUAL_BACKEND } from '../../../simulators/oracle/settings.js';
import { matcherOf } from '../../../simulators/oracle/subscriber.js';
import { projectRoot } from '../../support/project-root.js';

const alert = (more: object = {}) =>
  Buffer.from(
    JSON.stringify({
      id: 'x-1-firing',
      rule: 'Hot',
      deviceId: 'a',
      state: 'firing',
      startsAt: 1,
      endsAt: null,
      ...more,
    }),
  );

test('an alert is kept once, with how often and when it first came', () => {
  const ledger = new AlertLedger(new Set(['a']));
  ledger.alert(alert(), 10);
  ledger.alert(alert(), 20);
  ledger.alert(alert({ id: 'x-1-resolved', state: 'resolved', endsAt: 5 }), 30);
  expect(ledger.alerts()).toMatchObject([
    { state: 'firing', receivedAt: 10, times: 2 },
    { state: 'resolved', receivedAt: 30, times: 1, endsAt: 5 },
  ]);
  expect(ledger.firing).toBe(1);
});

test('alerts of others are not counted, and what is no alert is counted apart', () => {
  const ledger = new AlertLedger(new Set(['a']));
  ledger.alert(alert({ deviceId: 'b' }), 1);
  for (const text of ['', '{', '[]', 'null', '{"id":1}']) ledger.alert(Buffer.from(text), 1);
  expect(ledger.alerts()).toEqual([]);
  expect(ledger.unreadable).toBe(5);
  ledger.reply('a', Buffer.from('{"code":"SCHEMA"}'));
  ledger.reply('b', Buffer.from('{"code":"SCHEMA"}'));
  ledger.reply('a', Buffer.from('x'));
  expect(ledger.rejected).toEqual({ SCHEMA: 1, unreadable: 1 });
});

test.each([
  ['alerts/#', 'alerts/critical/a/Hot', true],
  ['alerts/#', 'alerts', true],
  ['alerts/#', 'alert-state/a/Hot', false],
  ['devices/+/telemetry', 'devices/a/telemetry', true],
  ['devices/+/telemetry', 'devices/a/telemetry/rejected', false],
  ['devices/+/telemetry/rejected', 'devices/a/telemetry', false],
])('%s matches %s: %s', (filter, topic, matches) => {
  expect(matcherOf(filter)(topic)).toBe(matches);
});

test('the margin is the time between ticks, some for a busy machine, and the longest time away', () => {
  const calm = marginOf({ tickMs: 1_000 });
  expect(calm).toBeGreaterThan(1_000);
  expect(marginOf({ tickMs: 60_000 }) - calm).toBe(59_000);
  const chaos = [
    { at: 0, action: 'restart' as const },
    { at: 0, action: 'kill' as const, restartAfter: 30_000 },
  ];
  expect(marginOf({ tickMs: 1_000 }, chaos)).toBeGreaterThan(31_000);
});

test("a project's rules are asked as the backend asks them; one that cannot be evaluated changes nothing", () => {
  const rules = rulesOf(`${projectRoot}/rules`);
  const hot = rules.find(({ name }) => name === 'HighTemperature')!;
  const device = { id: 'a', type: 'environment' };
  expect(hot.holds({ temperature: 81 }, device)).toBe(true);
  expect(hot.holds({ temperature: 80 }, device)).toBe(false);
  expect(hot.holds({}, device)).toBeNull();
  expect(hot.holds({ temperature: 'warm' }, device)).toBeNull();
  expect(deviceRules({ ...USUAL_BACKEND, rules }, 5)).toMatchObject({
    windowMs: 10_000,
    latenessMs: 60_000,
    maxAheadMs: 10_000,
    marginMs: 5,
  });
});
