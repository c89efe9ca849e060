/** All routes that change something. */
import type { OperateRoute } from '../route.js';
import { alertRoutes } from './alerts.js';
import { deliveryRoutes } from './deliveries.js';
import { silenceRoutes } from './silences.js';

export const operateRoutes: readonly OperateRoute[] = [...alertRoutes, ...silenceRoutes, ...deliveryRoutes];
