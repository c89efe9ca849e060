/** Devices: their latest values, windows and rollups. */
import type { Platform } from '../../contract.js';
import * as parameters from '../parameters.js';
import { ProblemError } from '../problem.js';
import { type Route, route } from '../route.js';
import { deviceView, pageView, rollupView, windowView } from '../views.js';

const { id, limit, cursor, metric, from, to, period } = parameters;
const problems = { 404: 'No valid event of this device has ever arrived (`DEVICE_UNKNOWN`).' };

export const deviceRoutes: readonly Route[] = [
  route({
    path: '/devices',
    name: 'listDevices',
    summary: 'Devices with their latest values, in the order of their ids.',
    tag: 'Devices',
    parameters: { limit, cursor },
    schema: 'DevicePage',
    answer: async ({ limit, cursor }, { stores }) =>
      pageView(await stores.validation.devices({ limit, cursor }), deviceView),
  }),
  route({
    path: '/devices/{id}',
    name: 'getDevice',
    summary: 'One device with its latest values.',
    tag: 'Devices',
    parameters: { id },
    schema: 'Device',
    problems,
    answer: async ({ id }, platform) => deviceView(await findDevice(id, platform)),
  }),
  route({
    path: '/devices/{id}/windows',
    name: 'listWindows',
    summary: "A device's event-time windows, oldest first.",
    tag: 'Devices',
    parameters: { id, metric, from, to, limit, cursor },
    schema: 'WindowPage',
    problems,
    answer: async (values, platform) => {
      const { id, metric, limit, cursor } = values;
      const range = parameters.rangeOf(values);
      const page = await platform.stores.aggregation.windows(id, range, { limit, cursor });
      // aggregate may be ahead of validate: only a device without windows has to be known.
      if (page.items.length === 0) await findDevice(id, platform);
      return pageView(page, (row) => windowView(row, metric));
    },
  }),
  route({
    path: '/devices/{id}/rollups',
    name: 'listRollups',
    summary: "A device's rollups of one period, oldest first.",
    tag: 'Devices',
    parameters: { id, metric, period, from, to, limit, cursor },
    schema: 'RollupPage',
    problems,
    answer: async (values, platform) => {
      const { id, metric, period, limit, cursor } = values;
      const range = parameters.rangeOf(values);
      const page = await platform.stores.rollups.rollups(id, period, range, { limit, cursor });
      if (page.items.length === 0) await findDevice(id, platform);
      return pageView(page, (row) => rollupView(row, metric));
    },
  }),
];

async function findDevice(id: string, { stores }: Platform) {
  const [row] = await stores.validation.latest([id]);
  if (row === undefined) {
    throw new ProblemError(404, 'DEVICE_UNKNOWN', `no valid event of device '${id}' has arrived yet`);
  }
  return row;
}
