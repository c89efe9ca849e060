/** What a device reads and when: its metrics, and what its own failures make of them. The network comes after. */
import { Random } from '../random.js';
import type { DeviceFailure, Fleet } from '../scenario/scenario.js';
import type { LoadCurve } from './load.js';
import { createSensors, rounded, type Value } from './metrics.js';
import { draw, type Span, SpanCursor, spansOf } from './occasions.js';

export interface Reading {
  /** From 0; numbers of reports that the device failed to make are left out. */
  readonly number: number;
  /** Scenario time, ms. */
  readonly time: number;
  /** Everything the device measures, in the order of the scenario, hidden metrics left out. */
  readonly values: Readonly<Record<string, Value>>;
}

/** Every device draws from streams of its own: a larger fleet is the smaller one and more devices. */
export interface DeviceIdentity {
  readonly fleet: Fleet;
  readonly seed: number;
  /** Names the device's streams: fleet and number. */
  readonly stream: string;
}

export interface Life {
  readonly joins: number;
  /** Infinity: stays. */
  readonly leaves: number;
  /** When its firmware changes; Infinity: never. */
  readonly updates: number;
}

export function lifeOf({ fleet, seed, stream }: DeviceIdentity): Life {
  const random = Random.named(seed, `${stream} life`);
  const { joinOver, leave, firmware } = fleet.lifecycle;
  // Always the same draws, whatever the scenario asks for.
  const [join, leaves, when, update] = [random.unit(), random.unit(), random.unit(), random.unit()];
  return {
    joins: joinOver * join,
    leaves: leaves < leave.share ? leave.from + (leave.until - leave.from) * when : Number.POSITIVE_INFINITY,
    updates: firmware === null ? Number.POSITIVE_INFINITY : firmware.at + firmware.over * update,
  };
}

export function* readings(device: DeviceIdentity, life: Life, load: LoadCurve): Generator<Reading, void> {
  const { fleet, seed, stream } = device;
  const sensors = createSensors(fleet.metrics, seed, stream);
  const failures = fleet.failures.map((failure, index) =>
    createFailure(failure, Random.named(seed, `${stream} failure ${index}`), load.duration),
  );
  const pace = Random.named(seed, `${stream} pace`);
  const begin = load.area(life.joins) + pace.unit() * fleet.interval;
  for (let number = 0; ; number++) {
    const early = fleet.jitter * (pace.unit() - 0.5);
    const time = load.timeOf(begin + Math.max(0, number + early) * fleet.interval);
    if (time >= Math.min(life.leaves, load.duration)) return;
    const all: Record<string, Value> = {};
    for (const [name, sensor] of sensors) all[name] = sensor(time, all);
    let works = true;
    for (const failure of failures) works = failure(time, all) && works;
    if (!works) continue;
    const values: Record<string, Value> = {};
    for (const name of Object.keys(all)) if (!fleet.hidden.includes(name)) values[name] = all[name]!;
    if (fleet.lifecycle.firmware !== null) {
      values.firmware = time >= life.updates ? fleet.lifecycle.firmware.to : fleet.lifecycle.firmware.from;
    }
    yield { number, time, values };
  }
}

/** Changes the values; false: the device reports nothing. */
type Failure = (time: number, values: Record<string, Value>) => boolean;

const HOUR = 3_600_000;

function createFailure(failure: DeviceFailure, random: Random, duration: number): Failure {
  const spans = spansOf(failure, random, duration);
  const cursor = new SpanCursor(spans);
  switch (failure.kind) {
    case 'dropout':
      return (time) => cursor.at(time) === undefined;
    case 'stuck':
      return stuck(failure.metric, cursor);
    case 'spike': {
      const heights = spans.map(() => draw(random, failure.by));
      return (time, values) => {
        const span = cursor.at(time);
        if (span !== undefined) add(values, failure.metric, heights[spans.indexOf(span)]!);
        return true;
      };
    }
    case 'drift':
      return (time, values) => {
        const span = cursor.at(time);
        if (span !== undefined) add(values, failure.metric, (failure.perHour * (time - span.from)) / HOUR);
        return true;
      };
    case 'battery-death':
      return dying(failure.metric, failure.empty, spans[0]);
  }
}

function stuck(metric: string, cursor: SpanCursor): Failure {
  let held: { readonly span: Span; readonly value: Value } | undefined;
  return (time, values) => {
    const span = cursor.at(time);
    if (span === undefined) held = undefined;
    else {
      if (held?.span !== span) held = { span, value: values[metric]! };
      values[metric] = held.value;
    }
    return true;
  };
}

function dying(metric: string, empty: number, span: Span | undefined): Failure {
  let full: number | undefined;
  return (time, values) => {
    if (span === undefined || time < span.from) return true;
    if (time >= span.until) return false;
    full ??= Number(values[metric]);
    values[metric] = rounded(full + ((empty - full) * (time - span.from)) / (span.until - span.from), 3);
    return true;
  };
}

/** Adds to a number, with as many digits as it had. */
function add(values: Record<string, Value>, metric: string, amount: number): void {
  const before = Number(values[metric]);
  const digits = (String(before).split('.')[1] ?? '').length;
  values[metric] = rounded(before + amount, Math.max(2, digits));
}
