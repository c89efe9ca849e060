/** Notifications for receivers: what is on its way, what arrived, what was given up. */
import { deliveryDetail, deliveryView, targetViews } from '../deliveryViews.js';
import { cursor, deliveryId, deliveryState, limit, ofAlert, target } from '../parameters.js';
import { ProblemError } from '../problem.js';
import { type Route, route } from '../route.js';
import { pageView } from '../views.js';

export const deliveryRoutes: readonly Route[] = [
  route({
    path: '/deliveries',
    name: 'listDeliveries',
    summary: 'Notifications for receivers, newest first.',
    tag: 'Deliveries',
    parameters: { state: deliveryState, target, fingerprint: ofAlert, limit, cursor },
    schema: 'DeliveryPage',
    answer: async ({ state, target, fingerprint, limit, cursor }, { stores }) => {
      const filter = {
        ...(state === undefined ? {} : { state }),
        ...(target === undefined ? {} : { target }),
        ...(fingerprint === undefined ? {} : { fingerprint }),
      };
      return pageView(await stores.deliveries.deliveries(filter, { limit, cursor }), deliveryView);
    },
  }),
  route({
    path: '/deliveries/{id}',
    name: 'getDelivery',
    summary: 'One notification for a receiver: what it tells, and each attempt.',
    tag: 'Deliveries',
    parameters: { id: deliveryId },
    schema: 'DeliveryDetail',
    problems: { 404: 'There is no such delivery (`DELIVERY_UNKNOWN`).' },
    answer: async ({ id }, { stores: { deliveries } }) => {
      const [delivery] = (await deliveries.deliveries({ id }, { limit: 1, cursor: null })).items;
      if (delivery === undefined) {
        throw new ProblemError(404, 'DELIVERY_UNKNOWN', `there is no delivery with the id '${id}'`);
      }
      return deliveryDetail(delivery, await deliveries.attempts(id));
    },
  }),
  route({
    path: '/targets',
    name: 'listTargets',
    summary:
      'Every target that was ever told something: its circuit breaker, and how many deliveries it has.',
    tag: 'Deliveries',
    parameters: {},
    schema: 'TargetList',
    answer: async (_values, { stores: { deliveries } }, { clock }) => {
      const [states, counts] = await Promise.all([deliveries.targets(), deliveries.counts()]);
      return { items: targetViews(states, counts, clock()) };
    },
  }),
];
