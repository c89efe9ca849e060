/**
 * Aggregations: which windows are kept, of whose events, with which figures; written in `aggregations/*.yml`. Plain
 * data, because settings travel to environments.
 */

/**
 * What a window says of a metric. Of numbers: `count`, `sum`, `min`, `max`, `mean`, `first`, `last`, `stddev`
 * (of the population), `delta` and `rate` (of a counter that may start anew; rate per second), `p50`, `p99`, `p99.9`, …
 * (within 1 % of the value), `distinct` (within 2 %), `timeWeightedMean`. Of strings and booleans: `count`, `first`,
 * `last`, `distinct` and `duration` (how long it was each of its values, ms). The eight that cost nothing
 * (`count` to `last`) are always kept.
 */
export type FigureName = string;

export type WindowShape =
  /** [k * size, (k + 1) * size) */
  | { readonly type: 'tumbling'; readonly sizeMs: number }
  /** As long as `size`, a new one every `everyMs`, which divides `sizeMs`. */
  | { readonly type: 'hopping'; readonly sizeMs: number; readonly everyMs: number }
  /** From an event until none has come for `gapMs`, at most `maxMs` long. */
  | { readonly type: 'session'; readonly gapMs: number; readonly maxMs: number }
  /** The latest `count` events, by event time; never closes. */
  | { readonly type: 'last'; readonly count: number };

export interface AggregationDefinition {
  /** Unique; a part of topics and paths: `[a-z][a-z0-9-]*`. */
  readonly name: string;
  readonly window: WindowShape;
  /** One window per device; or per combination of these tags (`type` is the device type); `[]`: the whole fleet's. */
  readonly by: 'device' | readonly string[];
  /** Events of these device types; null: of all. */
  readonly deviceTypes: readonly string[] | null;
  /** For so long after a window is complete, what comes late corrects it (ms of event time). */
  readonly allowedLatenessMs: number;
  /** Metric -> figures; `*` stands for all that are not named. */
  readonly metrics: Readonly<Record<string, readonly FigureName[]>>;
  /** Whether rollups are made from these windows: of tumbling ones that divide a minute. */
  readonly rollups: boolean;
  /** Whether complete windows and corrections go out on `windows/{name}/{key}` over MQTT. */
  readonly publish: boolean;
  /** `file:line` */
  readonly place: string;
}

export interface AggregateSettings {
  /**
   * How far ahead of its arrival an event moves its device's clock at the most (ms). A clock that runs ahead further
   * is counted, and closes no windows before their time.
   */
  readonly maxAheadMs: number;
  /** Events that were on their way for longer than this are counted as from a clock behind, or a backlog (ms). */
  readonly maxBehindMs: number;
  /** Member of an event that names it, where there is no `seq`: what comes with the same one is a duplicate. */
  readonly eventId: string;
  /** IANA zone of calendar days and weeks. */
  readonly timeZone: string;
  readonly weekStartsOn: 'monday' | 'sunday';
  /** At least one. */
  readonly definitions: readonly AggregationDefinition[];
}

/**
 * The definition that is meant where none is named: the first one per device with tumbling windows that are rolled up,
 * else the first one.
 */
export function baseDefinition({ definitions }: AggregateSettings): AggregationDefinition {
  const base = definitions.find(
    ({ by, window, rollups }) => by === 'device' && window.type === 'tumbling' && rollups,
  );
  return base ?? definitions[0]!;
}

/** Settings with one definition, `device`: tumbling windows of all devices and metrics. */
export function tumblingPerDevice(sizeMs: number, allowedLatenessMs: number): AggregateSettings {
  return {
    // Below any usual lateness: one event that is far ahead must make nothing else late, of its device or its groups.
    maxAheadMs: 10_000,
    maxBehindMs: 300_000,
    eventId: 'eventId',
    timeZone: 'UTC',
    weekStartsOn: 'monday',
    definitions: [
      {
        name: 'device',
        window: { type: 'tumbling', sizeMs },
        by: 'device',
        deviceTypes: null,
        allowedLatenessMs,
        metrics: { '*': ['count', 'sum', 'min', 'max', 'mean', 'first', 'last'] },
        rollups: true,
        publish: false,
        place: '(default)',
      },
    ],
  };
}
