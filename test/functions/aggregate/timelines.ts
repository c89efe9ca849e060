/** Timelines for property tests: events of a few devices, late, ahead, again, without numbers, and silences. */
import fc from 'fast-check';
import type { AggregateSettings, AggregationDefinition } from '../../../common/aggregations.js';
import { tumblingPerDevice } from '../../../common/aggregations.js';
import type { Settings } from '../../../common/settings.js';
import { type TestRecord, tick } from '../../support/batches.js';
import { testSettings } from '../../support/stream-function.js';

export const T0 = Date.UTC(2024, 0, 1);
export const DEVICES = ['a', 'b', 'c'];
const SITES = ['north', 'south', 'a,b=c'];

const BASE = tumblingPerDevice(10_000, 5_000).definitions[0]!;
const definition = (name: string, changes: Partial<AggregationDefinition>): AggregationDefinition => ({
  ...BASE,
  name,
  rollups: false,
  ...changes,
});

const ALL_FIGURES = ['count', 'stddev', 'p50', 'p99', 'distinct', 'rate', 'delta', 'timeWeightedMean'];

/** Every shape, per device and per group, with every figure somewhere. */
export const EVERY_SHAPE: AggregateSettings = {
  ...tumblingPerDevice(10_000, 5_000),
  maxAheadMs: 4_000,
  maxBehindMs: 20_000,
  definitions: [
    BASE,
    definition('strict', {
      window: { type: 'tumbling', sizeMs: 4_000 },
      allowedLatenessMs: 0,
      metrics: { temperature: ALL_FIGURES, ok: ['duration', 'distinct'], '*': ['count'] },
    }),
    definition('by-type', {
      window: { type: 'tumbling', sizeMs: 20_000 },
      by: ['type'],
      metrics: { '*': ['p50', 'stddev', 'distinct'] },
    }),
    definition('hopping', {
      window: { type: 'hopping', sizeMs: 12_000, everyMs: 4_000 },
      allowedLatenessMs: 3_000,
      metrics: { temperature: ALL_FIGURES },
    }),
    definition('sessions', {
      window: { type: 'session', gapMs: 5_000, maxMs: 14_000 },
      allowedLatenessMs: 4_000,
      metrics: { temperature: ALL_FIGURES, ok: ['duration'] },
    }),
    definition('lasts', { window: { type: 'last', count: 3 }, metrics: { temperature: ALL_FIGURES } }),
    definition('by-site', { by: ['site', 'type'], publish: true }),
    definition('fleet', { window: { type: 'session', gapMs: 3_000, maxMs: 60_000 }, by: [] }),
    definition('fleet-lasts', { window: { type: 'last', count: 5 }, by: [] }),
    definition('others', { deviceTypes: ['reefer'] }),
  ],
};

export function settingsWith(aggregate: AggregateSettings): Settings {
  return { ...testSettings, aggregate, deviceTags: { byDevice: {}, fromEvent: ['site'] } };
}

type Step =
  | {
      step: 'event';
      device: number;
      lag: number;
      metric: number;
      named: 'seq' | 'eventId' | 'nothing';
      site: number;
      gap: number;
    }
  | { step: 'again'; back: number; gap: number }
  | { step: 'tick'; gap: number }
  | { step: 'rubbish'; gap: number };

const gap = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: 0, max: 3000 }) }, fc.constant(40_000));
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        step: fc.constant('event' as const),
        device: fc.nat(2),
        lag: fc.oneof(
          fc.constant(0),
          fc.integer({ min: 0, max: 25_000 }),
          fc.integer({ min: -30_000, max: 0 }),
          fc.integer({ min: 0, max: 9_000 }),
        ),
        metric: fc.integer({ min: -1000, max: 1000 }),
        named: fc.constantFrom('seq' as const, 'seq' as const, 'eventId' as const, 'nothing' as const),
        site: fc.nat(3),
        gap,
      }),
    },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('again' as const), back: fc.nat(15), gap }) },
    { weight: 2, arbitrary: fc.record({ step: fc.constant('tick' as const), gap }) },
    { weight: 1, arbitrary: fc.record({ step: fc.constant('rubbish' as const), gap }) },
  ),
  { minLength: 1, maxLength: 80 },
);

/** Events with growing numbers or ids of their own, some of them sent again unchanged, ticks and rubbish in between. */
export const timelines: fc.Arbitrary<TestRecord[]> = fc
  .tuple(steps, fc.boolean())
  .map(([list, onTheSecond]) => {
    // Half of the timelines know whole seconds alone: there, times fall on the edges of windows.
    const ms = (time: number) => (onTheSecond ? Math.round(time / 1000) * 1000 : time);
    let now = T0;
    const sent = DEVICES.map(() => 0);
    const records: TestRecord[] = [];
    for (const step of list) {
      now += ms(step.gap);
      if (step.step === 'tick') records.push(tick(now));
      else if (step.step === 'rubbish') records.push({ arrivalTime: now, key: 'a', payload: '{"ts":' });
      else if (step.step === 'again') {
        const events = records.filter(({ payload }) => {
          const { seq, eventId } = (payload ?? {}) as { seq?: number; eventId?: string };
          return seq !== undefined || eventId !== undefined;
        });
        const event = events.at(-1 - step.back);
        if (event !== undefined) records.push({ ...event, arrivalTime: now });
      } else {
        const { device, lag, metric, named, site } = step;
        const number = sent[device]!++;
        const payload = {
          ts: now - ms(lag),
          temperature: metric,
          humidity: 1,
          battery: 0.1,
          ok: metric > 0,
          ...(named === 'seq' ? { seq: number } : named === 'eventId' ? { eventId: `e${number}` } : {}),
          ...(site < SITES.length ? { site: SITES[site] } : {}),
        };
        records.push({ arrivalTime: now, key: DEVICES[device]!, payload });
      }
    }
    return records.length > 0 ? records : [tick(now)];
  });
