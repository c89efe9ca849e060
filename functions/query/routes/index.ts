/** All routes that answer with data. */
import type { Route } from '../route.js';
import { actRoutes } from './acts.js';
import { aggregationRoutes } from './aggregations.js';
import { alertRoutes } from './alerts.js';
import { changeRoutes } from './changes.js';
import { deliveryRoutes } from './deliveries.js';
import { deviceRoutes } from './devices.js';
import { eventRoutes } from './events.js';
import { operationRoutes } from './operations.js';
import { prometheusRoutes } from './prometheus.js';

export const routes: readonly Route[] = [
  ...deviceRoutes,
  ...aggregationRoutes,
  ...changeRoutes,
  ...alertRoutes,
  ...actRoutes,
  ...deliveryRoutes,
  ...eventRoutes,
  ...operationRoutes,
  ...prometheusRoutes,
];
