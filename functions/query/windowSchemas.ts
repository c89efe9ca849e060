/** JSON Schemas of aggregations, of their windows and rollups, and of the figures in these. */
import { PERIODS } from '../../stores/rollups.js';
import type { JsonSchema } from './parameters.js';
import * as s from './schemaParts.js';

const flag = (description: string): JsonSchema => ({ type: 'boolean', description });
const ms = (description?: string) => s.count(description);

const shape = (type: string, properties: Readonly<Record<string, JsonSchema>>) =>
  s.object({ type: { const: type }, ...properties });

const series = {
  definition: s.text('Name of the aggregation.'),
  key: s.text('Device id; of a group its tags, `site=north,type=reefer`; empty: the whole fleet.'),
  deviceId: s.text('The same, where the aggregation is kept per device.'),
};

const measured = {
  events: s.count(),
  metrics: { ...s.mapOf(s.ref('Figures')), description: 'Of metrics that are numbers.' },
  states: { ...s.mapOf(s.ref('StateFigures')), description: 'Of those that are strings or booleans.' },
};

const window = {
  ...series,
  start: s.time('Inclusive, event time. Of the latest events: the epoch.'),
  end: s.time('Exclusive.'),
  revision: s.count(
    '0: not complete; 1: complete; one more with every late event that came in after that. Of the latest events: how ' +
      'often they have changed.',
  ),
  complete: flag('The devices have gone past its end.'),
  closed: flag('Closed windows take no more events.'),
  corrections: s.count('Late events that came in after it was complete.'),
  ...measured,
};

/** All of these members but `deviceId`, which groups do not have. */
function seriesObject(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return s.object(
    properties,
    Object.keys(properties).filter((name) => name !== 'deviceId'),
  );
}

const always = {
  count: s.count(),
  sum: s.figure('null when it is beyond the range of a double.'),
  mean: s.figure('null when the sum is beyond the range of a double.'),
  min: s.figure(),
  max: s.figure(),
  first: s.figure('By event time.'),
  firstTime: s.time(),
  last: s.figure('By event time.'),
  lastTime: s.time(),
};

const asked = {
  stddev: s.figure('Standard deviation of the population.'),
  delta: s.figure('Of a counter: by how much it rose. After a reset its new value counts.'),
  rate: s.figure('Of a counter: the same, per second.'),
  distinct: s.figure('How many different values, within 2 %.'),
  timeWeightedMean: s.figure('Each value counts for as long as it was the last one.'),
};

export const windowSchemas: Readonly<Record<string, JsonSchema>> = {
  Aggregation: s.object({
    name: s.text(),
    base: flag('Meant where a request for windows or rollups of a device names none.'),
    window: {
      oneOf: [
        shape('tumbling', { sizeMs: ms() }),
        shape('hopping', { sizeMs: ms(), everyMs: ms() }),
        shape('session', { gapMs: ms('It ends when no event has come for so long.'), maxMs: ms() }),
        shape('last', { count: s.count('The latest so many events.') }),
      ],
    },
    by: {
      description: 'One window per device; or per combination of these tags; of none: the fleet.',
      oneOf: [{ const: 'device' }, s.arrayOf(s.text())],
    },
    deviceTypes: { type: ['array', 'null'], items: s.text(), description: 'null: all.' },
    allowedLatenessMs: ms('For so long after a window is complete, what comes late corrects it.'),
    metrics: s.mapOf(s.arrayOf(s.text('A figure.'))),
    rollups: flag('Whether there are rollups of it.'),
    publish: flag('Whether windows go out over MQTT.'),
  }),
  AggregationList: s.object({
    items: s.arrayOf(s.ref('Aggregation')),
    timeZone: s.text('IANA zone of calendar days and weeks.'),
    weekStartsOn: { enum: ['monday', 'sunday'] },
  }),
  AggregationKey: s.object({ key: series.key }),
  Window: seriesObject({ ...window, ...s.position }),
  MergedWindow: seriesObject({
    ...window,
    revision: s.count('Sum over its parts: grows with every completion and every correction.'),
    partials: s.count('Partitions of the stream that have a part of it.'),
  }),
  WindowChange: seriesObject({
    change: s.offset('Place in the feed; a decimal string.'),
    correction: flag('It was complete before: a late event changed it.'),
    ...window,
    ...s.position,
  }),
  WindowChanges: s.object({
    items: s.arrayOf(s.ref('WindowChange')),
    next: s.offset('`since` of the next question.'),
    more: flag('There may be more already.'),
  }),
  Rollup: seriesObject({
    ...series,
    period: { enum: PERIODS },
    start: s.time('Aligned to the period: in UTC; `day` and `week` in the time zone of the aggregations.'),
    end: s.time('Exclusive.'),
    ...measured,
  }),
  Figures: {
    type: 'object',
    description: '`count` to `lastTime` always; the others where the aggregation asks for them.',
    properties: { ...always, ...asked },
    patternProperties: { '^p\\d+(\\.\\d+)?$': s.figure('A percentile, within 1 % of the value.') },
    required: Object.keys(always),
    additionalProperties: false,
  },
  StateFigures: s.object(
    {
      count: s.count(),
      first: s.text('By event time.'),
      firstTime: s.time(),
      last: s.text('By event time.'),
      lastTime: s.time(),
      distinct: asked.distinct,
      duration: {
        ...s.nullable(s.mapOf({ type: 'number' })),
        description: 'Value -> how long it was that, ms.',
      },
    },
    ['count', 'first', 'firstTime', 'last', 'lastTime'],
  ),
};
