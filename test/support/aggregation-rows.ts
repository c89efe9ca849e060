/** Rows of the aggregation store for its contracts. */
import type {
  AggregationTally,
  LateEvent,
  MetricFigures,
  Progress,
  Series,
  StateFigures,
  WindowRow,
} from '../../stores/aggregation.js';

export const ALL = { from: Number.MIN_SAFE_INTEGER, to: Number.MAX_SAFE_INTEGER };
export const FIRST = { limit: 100, cursor: null };

export function tally(nextOffset: bigint, counts: Partial<AggregationTally> = {}): AggregationTally {
  return {
    partition: 0,
    aggregated: 0,
    late: 0,
    duplicate: 0,
    refused: 0,
    ticks: 0,
    ahead: 0,
    behind: 0,
    corrections: 0,
    ...counts,
    nextOffset,
  };
}

export function figures(value: number): MetricFigures {
  return {
    count: 3,
    sum: value * 3,
    min: -value,
    max: 5e-324,
    first: 0.1 + 0.2,
    firstTime: 1_700_000_000_001,
    last: 1.7976931348623157e308,
    lastTime: 1_700_000_000_999,
  };
}

export function states(value: string): StateFigures {
  return {
    count: 2,
    first: value,
    firstTime: 1,
    last: 'false',
    lastTime: 2,
    durations: JSON.parse('{"__proto__":5,"open":0.5}') as Record<string, number>,
    samples: [[1, value]],
  };
}

export function window(key: string, start: number, more: Partial<WindowRow> = {}): WindowRow {
  return {
    definition: 'device',
    key,
    start,
    size: 10,
    end: start + 10,
    partition: 0,
    offset: 1n,
    closed: false,
    revision: 0,
    events: 3,
    metrics: { temperature: figures(20.1) },
    ...more,
  };
}

export function late(offset: bigint, arrivalTime: number, more: Partial<LateEvent> = {}): LateEvent {
  return {
    id: `0-${offset}`,
    partition: 0,
    offset,
    deviceId: 'a',
    eventTime: 7,
    arrivalTime,
    windowStart: 0,
    definitions: ['device'],
    payload: '{"ts":7}',
    ...more,
  };
}

export function progress(key: string, more: Partial<Progress> = {}): Progress {
  return {
    scope: '',
    key,
    partition: 0,
    offset: 1n,
    state: '{"v":1}',
    ...more,
  };
}

export function device(key: string): Series {
  return { definition: 'device', key };
}
