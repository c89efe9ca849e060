/** All routes that answer with data. */
import type { Route } from '../route.js';
import { aggregationRoutes } from './aggregations.js';
import { changeRoutes } from './changes.js';
import { deviceRoutes } from './devices.js';
import { eventRoutes } from './events.js';
import { operationRoutes } from './operations.js';

export const routes: readonly Route[] = [
  ...deviceRoutes,
  ...aggregationRoutes,
  ...changeRoutes,
  ...eventRoutes,
  ...operationRoutes,
];
