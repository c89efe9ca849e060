import { AlertLedger } from '../../simulators/alert-watch.js';

const RULE = 'HighTemperature';
const START = 1_700_000_000_000;
const at = (ms: number) => new Date(START + ms).toISOString();

function ledger(alerts: readonly object[]): AlertLedger {
  const made = new AlertLedger(RULE);
  for (const alert of alerts) made.add(JSON.stringify({ rule: RULE, ...alert }));
  return made;
}

const firing = (deviceId: string, seq: number) => ({ state: 'firing', deviceId, event: { seq } });
const expected = [
  { deviceId: 'a', seq: START, eventTime: START },
  { deviceId: 'b', seq: START + 1, eventTime: START + 1 },
];

describe('alerts of a run', () => {
  test('are matched by device and number', () => {
    const found = ledger([
      firing('a', START),
      firing('a', START),
      { ...firing('b', START + 1), rule: 'Other' },
    ]);
    expect(found.counts(expected, new Set(['a', 'b']), START)).toEqual({
      received: 1,
      missing: 1,
      duplicate: 1,
      unexpected: 0,
      resolved: 0,
    });
  });

  test('count as resolved by the firing they end; what an earlier run left behind is not ours', () => {
    const found = ledger([
      { state: 'resolved', deviceId: 'a', startsAt: at(-60_000) },
      { state: 'resolved', deviceId: 'b', startsAt: START + 1 },
    ]);
    expect(found.counts(expected, new Set(['a', 'b']), START).resolved).toBe(1);
  });

  test('are unexpected only for devices and numbers of the run', () => {
    const found = ledger([firing('a', START + 5), firing('a', START - 5), firing('stranger', START + 5)]);
    expect(found.counts(expected, new Set(['a', 'b']), START).unexpected).toBe(1);
  });

  test('what is not JSON is counted, not thrown', () => {
    const found = new AlertLedger(RULE);
    found.add('{');
    expect(found.unreadable).toBe(1);
  });
});
