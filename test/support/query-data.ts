/** A small, consistent deployment for tests of the query API and for looking at the status page. */
import type { NotificationDocument } from '../../functions/dispatch/document.js';
import type { StateFigures, WindowRow } from '../../stores/aggregation.js';
import type { Alert, AlertState } from '../../stores/alerts.js';
import type { Attempt, Delivery } from '../../stores/notifications.js';
import type { Silence } from '../../stores/operations.js';
import type { Period, RollupRow } from '../../stores/rollups.js';
import { emptyData, type QueryData, risingFigures } from './query-platform.js';

export const T0 = Date.UTC(2024, 4, 1, 12);

export function alertOf(rule: string, deviceId: string, state: AlertState, startsAt: number): Alert {
  const fingerprint = Buffer.from(`${rule}/${deviceId}`).toString('hex').slice(0, 16);
  return {
    id: `${fingerprint}-${startsAt}-${state}`,
    fingerprint,
    rule,
    ruleVersion: '0123abcd',
    severity: rule === 'LowBattery' ? 'warning' : 'critical',
    state,
    reason: 'condition',
    deviceId,
    labels: { site: 'north' },
    annotations: { summary: `${rule} on ${deviceId}` },
    value: 85,
    eventTime: startsAt,
    startsAt,
    endsAt: state === 'resolved' ? startsAt + 60_000 : null,
    changedAt: startsAt + 5,
    flapping: false,
    event: { ts: startsAt, temperature: 85, humidity: 40, battery: 3.7 },
  };
}

/** A clock that runs ahead, and a gap. */
const DEVICE_STATE =
  `{"v":2,"time":${T0 + 7_200_000},"mark":${T0},"arrival":${T0},"clock":[3,1,7200000,400000],"again":2,` +
  '"seq":{"top":9,"base":0,"received":9,"lost":1,"restarts":0}}';

/** 12 events and 4 ticks on two partitions; one event each quarantined, late and duplicate; validate is 1 behind. */
export function sampleData(): QueryData {
  const data = emptyData();
  data.status = {
    ...data.status,
    connections: 3,
    gateway: { accepted: 10, received: 2, refused_payload_too_large: 1 },
    streams: data.status.streams.map((stream) =>
      stream.name === 'telemetry'
        ? {
            ...stream,
            partitions: [
              { partition: 0, start: 2n, end: 9n, counts: { acknowledged: 6, received: 1, tick: 2 } },
              { partition: 1, start: 0n, end: 7n, counts: { acknowledged: 4, received: 1, tick: 2 } },
            ],
          }
        : stream,
    ),
    mappings: data.status.mappings.map((mapping) =>
      mapping.stream === 'telemetry' ? { ...mapping, checkpoints: [8n, 7n] } : mapping,
    ),
  };
  data.validation = [
    { partition: 0, nextOffset: 8n, valid: 5, quarantined: 1, ticks: 2 },
    { partition: 1, nextOffset: 7n, valid: 5, quarantined: 0, ticks: 2 },
  ];
  data.aggregation = [
    {
      partition: 0,
      nextOffset: 9n,
      aggregated: 4,
      late: 1,
      duplicate: 1,
      refused: 1,
      ticks: 2,
      ahead: 1,
      behind: 2,
      corrections: 1,
    },
    {
      partition: 1,
      nextOffset: 7n,
      aggregated: 5,
      late: 0,
      duplicate: 0,
      refused: 0,
      ticks: 2,
      ahead: 0,
      behind: 0,
      corrections: 0,
    },
  ];
  data.devices = ['dev-1', 'dev-2', 'größe 100%'].map((deviceId, index) => ({
    deviceId,
    deviceType: 'environment',
    partition: index % 2,
    offset: BigInt(5 + index),
    eventTime: T0 + index,
    arrivalTime: T0 + index + 7,
    event: JSON.stringify({ ts: T0 + index, seq: index, deviceId, temperature: 20 + index, humidity: 40 }),
  }));
  data.progress = [{ scope: '', key: 'dev-2', partition: 1, offset: 6n, state: DEVICE_STATE }];
  data.windows = [
    ...Array.from({ length: 5 }, (_, index) => ({
      definition: 'device',
      key: 'dev-1',
      start: T0 + index * 10_000,
      size: 10_000,
      end: T0 + (index + 1) * 10_000,
      partition: 0,
      offset: BigInt(index),
      closed: index < 4,
      // The first was corrected once; the last is still open.
      revision: index === 0 ? 2 : index < 4 ? 1 : 0,
      events: 2,
      metrics: {
        temperature: risingFigures(2, 20 + index, T0 + index * 10_000),
        humidity: risingFigures(2, 40, T0 + index * 10_000),
      },
    })),
    ...groupWindows(),
    {
      definition: 'state',
      key: 'dev-1',
      start: T0,
      size: 0,
      end: T0 + 90_000,
      partition: 0,
      offset: 4n,
      closed: true,
      revision: 1,
      events: 3,
      metrics: {},
      states: { mode: stateFigures() },
    },
  ];
  data.rollups = [
    rollupOf('device', 'dev-1', '1m', 60_000),
    rollupOf('device', 'dev-1', '1h', 3_600_000),
    rollupOf('by-site', 'site=north', '1m', 60_000),
  ];
  data.alerts = [
    alertOf('HighTemperature', 'dev-1', 'firing', T0 + 3),
    alertOf('LowBattery', 'dev-2', 'pending', T0 + 2),
    alertOf('HighTemperature', 'dev-2', 'resolved', T0 + 1),
  ];
  addOperations(data);
  data.quarantine = [
    {
      id: '0-4',
      partition: 0,
      offset: 4n,
      deviceId: 'dev-1',
      arrivalTime: T0,
      code: 'SCHEMA',
      reason: 'temperature must be number',
      keyword: 'type',
      pointer: '/temperature',
      payload: Buffer.from('{"ts":1,"temperature":"hot é"}'),
    },
    {
      id: '0-3',
      partition: 0,
      offset: 3n,
      deviceId: 'dev-1',
      arrivalTime: T0,
      code: 'JSON_SYNTAX',
      reason: 'the payload is not JSON',
      keyword: null,
      pointer: null,
      payload: Uint8Array.of(0xff, 0x00, 0x01),
    },
  ];
  data.late = [
    {
      id: '0-2',
      partition: 0,
      offset: 2n,
      deviceId: 'dev-1',
      eventTime: T0 - 60_000,
      arrivalTime: T0,
      windowStart: T0 - 60_000,
      definitions: ['device', 'by-site'],
      payload: '{"ts":1}',
    },
  ];
  return data;
}

/** The firing alert is acknowledged, silenced, remarked on and told: once in vain, once for good. */
function addOperations(data: QueryData): void {
  const [{ fingerprint, startsAt }] = data.alerts as [Alert];
  const at = T0 + 60_000;
  data.acknowledgements = [{ fingerprint, startsAt, author: 'ann', comment: 'on my way', at }];
  data.comments = [{ id: 'c-1', fingerprint, startsAt, author: 'bob', text: 'the door was open', at }];
  data.silences = [
    silenceOf('s-1', T0, T0 + 3_600_000, 'dev-2'),
    silenceOf('s-2', T0, FAR, 'dev-1'),
    silenceOf('s-3', FAR, FAR + 1, 'dev-1'),
  ];
  data.audit = [
    {
      id: 1n,
      at,
      author: 'ann',
      act: 'acknowledge',
      subject: fingerprint,
      details: { startsAt, comment: '' },
    },
    { id: 2n, at, author: 'ann', act: 'redrive', subject: '', details: { target: 'ops/webhook/0', dead: 1 } },
  ];
  data.deliveries = [
    deliveryOf('d-1', 'ops/webhook/0', 'delivered', fingerprint, data.alerts),
    deliveryOf('d-2', 'ops/email/0', 'dead', fingerprint, data.alerts),
  ];
  data.attempts = [
    attemptOf('d-1', at, 'failed', 503, 'the target answered 503'),
    attemptOf('d-1', at + 1_000, 'delivered', 200, null),
  ];
  data.targets = [
    { target: 'ops/email/0', failures: 7, openUntil: FAR },
    { target: 'ops/webhook/0', failures: 0, openUntil: 0 },
  ];
}

/** After any test. */
const FAR = Date.UTC(2100, 0);

function silenceOf(id: string, startsAt: number, endsAt: number, deviceId: string): Silence {
  const matchers = [{ name: 'deviceId', value: deviceId, isRegex: false, isEqual: true }];
  return { id, matchers, startsAt, endsAt, author: 'ann', reason: 'works', createdAt: T0, expiredBy: null };
}

function deliveryOf(
  id: string,
  target: string,
  state: Delivery['state'],
  fingerprint: string,
  alerts: readonly Alert[],
): Delivery {
  const told: NotificationDocument = {
    id,
    groupKey: '{}:{alertname="HighTemperature"}',
    receiver: 'ops',
    status: 'firing',
    reason: 'new',
    groupLabels: { alertname: 'HighTemperature' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: '',
    truncatedAlerts: 0,
    alerts: alerts.slice(0, 1).map((alert) => ({ ...alert, status: 'firing', generatorURL: '' })),
  };
  return {
    id,
    target,
    state,
    createdAt: T0,
    dueAt: T0 + 1_000,
    attempts: 2,
    lastError: state === 'dead' ? 'nobody answers' : null,
    fingerprints: [fingerprint],
    notification: JSON.stringify(told),
  };
}

function attemptOf(
  deliveryId: string,
  at: number,
  outcome: Attempt['outcome'],
  status: number,
  error: string | null,
): Attempt {
  return { deliveryId, target: 'ops/webhook/0', at, durationMs: 12, outcome, status, error };
}

/** Two windows of site north on two partitions, one of south on one; two of the fleet. */
function groupWindows(): WindowRow[] {
  const row = (definition: string, key: string, minute: number, partition: number): WindowRow => ({
    definition,
    key,
    start: T0 + minute * 60_000,
    size: 60_000,
    end: T0 + (minute + 1) * 60_000,
    partition,
    offset: BigInt(partition),
    closed: minute === 0,
    revision: minute === 0 ? 1 + partition : partition,
    events: 10,
    metrics: {
      temperature: {
        ...risingFigures(10, 20 + 10 * partition, T0 + minute * 60_000),
        mean: 24.5 + 10 * partition,
        m2: 82.5,
      },
    },
  });
  return [
    row('by-site', 'site=north', 0, 0),
    row('by-site', 'site=north', 0, 1),
    row('by-site', 'site=north', 1, 0),
    row('by-site', 'site=north', 1, 1),
    row('by-site', 'site=south', 0, 1),
    row('fleet', '', 0, 0),
    row('fleet', '', 0, 1),
  ];
}

function stateFigures(): StateFigures {
  const durations = { cooling: 60_000, idle: 30_000 };
  return { count: 3, first: 'idle', firstTime: T0, last: 'idle', lastTime: T0 + 60_000, durations };
}

function rollupOf(definition: string, key: string, period: Period, ms: number): RollupRow {
  return {
    definition,
    key,
    period,
    start: T0,
    end: T0 + ms,
    events: 10,
    metrics: { temperature: risingFigures(10, 20, T0) },
  };
}
