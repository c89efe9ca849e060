/**
 * Rows of the stores as the API shows them: RFC 3339 times, offsets as decimal strings, plain JSON. Pure.
 */
import type { LateEvent, MetricFigures, WindowRow } from '../../stores/aggregation.js';
import type { Alert } from '../../stores/alerts.js';
import type { RollupRow } from '../../stores/rollups.js';
import type { LatestEvent, Page } from '../../stores/validation.js';
import { rfc3339 } from './timestamps.js';

/** Members of an event that are not metrics. */
const ENVELOPE = new Set(['ts', 'seq', 'deviceId']);

export function deviceView(row: LatestEvent) {
  const event = JSON.parse(row.event) as Record<string, unknown>;
  const { seq } = event;
  return {
    deviceId: row.deviceId,
    deviceType: row.deviceType,
    eventTime: rfc3339(row.eventTime),
    arrivalTime: rfc3339(row.arrivalTime),
    partition: row.partition,
    offset: row.offset.toString(),
    seq: typeof seq === 'number' ? seq : null,
    // fromEntries defines the members, so that a metric called __proto__ is one like any other.
    values: Object.fromEntries(Object.entries(event).filter(([name]) => !ENVELOPE.has(name))),
  };
}

export function windowView(row: WindowRow, metric?: string) {
  return {
    deviceId: row.deviceId,
    start: rfc3339(row.start),
    end: rfc3339(row.start + row.size),
    closed: row.closed,
    events: row.events,
    metrics: metricsView(row.metrics, metric),
    partition: row.partition,
    offset: row.offset.toString(),
  };
}

export function rollupView(row: RollupRow, metric?: string) {
  return {
    deviceId: row.deviceId,
    period: row.period,
    start: rfc3339(row.start),
    events: row.events,
    metrics: metricsView(row.metrics, metric),
  };
}

function metricsView(metrics: Readonly<Record<string, MetricFigures>>, only?: string) {
  return Object.fromEntries(
    Object.entries(metrics)
      .filter(([name]) => only === undefined || name === only)
      .map(([name, figures]) => [
        name,
        {
          count: figures.count,
          sum: figures.sum,
          mean: figures.sum / figures.count,
          min: figures.min,
          max: figures.max,
          first: figures.first,
          firstTime: rfc3339(figures.firstTime),
          last: figures.last,
          lastTime: rfc3339(figures.lastTime),
        },
      ]),
  );
}

export function alertView(alert: Alert) {
  return {
    id: alert.id,
    fingerprint: alert.fingerprint,
    rule: alert.rule,
    severity: alert.severity,
    state: alert.state,
    deviceId: alert.deviceId,
    labels: alert.labels,
    annotations: alert.annotations,
    value: alert.value,
    eventTime: rfc3339(alert.eventTime),
    startsAt: rfc3339(alert.startsAt),
    endsAt: alert.endsAt === null ? null : rfc3339(alert.endsAt),
    changedAt: rfc3339(alert.changedAt),
    event: alert.event ?? null,
  };
}

export function lateView(row: LateEvent) {
  return {
    id: row.id,
    deviceId: row.deviceId,
    partition: row.partition,
    offset: row.offset.toString(),
    eventTime: rfc3339(row.eventTime),
    arrivalTime: rfc3339(row.arrivalTime),
    windowStart: rfc3339(row.windowStart),
    payload: row.payload,
  };
}

export function pageView<T>(page: Page<T>, view: (row: T) => unknown) {
  return { items: page.items.map(view), next: page.next };
}
