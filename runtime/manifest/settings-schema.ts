/**
 * The schema of `custom.millrace`, defaults included. The keyword `unit` (duration, size, moment) is that
 * of `common/units.ts`; what JSON Schema cannot say (relations between settings) is in `settings.ts`.
 */
const duration = (fallback: string) => ({ unit: 'duration', default: fallback });
const size = (fallback: string) => ({ unit: 'size', default: fallback });
const closed = (properties: Record<string, object>) => ({
  type: 'object',
  additionalProperties: false,
  properties,
});
const section = (properties: Record<string, object>) => ({ ...closed(properties), default: {} });

export const streamSchema = closed({
  partitions: { type: 'integer', minimum: 1, maximum: 1000 },
  maxBytes: size('4GiB'),
  hardLimitBytes: size('16GiB'),
  segmentBytes: size('64MiB'),
});

export const functionSchema = closed({
  nice: { type: 'integer', minimum: 0, maximum: 19, default: 0 },
  schedule: { type: 'string' },
  batchWindowMs: { type: 'integer', minimum: 0, maximum: 300_000 },
  isolation: { enum: ['worker', 'process', 'inline'], default: 'worker' },
  environments: { type: 'integer', minimum: 1, maximum: 1000, default: 8 },
  idle: duration('10m'),
  overlap: { type: 'boolean', default: false },
  control: { type: 'boolean', default: false },
});

/** Which of the three it is, is checked in `settings.ts`: exactly one. */
const destination = closed({
  stream: { type: 'string', minLength: 1 },
  file: { type: 'string', minLength: 1 },
  webhook: { type: 'string', pattern: '^https?://[^\\s/]+' },
  payload: { type: 'boolean' },
});

export const settingsSchema = closed({
  gateway: section({
    telemetryTopics: {
      type: 'array',
      minItems: 1,
      uniqueItems: true,
      items: { type: 'string' },
      default: ['devices/{deviceId}/telemetry'],
    },
    relayTopics: { type: 'array', uniqueItems: true, items: { type: 'string' }, default: [] },
    maxPayloadBytes: size('256KiB'),
    maxLag: duration('150ms'),
    remoteControl: { type: 'boolean', default: false },
    presence: { type: 'boolean', default: true },
    presenceTopic: { type: 'string', default: 'devices/{deviceId}/presence' },
    presenceGrace: duration('30s'),
  }),
  deviceTypes: section({
    default: { type: 'string', minLength: 1, default: 'environment' },
    byDevice: {
      type: 'object',
      default: {},
      propertyNames: { minLength: 1 },
      additionalProperties: { type: 'string', minLength: 1 },
    },
  }),
  deviceTags: section({
    byDevice: {
      type: 'object',
      default: {},
      additionalProperties: { type: 'object', additionalProperties: { type: 'string' } },
    },
    fromEvent: { type: 'array', uniqueItems: true, items: { type: 'string' }, default: [] },
  }),
  events: section({
    maxFuture: duration('1d'),
    oldest: { unit: 'moment', default: '2000-01-01T00:00:00Z' },
  }),
  retention: section({
    windows: duration('7d'),
    rollups: section({
      '1m': duration('30d'),
      '1h': duration('365d'),
      '1d': duration('3650d'),
      day: duration('3650d'),
      week: duration('3650d'),
    }),
    quarantine: duration('30d'),
    late: duration('30d'),
    alerts: duration('90d'),
  }),
  streams: { type: 'object', default: {}, additionalProperties: streamSchema },
  functions: { type: 'object', default: {}, additionalProperties: functionSchema },
  destinations: { type: 'object', default: {}, additionalProperties: destination },
  concurrency: section({
    account: { type: 'integer', minimum: 1, maximum: 10_000, default: 1_000 },
    scalingPer10s: { type: 'integer', minimum: 1, maximum: 10_000, default: 1_000 },
  }),
});
