/** MQTT topics that alerts are told on. */
import type { Alert } from '../../stores/alerts.js';

export type AlertName = Pick<Alert, 'severity' | 'deviceId' | 'rule'>;

/** Each notification, as it happens. */
export function eventTopic({ severity, deviceId, rule }: AlertName): string {
  return `alerts/${level(severity)}/${level(deviceId)}/${level(rule)}`;
}

/** The current state, retained. */
export function stateTopic({ deviceId, rule }: Omit<AlertName, 'severity'>): string {
  return `alert-state/${level(deviceId)}/${level(rule)}`;
}

/** A text as one topic level: what separates levels, is a wildcard or is forbidden becomes `_`. */
function level(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is what MQTT forbids in topics (MQTT-4.7.3-2)
  return text === '' ? '_' : text.replace(/[/+#\u0000]/g, '_');
}
