/**
 * From the alerts stream to MQTT messages: each alert once on its event topic, the current one retained besides. One that
 * a silence keeps back is retained only, and says by which.
 *
 * The alerts stream repeats itself after crashes, in identical documents at other offsets; notifications are told
 * apart by their id. What was delivered for the same offset is delivered again: the invocation is being retried, and
 * nobody knows how far it had come. Which silences hold is asked as of the record's arrival, so that it is decided the
 * same then.
 */
import type { Alert } from '../../stores/alerts.js';
import { type Batch, offsetAt } from '../../streams/batch.js';
import { FrameCursor, RecordKind } from '../../streams/record.js';
import type { MqttMessage } from '../contract.js';
import { eventTopic, stateTopic } from './topics.js';

/** Header of a record whose alert was over before the current one began: it must not become the current state. */
export const PASSED_HEADER = 'passed';

export interface Notification {
  readonly id: string;
  readonly offset: bigint;
  /** Arrival time of what caused it, epoch ms. */
  readonly time: number;
  readonly alert: Alert;
  readonly passed: boolean;
  /** The alert as the stream has it. */
  readonly payload: Buffer;
}

export interface Reading {
  readonly notifications: readonly Notification[];
  /** Offsets of records that hold no alert. */
  readonly malformed: readonly bigint[];
}

export function read(batch: Batch): Reading {
  const notifications = new Map<string, Notification>();
  const malformed: bigint[] = [];
  const cursor = new FrameCursor(batch.frames);
  for (let index = 0; cursor.next(); index++) {
    if (cursor.kind === RecordKind.tick) continue;
    const offset = offsetAt(batch, index);
    const payload = Buffer.from(cursor.value());
    const alert = parseAlert(payload);
    if (alert === undefined) {
      malformed.push(offset);
      continue;
    }
    const { id } = alert;
    if (notifications.has(id)) continue;
    const passed = cursor.headers()?.[PASSED_HEADER] !== undefined;
    notifications.set(id, { id, offset, time: cursor.arrivalTime, alert, passed, payload });
  }
  return { notifications: [...notifications.values()], malformed };
}

/** Those that were not delivered for another record already. */
export function due(
  notifications: readonly Notification[],
  delivered: ReadonlyMap<string, bigint>,
): readonly Notification[] {
  return notifications.filter(({ id, offset }) => (delivered.get(id) ?? offset) === offset);
}

/** Whether a silence can keep it back: that an alert is over is told to everybody. */
export function canBeSilenced({ alert }: Notification): boolean {
  return alert.state !== 'resolved';
}

/** @param silencedBy ids of the silences that keep it back */
export function messagesOf(
  { alert, passed, payload }: Notification,
  silencedBy: readonly string[],
): readonly MqttMessage[] {
  const event: MqttMessage = { topic: eventTopic(alert), payload, qos: 1, retain: false };
  const isSilenced = silencedBy.length > 0;
  if (passed) return isSilenced ? [] : [event];
  const topic = stateTopic(alert);
  if (!isSilenced) return [event, { topic, payload, qos: 1, retain: true }];
  const state = Buffer.from(JSON.stringify({ ...alert, silencedBy }));
  return [{ topic, payload: state, qos: 1, retain: true }];
}

function parseAlert(payload: Buffer): Alert | undefined {
  let document: unknown;
  try {
    document = JSON.parse(payload.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null) return undefined;
  const { id, severity, deviceId, rule } = document as Record<string, unknown>;
  const named = [id, severity, deviceId, rule].every((name) => typeof name === 'string' && name !== '');
  return named ? (document as Alert) : undefined;
}
