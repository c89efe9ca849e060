/** Alerts, with what operators did about them and who was told. */
import { alertDetail } from '../alertDetail.js';
import { alertViews } from '../alertViews.js';
import * as parameters from '../parameters.js';
import { badParameter, ProblemError } from '../problem.js';
import { type Route, route } from '../route.js';

const { active, state, rule, severity, deviceId, limit, cursor, fingerprint } = parameters;

export const alertRoutes: readonly Route[] = [
  route({
    path: '/alerts',
    name: 'listAlerts',
    summary: 'Alerts, present and past, newest `startsAt` first.',
    tag: 'Alerts',
    parameters: { active, state, rule, severity, deviceId, limit, cursor },
    schema: 'AlertPage',
    answer: async ({ active, state, rule, severity, deviceId, limit, cursor }, { stores }, { clock }) => {
      if (active && state !== undefined) throw badParameter('active', 'and state contradict each other');
      const filter = {
        ...(active ? { state: 'active' as const } : state === undefined ? {} : { state }),
        ...(rule === undefined ? {} : { rule }),
        ...(severity === undefined ? {} : { severity }),
        ...(deviceId === undefined ? {} : { deviceId }),
      };
      const { items, next } = await stores.alerts.alerts(filter, { limit, cursor });
      return { items: await alertViews(items, stores.operations, clock()), next };
    },
  }),
  route({
    path: '/alerts/{fingerprint}',
    name: 'getAlert',
    summary: 'The latest alert of a fingerprint: acknowledgement, comments, silences, and who was told when.',
    tag: 'Alerts',
    parameters: { fingerprint },
    schema: 'AlertDetail',
    problems: { 404: 'There is no alert of this fingerprint (`ALERT_UNKNOWN`).' },
    answer: async ({ fingerprint }, { stores }, { clock }) => {
      const alert = await stores.alerts.alert(fingerprint);
      if (alert === null) {
        throw new ProblemError(
          404,
          'ALERT_UNKNOWN',
          `there is no alert with the fingerprint '${fingerprint}'`,
        );
      }
      return alertDetail(alert, stores, clock());
    },
  }),
];
