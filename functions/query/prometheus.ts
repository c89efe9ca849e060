/**
 * Rules and alerts in the documents of Prometheus' HTTP API (`/api/v1/rules`, `/api/v1/alerts`), so that what shows
 * Prometheus' alerts shows these. Pure. Prometheus has no word for no data: such alerts are left out.
 * Source: https://prometheus.io/docs/prometheus/latest/querying/api/#rules
 */
import type { Alert } from '../../stores/alerts.js';
import type { Rule } from '../alert/rules.js';
import { labelsOf } from '../dispatch/labels.js';
import { rfc3339 } from './timestamps.js';

/** What it writes where a rule was never evaluated: here events evaluate rules, not an interval. */
const NEVER = '0001-01-01T00:00:00Z';

/** In the order of the files. @param active pending and firing alerts */
export function ruleGroups(rules: readonly Rule[], active: readonly Alert[]) {
  const alertsOf = grouped(active, ({ rule }) => rule);
  const groups = grouped(rules, ({ group, place }) => `${fileOf(place)}\n${group}`);
  return [...groups.values()].map((own) => ({
    name: own[0]!.group,
    file: fileOf(own[0]!.place),
    interval: 0,
    limit: 0,
    lastEvaluation: NEVER,
    evaluationTime: 0,
    rules: own.map((rule) => ruleView(rule, alertsOf.get(rule.name) ?? [])),
  }));
}

function ruleView(rule: Rule, alerts: readonly Alert[]) {
  const isIn = (state: Alert['state']) => alerts.some((alert) => alert.state === state);
  return {
    type: 'alerting',
    name: rule.name,
    state: isIn('firing') ? 'firing' : isIn('pending') ? 'pending' : 'inactive',
    query: rule.condition.source,
    // Seconds.
    duration: rule.forMs / 1000,
    keepFiringFor: rule.keepFiringMs / 1000,
    labels: rule.labels,
    annotations: rule.annotations,
    alerts: alerts.map(activeAlert),
    health: 'ok',
    lastEvaluation: NEVER,
    evaluationTime: 0,
  };
}

export function activeAlert(alert: Alert) {
  return {
    labels: labelsOf(alert),
    annotations: alert.annotations,
    state: alert.state,
    activeAt: rfc3339(alert.startsAt),
    value: valueText(alert.value),
  };
}

/** Values are numbers there, as texts. */
function valueText(value: Alert['value']): string {
  if (typeof value === 'boolean') return value ? '1' : '0';
  return typeof value === 'number' ? String(value) : 'NaN';
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** `rules/cold.yml:12` -> `rules/cold.yml` */
function fileOf(place: string): string {
  return place.replace(/:\d+$/, '');
}
