/** Whatever the events, state that is stored and read again goes on as if nothing had been; and its size is bounded. */
import fc from 'fast-check';
import type { AnyFeature } from '../../../../../functions/alert/language/feature.js';
import { absentFor } from '../../../../../functions/alert/language/features/absent.js';
import { valueBefore } from '../../../../../functions/alert/language/features/before.js';
import { latestOf } from '../../../../../functions/alert/language/features/latest.js';
import { sequenceWithin } from '../../../../../functions/alert/language/features/sequence.js';
import { stuckFor } from '../../../../../functions/alert/language/features/stuck.js';
import { matchesWithin, windowOf } from '../../../../../functions/alert/language/features/window.js';
import { Fed, sampleOf } from '../support.js';

const WIDTH = 60_000;
const features: readonly [string, AnyFeature, number][] = [
  ['window', windowOf('t', WIDTH), 15_000],
  ['matches', matchesWithin('event.t > 5', ['t'], WIDTH, ({ event }) => Number(event.t) > 5), 15_000],
  ['before', valueBefore('t', WIDTH), 12_000],
  ['absent', absentFor(null, WIDTH), 60],
  ['absent metric', absentFor('t', WIDTH), 60],
  ['stuck', stuckFor('t', WIDTH), 300],
  ['latest', latestOf('t'), 300],
  [
    'sequence',
    sequenceWithin(
      'a b',
      ['t'],
      WIDTH,
      ({ event }) => Number(event.t) > 7,
      ({ event }) => Number(event.t) < 3,
    ),
    400,
  ],
];

interface Event {
  /** Since the one before, ms; below 0: it comes late. */
  readonly after: number;
  readonly t: unknown;
}

const event: fc.Arbitrary<Event> = fc.record({
  after: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
    { weight: 2, arbitrary: fc.integer({ min: -90_000, max: 0 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
  ),
  t: fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 10 }) },
    { weight: 2, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
    { weight: 1, arbitrary: fc.constantFrom(null, 'open', true, -0) },
  ),
});

function samplesOf(events: readonly Event[]) {
  let time = 1_000_000;
  return events.map(({ after, t }) => {
    const sample = sampleOf(t === undefined ? {} : { t }, time + after);
    time = Math.max(time, time + after);
    return sample;
  });
}

describe.each(features)('%s', (_, feature) => {
  test('goes on after it was read again', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), fc.nat(59), (events, cut) => {
        const kept = new Fed(feature);
        let restored = new Fed(feature);
        for (const [index, sample] of samplesOf(events).entries()) {
          if (index === cut || index % 7 === 0) restored = restored.restored();
          kept.take(sample);
          restored.take(sample);
          expect(restored.text).toBe(kept.text);
          for (const later of [0, 1, WIDTH - 1, WIDTH, 2 * WIDTH]) {
            const at = sample.eventTime + later;
            expect(restored.value(at)).toBe(kept.value(at));
            const next = kept.feature.nextChange(kept.state, at);
            expect(next).toBeGreaterThan(at);
            expect(restored.feature.nextChange(restored.state, at)).toBe(next);
          }
        }
      }),
      { numRuns: 80 },
    );
  });

  test('what is asked changes nothing', () => {
    const fed = new Fed(feature);
    for (const sample of samplesOf([
      { after: 0, t: 9 },
      { after: 5, t: 1 },
    ]))
      fed.take(sample);
    const { text } = fed;
    for (const at of [0, 1_000_000, 2_000_000]) fed.value(at);
    expect(fed.text).toBe(text);
  });
});

test.each(features)('%s is bounded', (_, feature, bytes) => {
  const fed = new Fed(feature);
  for (let index = 0; index < 5_000; index++) {
    const t = index % 11 === 0 ? 'x'.repeat(256) : 20.123456789 + Math.sin(index) * 10;
    fed.take(sampleOf({ t }, 1_790_000_000_000 + index * 7 + ((index * 7_919) % 5_000)));
    if (index % 50 === 0 && fed.text.length > bytes) throw new Error(`${fed.text.length} after ${index}`);
  }
});

test('the largest window goes on in panes after it was read again', () => {
  const feature = windowOf('t', WIDTH);
  let restored = new Fed(feature);
  const kept = new Fed(feature);
  for (let index = 0; index < 3_000; index++) {
    const sample = sampleOf({ t: Math.sin(index) }, 1_000_000 + index * 50 - ((index * 31) % 400));
    kept.take(sample);
    restored.take(sample);
    if (index % 100 === 0) restored = restored.restored();
  }
  expect(restored.text).toBe(kept.text);
});
