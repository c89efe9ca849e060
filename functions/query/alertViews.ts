/**
 * Alerts as the API shows them, with what operators did about each: who takes care of it, and which silences keep its
 * notifications back. Of alerts that have resolved neither is of interest any more.
 */
import type { Alert } from '../../stores/alerts.js';
import type { Acknowledgement, Comment, OperationStore } from '../../stores/operations.js';
import { labelsOf } from '../dispatch/labels.js';
import { Silences } from '../dispatch/silencing.js';
import { rfc3339 } from './timestamps.js';

export type AlertView = ReturnType<typeof alertView>;

/** @param time epoch ms: silences that hold then */
export async function alertViews(
  alerts: readonly Alert[],
  operations: Pick<OperationStore, 'silences' | 'acknowledgements'>,
  time: number,
): Promise<readonly AlertView[]> {
  const current = alerts.filter(({ state }) => state !== 'resolved');
  if (current.length === 0) return alerts.map((alert) => alertView(alert, null, []));
  const [silences, acknowledgements] = await Promise.all([
    operations.silences(time),
    operations.acknowledgements([...new Set(current.map(({ fingerprint }) => fingerprint))]),
  ]);
  const silencing = new Silences(silences);
  const taken = new Map(acknowledgements.map((one) => [instanceOf(one), one]));
  return alerts.map((alert) =>
    alert.state === 'resolved'
      ? alertView(alert, null, [])
      : alertView(alert, taken.get(instanceOf(alert)) ?? null, silencing.of(labelsOf(alert), time)),
  );
}

const instanceOf = ({ fingerprint, startsAt }: { fingerprint: string; startsAt: number }) =>
  `${fingerprint} ${startsAt}`;

function alertView(alert: Alert, acknowledgement: Acknowledgement | null, silencedBy: readonly string[]) {
  return {
    id: alert.id,
    fingerprint: alert.fingerprint,
    rule: alert.rule,
    ruleVersion: alert.ruleVersion,
    severity: alert.severity,
    state: alert.state,
    reason: alert.reason,
    deviceId: alert.deviceId,
    labels: alert.labels,
    annotations: alert.annotations,
    value: alert.value,
    eventTime: rfc3339(alert.eventTime),
    startsAt: rfc3339(alert.startsAt),
    endsAt: alert.endsAt === null ? null : rfc3339(alert.endsAt),
    changedAt: rfc3339(alert.changedAt),
    flapping: alert.flapping,
    acknowledged: acknowledgement === null ? null : acknowledgementView(acknowledgement),
    silencedBy,
    event: alert.event ?? null,
  };
}

export function acknowledgementView({ author, comment, at }: Acknowledgement) {
  return { author, comment, at: rfc3339(at) };
}

export function commentView({ id, startsAt, author, text, at }: Comment) {
  return { id, startsAt: rfc3339(startsAt), author, text, at: rfc3339(at) };
}
