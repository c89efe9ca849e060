/**
 * What one notification tells, independent of the format that a target wants: `dispatch` writes it into
 * `Delivery.notification` as JSON, `deliver` formats it. The members are those of Alertmanager's webhook document
 * (version 4) and what Millrace knows besides. Times are epoch ms here, RFC 3339 on the wire.
 */
import type { Alert, AlertReason } from '../../stores/alerts.js';

export type NotifiedStatus = 'firing' | 'nodata' | 'resolved';

/**
 * Why it goes out. `new`: the first one of its group for the receiver. `changed`: an alert came, changed or resolved.
 * `repeat`: nothing changed for `repeat_interval`. `escalation`: nobody acknowledged. `silence-expired`: alerts still
 * fire that a silence kept back.
 */
export type NotificationReason = 'new' | 'changed' | 'repeat' | 'escalation' | 'silence-expired';

export interface NotifiedAlert {
  readonly status: NotifiedStatus;
  /** `alertname`, `deviceId` and `severity` among them. */
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: number;
  /** Null while it fires. With `nodata`: until when it was known to hold. */
  readonly endsAt: number | null;
  /** Where to look at it; `` without `externalUrl`. */
  readonly generatorURL: string;
  readonly fingerprint: string;
  readonly value: Alert['value'];
  /** Of the reading that caused its last transition. */
  readonly eventTime: number;
  readonly flapping: boolean;
  readonly ruleVersion: string;
  /** Why it is in this state: its condition, missing data, its rule. Unknown of what an earlier version took in. */
  readonly cause?: AlertReason;
}

export interface NotificationDocument {
  /** That of its delivery: the same however often it is computed and sent. */
  readonly id: string;
  /** Of the group, the same for all its notifications: what incidents of other systems are kept by. */
  readonly groupKey: string;
  readonly receiver: string;
  /** `firing` while one of the alerts does, else `nodata` while one is, else `resolved`. */
  readonly status: NotifiedStatus;
  readonly reason: NotificationReason;
  readonly groupLabels: Readonly<Record<string, string>>;
  /** Those that all of its alerts have in common, those left out included. */
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly externalURL: string;
  /** How many alerts the target's `max_alerts` left out already. */
  readonly truncatedAlerts: number;
  /** Earliest `startsAt` first: of two with one fingerprint, the last one is the current. */
  readonly alerts: readonly NotifiedAlert[];
}

/**
 * Whether nothing is lost when only the later of two notifications for one target is sent: every alert of the earlier
 * is in the later one. So a target that was away gets what is the matter now, not each repetition of it.
 */
export function supersedes(later: NotificationDocument, earlier: NotificationDocument): boolean {
  if (later.groupKey !== earlier.groupKey || later.receiver !== earlier.receiver) return false;
  if (earlier.truncatedAlerts > 0 || later.truncatedAlerts > 0) return false;
  const contained = new Set(later.alerts.map(instanceOf));
  return earlier.alerts.every((alert) => contained.has(instanceOf(alert)));
}

const instanceOf = ({ fingerprint, startsAt }: NotifiedAlert): string => `${fingerprint} ${startsAt}`;
