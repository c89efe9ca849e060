/** The definitions that the oracle is held against: every shape, per device, group and fleet, each figure. */
import {
  type AggregateSettings,
  type AggregationDefinition,
  tumblingPerDevice,
} from '../../../../common/aggregations.js';

const MINUTE = 60_000;
const [BASE] = tumblingPerDevice(10_000, 5_000).definitions as [AggregationDefinition];

export const NUMBERS = ['count', 'sum', 'min', 'max', 'mean', 'first', 'last', 'stddev', 'distinct'] as const;
/** Those that follow the order of one device's events. */
export const ORDERED = ['delta', 'rate', 'timeWeightedMean'] as const;
/** With the quantiles that they name. */
export const PERCENTILES = { p1: 0.01, p50: 0.5, p90: 0.9, 'p99.9': 0.999 } as const;
const COMMON = [...NUMBERS, ...Object.keys(PERCENTILES)];

const perDevice = (name: string, changes: Partial<AggregationDefinition>): AggregationDefinition => ({
  ...BASE,
  name,
  rollups: false,
  metrics: { '*': [...COMMON, ...ORDERED, 'duration'] },
  ...changes,
});
const perGroup = (name: string, changes: Partial<AggregationDefinition>): AggregationDefinition => ({
  ...perDevice(name, changes),
  metrics: { '*': COMMON },
});
const tumbling = (sizeMs: number) => ({ type: 'tumbling', sizeMs }) as const;

/** By device first: so they are in the order in which late events name them. */
export const DEFINITIONS: readonly AggregationDefinition[] = [
  perDevice('device', { window: tumbling(10_000), rollups: true }),
  perDevice('patient', { window: tumbling(MINUTE), allowedLatenessMs: 30 * MINUTE, rollups: true }),
  perDevice('strict', {
    window: tumbling(7_000),
    allowedLatenessMs: 0,
    metrics: { temperature: [...COMMON, ...ORDERED], mode: ['duration'] },
  }),
  perDevice('rooms', { window: tumbling(30_000), deviceTypes: ['room'] }),
  perDevice('hopping', {
    window: { type: 'hopping', sizeMs: 30_000, everyMs: 10_000 },
    allowedLatenessMs: 8_000,
  }),
  perDevice('sessions', { window: { type: 'session', gapMs: 7_000, maxMs: 400 * 86_400_000 } }),
  perDevice('visits', {
    window: { type: 'session', gapMs: 10 * MINUTE, maxMs: 400 * 86_400_000 },
    allowedLatenessMs: 20 * MINUTE,
  }),
  perDevice('lasts', { window: { type: 'last', count: 4 } }),
  perGroup('sites', {
    window: tumbling(20_000),
    by: ['site', 'type'],
    allowedLatenessMs: 10_000,
    rollups: true,
  }),
  perGroup('fleet', { window: tumbling(MINUTE), by: [], allowedLatenessMs: 10 * MINUTE, rollups: true }),
  perGroup('fleet-hopping', { window: { type: 'hopping', sizeMs: 40_000, everyMs: 20_000 }, by: [] }),
  perGroup('room-types', { window: tumbling(10_000), by: ['type'], deviceTypes: ['room'] }),
];

export function settingsOf({
  timeZone,
  weekStartsOn,
}: Pick<AggregateSettings, 'timeZone' | 'weekStartsOn'>): AggregateSettings {
  return {
    ...tumblingPerDevice(10_000, 5_000),
    maxAheadMs: 20_000,
    maxBehindMs: 60_000,
    timeZone,
    weekStartsOn,
    definitions: DEFINITIONS,
  };
}
