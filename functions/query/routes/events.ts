/** Events that went another way than into a window: quarantined and late ones. */
import { cursor, lateDevice, limit } from '../parameters.js';
import { quarantineViews } from '../payloads.js';
import { type Route, route } from '../route.js';
import { lateView, pageView } from '../views.js';

export const eventRoutes: readonly Route[] = [
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
