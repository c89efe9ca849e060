/** MQTT topics that alerts are told on. */
import { topicLevel } from '../../common/topic-level.js';
import type { Alert } from '../../stores/alerts.js';

export type AlertName = Pick<Alert, 'severity' | 'deviceId' | 'rule'>;

/** Each notification, as it happens. */
export function eventTopic({ severity, deviceId, rule }: AlertName): string {
  return `alerts/${topicLevel(severity)}/${topicLevel(deviceId)}/${topicLevel(rule)}`;
}

/** The current state, retained. */
export function stateTopic({ deviceId, rule }: Omit<AlertName, 'severity'>): string {
  return `alert-state/${topicLevel(deviceId)}/${topicLevel(rule)}`;
}
