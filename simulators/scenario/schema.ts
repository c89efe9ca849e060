/**
 * The schemas of a scenario file, defaults included. The keyword `unit` turns what people write into numbers:
 * `duration` (10s -> ms), `share` (5% or 0.05), `range` (a number, or [low, high]), `durations` (the same of
 * durations), `moment` (a date -> epoch ms). Parts that come in kinds (metrics, failures, chaos) have a schema each,
 * because ajv fills no defaults in below `oneOf`.
 */
const unit = (kind: string, fallback?: unknown) =>
  fallback === undefined ? { unit: kind } : { unit: kind, default: fallback };
const closed = (properties: Record<string, object>, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  required,
  properties,
});
const section = (properties: Record<string, object>) => ({ ...closed(properties), default: {} });
const list = (items: object) => ({ type: 'array', items, default: [] });
const number = (fallback?: number) =>
  fallback === undefined ? { type: 'number' } : { type: 'number', default: fallback };
const text = (fallback?: string) => ({
  type: 'string',
  minLength: 1,
  ...(fallback === undefined ? {} : { default: fallback }),
});
const digits = { type: 'integer', minimum: 0, maximum: 9, default: 2 };

/** `until` beyond every scenario: to its end. */
const occasion = {
  share: unit('share', 1),
  from: unit('duration', '0s'),
  until: unit('duration', '36500d'),
  every: unit('duration', '0s'),
  lasts: unit('durations', '10s'),
};

const network = section({
  latency: unit('durations', '0ms'),
  loss: unit('share', 0),
  duplicates: section({ share: unit('share', 0), after: unit('durations', '1s') }),
  reordering: section({ share: unit('share', 0), by: unit('durations', '2s') }),
  offline: list(closed({ ...occasion, backlog: { type: 'boolean', default: true } })),
  storms: list(closed({ ...occasion, how: { enum: ['clean', 'drop'], default: 'drop' } })),
  flapping: list(closed(occasion)),
});

const fleet = closed(
  {
    name: { type: 'string', pattern: '^[\\w-]+$' },
    devices: { type: 'integer', minimum: 1, maximum: 1_000_000 },
    id: { type: 'string', pattern: '\\{n\\}' },
    type: text('environment'),
    topic: { type: 'string', minLength: 1, default: 'devices/{deviceId}/telemetry' },
    qos: { enum: [0, 1, 2], default: 1 },
    interval: unit('duration'),
    jitter: unit('share', 0),
    metrics: { type: 'object', minProperties: 1, additionalProperties: { type: 'object' } },
    hidden: list(text()),
    failures: list({ type: 'object' }),
    network,
    clock: section({
      skew: unit('durations', '0ms'),
      drift: unit('range', 0),
      wrongZone: section({ share: unit('share', 0), offset: unit('duration', '2h') }),
    }),
    payload: section({
      malformed: unit('share', 0),
      wrongType: unit('share', 0),
      missingField: unit('share', 0),
      oldSchema: section({
        share: unit('share', 0),
        rename: { type: 'object', additionalProperties: { type: 'string' }, default: {} },
      }),
      withoutSeq: { type: 'boolean', default: false },
    }),
    lifecycle: section({
      joinOver: unit('duration', '0s'),
      leave: section({
        share: unit('share', 0),
        from: unit('duration', '0s'),
        until: unit('duration', '0s'),
      }),
      firmware: {
        ...closed({ from: text(), to: text(), at: unit('duration'), over: unit('duration', '0s') }, [
          'from',
          'to',
          'at',
        ]),
        nullable: true,
        default: null,
      },
    }),
  },
  ['name', 'devices', 'id', 'interval', 'metrics'],
);

const phase = closed(
  {
    name: text(),
    kind: { enum: ['ramp', 'steady', 'spike', 'soak'], default: 'steady' },
    duration: unit('duration'),
    load: { type: 'number', minimum: 0 },
    from: { type: 'number', minimum: 0 },
    to: { type: 'number', minimum: 0 },
  },
  ['name', 'duration'],
);

export const scenarioSchema = closed(
  {
    title: text(),
    description: { type: 'string', default: '' },
    seed: { type: 'integer', minimum: 0, default: 1 },
    start: unit('moment', 'now'),
    speed: { type: 'number', exclusiveMinimum: 0, default: 1 },
    phases: { type: 'array', minItems: 1, items: phase },
    fleets: { type: 'array', minItems: 1, items: fleet },
    chaos: list({ type: 'object' }),
    thresholds: {
      type: 'object',
      additionalProperties: { type: ['string', 'number'] },
      default: { loss: 0, duplicates: 0, wrong: 0 },
    },
  },
  ['title', 'phases', 'fleets'],
);

const model = (properties: Record<string, object>, required: readonly string[] = []) =>
  closed({ model: { type: 'string' }, digits, ...properties }, required);

const bounds = { min: number(-Number.MAX_VALUE), max: number(Number.MAX_VALUE) };
const anything = { type: ['number', 'string', 'boolean'] };

export const metricSchemas: Readonly<Record<string, object>> = {
  constant: model({ value: anything }, ['value']),
  walk: model(
    {
      start: unit('range'),
      step: number(),
      ...bounds,
      pull: unit('share', 0.02),
    },
    ['start', 'step'],
  ),
  seasonal: model(
    {
      mean: unit('range'),
      amplitude: unit('range'),
      period: unit('duration'),
      noise: number(0),
      phase: unit('range', 0),
    },
    ['mean', 'amplitude', 'period'],
  ),
  square: model(
    {
      low: number(0),
      high: number(1),
      period: unit('duration'),
      duty: unit('share', 0.5),
      phase: unit('range', 0),
    },
    ['period'],
  ),
  counter: model({ start: unit('range', 0), perSecond: unit('range'), wrap: number(Number.MAX_VALUE) }, [
    'perSecond',
  ]),
  drift: model(
    {
      start: unit('range'),
      perHour: unit('range'),
      ...bounds,
      noise: number(0),
    },
    ['start', 'perHour'],
  ),
  recorded: model({ file: text(), column: text(), period: unit('duration') }, ['file', 'column', 'period']),
  correlated: model(
    {
      with: text(),
      factor: number(1),
      offset: number(0),
      noise: number(0),
      lag: unit('duration', '0s'),
      ...bounds,
    },
    ['with'],
  ),
  mapped: model(
    {
      with: text(),
      to: { type: 'object', minProperties: 1, additionalProperties: anything },
      otherwise: { ...anything, default: 0 },
    },
    ['with', 'to'],
  ),
  curve: model(
    {
      with: text(),
      points: {
        type: 'array',
        minItems: 2,
        items: { type: 'array', minItems: 2, maxItems: 2, items: { type: 'number' } },
      },
      noise: number(0),
    },
    ['with', 'points'],
  ),
  sum: model(
    {
      of: { type: 'object', minProperties: 1, additionalProperties: { type: 'number' } },
      offset: number(0),
      noise: number(0),
      ...bounds,
    },
    ['of'],
  ),
  product: model({ of: { type: 'array', minItems: 1, items: text() }, factor: number(1), noise: number(0) }, [
    'of',
  ]),
  follow: model({ with: text(), within: unit('duration'), noise: number(0) }, ['with', 'within']),
  integral: model({ with: text(), start: unit('range', 0), perHour: number(1), ...bounds }, ['with']),
  states: model(
    {
      initial: text(),
      states: {
        type: 'object',
        minProperties: 1,
        additionalProperties: closed(
          {
            value: anything,
            perSecond: number(),
            lasts: unit('durations'),
            next: { type: 'object', minProperties: 1, additionalProperties: { type: 'number', minimum: 0 } },
          },
          ['value', 'lasts', 'next'],
        ),
      },
    },
    ['initial', 'states'],
  ),
};

const failure = (properties: Record<string, object> = {}, required: readonly string[] = []) =>
  closed({ kind: { type: 'string' }, ...occasion, ...properties }, required);

export const failureSchemas: Readonly<Record<string, object>> = {
  dropout: failure(),
  stuck: failure({ metric: text() }, ['metric']),
  spike: failure({ metric: text(), by: unit('range') }, ['metric', 'by']),
  drift: failure({ metric: text(), perHour: number() }, ['metric', 'perHour']),
  'battery-death': failure({ metric: text(), empty: number() }, ['metric', 'empty']),
};

const chaos = (properties: Record<string, object> = {}) =>
  closed({ action: { type: 'string' }, at: unit('duration'), ...properties }, ['at']);

export const chaosSchemas: Readonly<Record<string, object>> = {
  kill: chaos({ restartAfter: unit('duration', '1s') }),
  restart: chaos(),
  stop: chaos({ lasts: unit('duration', '2s') }),
  slow: chaos({ lasts: unit('duration', '5s'), share: unit('share', 0.3) }),
};

/** Metrics that thresholds may be about; see `oracle/`. */
export const THRESHOLD_METRICS = [
  'loss',
  'duplicates',
  'wrong',
  'late',
  'unexpected',
  'unsent',
  'acknowledgement_latency',
  'alert_latency',
  'scheduling_error',
  'throughput',
] as const;
