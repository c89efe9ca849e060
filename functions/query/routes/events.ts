/** Alerts, and the events that went another way than into a window: quarantined and late ones. */
import { cursor, deviceId, lateDevice, limit, state } from '../parameters.js';
import { quarantineViews } from '../payloads.js';
import { type Route, route } from '../route.js';
import { alertView, lateView, pageView } from '../views.js';

export const eventRoutes: readonly Route[] = [
  route({
    path: '/alerts',
    name: 'listAlerts',
    summary: 'Alerts, present and past, newest `startsAt` first.',
    tag: 'Alerts',
    parameters: { state, deviceId, limit, cursor },
    schema: 'AlertPage',
    answer: async ({ state, deviceId, limit, cursor }, { stores }) => {
      const filter = {
        ...(state === undefined ? {} : { state }),
        ...(deviceId === undefined ? {} : { deviceId }),
      };
      return pageView(await stores.alerts.alerts(filter, { limit, cursor }), alertView);
    },
  }),
  route({
    path: '/quarantine',
    name: 'listQuarantine',
    summary: 'Events that validation refused, with the reason and the payload as it came, newest first.',
    tag: 'Events',
    parameters: { limit, cursor },
    schema: 'QuarantinePage',
    answer: async ({ limit, cursor }, { stores }) => {
      const page = await stores.validation.quarantine({ limit, cursor });
      return { items: quarantineViews(page.items), next: page.next };
    },
  }),
  route({
    path: '/late',
    name: 'listLate',
    summary:
      'Events that came after a window of theirs had closed, with the aggregations that lack them, newest first.',
    tag: 'Events',
    parameters: { deviceId: lateDevice, limit, cursor },
    schema: 'LatePage',
    answer: async ({ deviceId, limit, cursor }, { stores }) => {
      const filter = deviceId === undefined ? {} : { deviceId };
      return pageView(await stores.aggregation.late(filter, { limit, cursor }), lateView);
    },
  }),
];
