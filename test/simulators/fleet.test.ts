import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { type FleetOptions, fleet, type SimulatedEvent } from '../../simulators/fleet.js';

const OPTIONS: FleetOptions = { seed: 1, devices: 20, startTime: 1_700_000_000_000, intervalMs: 200 };

function eventsOf(options: FleetOptions, perDevice: number): SimulatedEvent[][] {
  return fleet(options).map((device) => {
    const events = device.events();
    return Array.from({ length: perDevice }, () => events.next().value);
  });
}

const digest = (events: unknown) => createHash('sha256').update(JSON.stringify(events)).digest('hex');

describe('fleet', () => {
  test('the same seed gives the same bytes', () => {
    expect(digest(eventsOf(OPTIONS, 500))).toBe(digest(eventsOf(OPTIONS, 500)));
  });

  test('and gives them on every machine and in every later version', () => {
    const first = eventsOf(OPTIONS, 1)[0]![0]!;
    expect(first.payload).toMatchInlineSnapshot(
      `"{"ts":1700000000154,"seq":1700000000000,"temperature":20.34,"humidity":38.9,"battery":4.011}"`,
    );
  });

  test('another seed gives others', () => {
    expect(digest(eventsOf(OPTIONS, 10))).not.toBe(digest(eventsOf({ ...OPTIONS, seed: 2 }, 10)));
  });

  test('a tenth more devices leaves the series of the others unchanged', () => {
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 40 }), (seed, devices) => {
        const small = eventsOf({ ...OPTIONS, seed, devices }, 60);
        const large = eventsOf({ ...OPTIONS, seed, devices: Math.ceil(devices * 1.1) }, 60);
        expect(large.slice(0, devices)).toEqual(small);
      }),
      { numRuns: 20 },
    );
  });

  test('a device reports at its interval, with numbers that grow by one', () => {
    for (const events of eventsOf(OPTIONS, 100)) {
      for (let i = 1; i < events.length; i++) {
        const step = events[i]!.time - events[i - 1]!.time;
        expect(Math.abs(step - OPTIONS.intervalMs)).toBeLessThanOrEqual(1);
        expect(events[i]!.seq).toBe(events[i - 1]!.seq + 1);
      }
      expect(events[0]!.time).toBeGreaterThanOrEqual(OPTIONS.startTime);
    }
  });

  test('there are hot episodes and malformed events, and neither begins a series', () => {
    const all = eventsOf(OPTIONS, 1000);
    for (const events of all) {
      expect(events[0]!.kind).toBe('normal');
      expect(events[1]!.kind).toBe('normal');
    }
    const kinds = all.flat().map((event) => event.kind);
    const share = (kind: string) => kinds.filter((one) => one === kind).length / kinds.length;
    expect(share('malformed')).toBeGreaterThan(0.003);
    expect(share('malformed')).toBeLessThan(0.008);
    expect(share('hot')).toBeGreaterThan(0.03);
  });

  test('what is malformed is not JSON or has a temperature that is no number; all else says what it means', () => {
    for (const event of eventsOf(OPTIONS, 1000).flat()) {
      let parsed: Record<string, unknown> | null = null;
      try {
        parsed = JSON.parse(event.payload) as Record<string, unknown>;
      } catch {
        expect(event.kind).toBe('malformed');
      }
      if (event.kind === 'malformed') {
        expect(event.temperature).toBeNull();
        expect(typeof parsed?.temperature).not.toBe('number');
      } else {
        expect(parsed).toMatchObject({ ts: event.time, seq: event.seq, temperature: event.temperature });
        expect(event.temperature! > 80).toBe(event.kind === 'hot');
      }
    }
  });
});
