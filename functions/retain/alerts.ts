/**
 * Retention of alerts: what has long resolved leaves the store, and its retained topic becomes empty.
 */
import type { Alert } from '../../stores/alerts.js';
import type { InvocationContext, MqttMessage, Platform } from '../contract.js';
import { stateTopic } from '../notify/topics.js';
import { MARGIN } from './steps.js';

const STEP = 500;

/** Forgets alerts that resolved before `time`; returns how many. */
export async function trimAlerts(
  platform: Platform,
  time: number,
  context: InvocationContext,
): Promise<number> {
  const { alerts } = platform.stores;
  let deleted = 0;
  while (context.remainingTimeMs() >= MARGIN) {
    // Both go in order of last change: among the first STEP alerts that are deleted, the current ones are these.
    await clearTopics(platform, await alerts.expired(time, STEP));
    const gone = await alerts.trim(time, STEP);
    deleted += gone;
    if (gone < STEP) break;
  }
  return deleted;
}

async function clearTopics(platform: Platform, expired: readonly Alert[]): Promise<void> {
  if (expired.length === 0) return;
  await platform.publish(expired.map((alert) => retained(alert, Buffer.alloc(0))));
  // One of them may have fired again at this very moment, and its new state have been cleared.
  const ids = new Set(expired.map(({ id }) => id));
  const names = [...new Set(expired.map(({ deviceId }) => deviceId))];
  const scopes = ['alert', 'fleet'].map((scope) => platform.stores.alerts.rows(scope, names));
  const rows = (await Promise.all(scopes)).flat();
  const fingerprints = new Set(expired.map(({ fingerprint }) => fingerprint));
  const again = rows.flatMap(({ alert, fingerprint }) =>
    alert !== null && alert.state !== 'pending' && fingerprints.has(fingerprint) && !ids.has(alert.id)
      ? [retained(alert, Buffer.from(JSON.stringify(alert)))]
      : [],
  );
  if (again.length > 0) await platform.publish(again);
}

function retained(alert: Alert, payload: Uint8Array): MqttMessage {
  return { topic: stateTopic(alert), payload, qos: 1, retain: true };
}
