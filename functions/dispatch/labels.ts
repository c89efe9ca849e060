/** The labels of an alert, as matchers, groups and receivers see them. */
import type { Alert } from '../../stores/alerts.js';

export type Labels = Readonly<Record<string, string>>;

/** With `alertname`, `deviceId` and `severity`. */
export function labelsOf({
  rule,
  deviceId,
  severity,
  labels,
}: Pick<Alert, 'rule' | 'deviceId' | 'severity' | 'labels'>): Labels {
  return { ...labels, alertname: rule, deviceId, severity };
}

/** Those that all have, with the same value. */
export function common(sets: readonly Labels[]): Labels {
  const [first, ...others] = sets;
  return Object.fromEntries(
    Object.entries(first ?? {}).filter(([name, value]) =>
      others.every((labels) => Object.hasOwn(labels, name) && labels[name] === value),
    ),
  );
}
