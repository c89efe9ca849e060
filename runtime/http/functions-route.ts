/** `GET /runtime/functions`: how the functions are configured and what they are doing. */
import { Hono } from 'hono';
import type { FunctionsReport } from '../function-report.js';
import { type ControlAccess, refuseControl } from './control-access.js';

export function functionsRoute(access: ControlAccess, report: () => FunctionsReport): Hono {
  const app = new Hono();
  app.get('/runtime/functions', (c) => refuseControl(c.req.raw, false, access) ?? c.json(report()));
  return app;
}
