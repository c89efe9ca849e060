import type { SimulatedEvent } from '../../simulators/fleet.js';
import { Oracle } from '../../simulators/oracle.js';

function event(deviceId: string, time: number, temperature: number | null): SimulatedEvent {
  const kind = temperature === null ? 'malformed' : temperature > 80 ? 'hot' : 'normal';
  return { deviceId, seq: time, time, kind, temperature, payload: '' };
}

function expectation(events: readonly SimulatedEvent[]) {
  const oracle = new Oracle({ threshold: 80, windowMs: 10_000 });
  for (const one of events) oracle.add(one);
  return oracle.expectation();
}

describe('oracle', () => {
  test('an episode fires once, however long it is, and resolves once', () => {
    //        20   85   90   80   81
    // fires       ^              ^        at 80 it resolves: the rule says "above"
    const { firing, resolved } = expectation(
      [20, 85, 90, 80, 81].map((temperature, i) => event('a', i * 1000, temperature)),
    );
    expect(firing.map(({ seq }) => seq)).toEqual([1000, 4000]);
    expect(resolved).toBe(1);
  });

  test('a malformed event is quarantined and changes no alert', () => {
    const found = expectation([event('a', 0, 85), event('a', 1, null), event('a', 2, 86)]);
    expect(found).toMatchObject({ events: 3, valid: 2, quarantined: 1, resolved: 0 });
    expect(found.firing).toHaveLength(1);
  });

  test('devices do not mix', () => {
    const { firing } = expectation([event('a', 0, 85), event('b', 1, 85), event('a', 2, 86)]);
    expect(firing.map(({ deviceId }) => deviceId)).toEqual(['a', 'b']);
  });

  test('windows are aligned, half open, and hold valid events only', () => {
    const { windows } = expectation([
      event('a', 19_999, 1),
      event('a', 20_000, 2),
      event('a', 25_000, null),
      event('a', 29_999, 4),
      event('a', 30_000, 8),
    ]);
    expect(windows.get('a')).toEqual([
      { start: 10_000, count: 1, sum: 1, min: 1, max: 1 },
      { start: 20_000, count: 2, sum: 6, min: 2, max: 4 },
      { start: 30_000, count: 1, sum: 8, min: 8, max: 8 },
    ]);
  });
});
