/** The part of Prometheus' HTTP API that says what fires, for Grafana and whatever else speaks it. */
import type { Alert, AlertStore } from '../../../stores/alerts.js';
import type { Page } from '../../../stores/validation.js';
import { activeAlert, ruleGroups } from '../prometheus.js';
import { type Route, route } from '../route.js';

/** Alerts that are shown at the most: the newest. */
const MOST = 5_000;
const PAGE = 1_000;

export const prometheusRoutes: readonly Route[] = [
  route({
    path: '/api/v1/rules',
    name: 'getPrometheusRules',
    summary: 'The alert rules with what they have pending or firing, as Prometheus answers.',
    tag: 'Prometheus',
    parameters: {},
    lenient: true,
    schema: 'PrometheusRules',
    answer: async (_values, { stores }, { rules }) =>
      success({ groups: ruleGroups(rules(), await activeAlerts(stores.alerts)) }),
  }),
  route({
    path: '/api/v1/alerts',
    name: 'getPrometheusAlerts',
    summary: 'Pending and firing alerts, as Prometheus answers.',
    tag: 'Prometheus',
    parameters: {},
    lenient: true,
    schema: 'PrometheusAlerts',
    answer: async (_values, { stores }) =>
      success({ alerts: (await activeAlerts(stores.alerts)).map(activeAlert) }),
  }),
];

function success(data: object) {
  return { status: 'success', data };
}

async function activeAlerts(store: Pick<AlertStore, 'alerts'>): Promise<readonly Alert[]> {
  const found: Alert[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<Alert> = await store.alerts({ state: 'active' }, { limit: PAGE, cursor });
    found.push(...page.items.filter(({ state }) => state !== 'nodata'));
    cursor = page.next;
  } while (cursor !== null && found.length < MOST);
  return found;
}
