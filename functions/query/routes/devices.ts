/** Devices: their latest values, windows and rollups. */
import type { Platform } from '../../contract.js';
import { definitionOfDevices, expectRollups } from '../definitions.js';
import { readReports } from '../deviceReports.js';
import * as parameters from '../parameters.js';
import { ProblemError } from '../problem.js';
import { type Route, route } from '../route.js';
import { deviceViews, pageView } from '../views.js';
import { rollupView, windowView } from '../windowViews.js';

const { id, limit, cursor, metric, from, to, period, definitionOfDevice } = parameters;
const problems = { 404: 'No valid event of this device has ever arrived (`DEVICE_UNKNOWN`).' };

export const deviceRoutes: readonly Route[] = [
  route({
    path: '/devices',
    name: 'listDevices',
    summary: 'Devices with their latest values, in the order of their ids.',
    tag: 'Devices',
    parameters: { limit, cursor },
    schema: 'DevicePage',
    answer: async ({ limit, cursor }, { settings, stores }) =>
      pageView(await stores.validation.devices({ limit, cursor }), deviceViews(settings.deviceTags)),
  }),
  route({
    path: '/devices/{id}',
    name: 'getDevice',
    summary:
      'One device with its latest values, how right its clock is, and how many of its events are missing.',
    tag: 'Devices',
    parameters: { id },
    schema: 'DeviceDetail',
    problems,
    answer: async ({ id }, platform) => {
      const row = await findDevice(id, platform);
      const reportOf = await readReports([row], platform);
      return { ...deviceViews(platform.settings.deviceTags)(row), ...reportOf(id) };
    },
  }),
  route({
    path: '/devices/{id}/windows',
    name: 'listWindows',
    summary: "A device's event-time windows, oldest first.",
    tag: 'Devices',
    parameters: { id, definition: definitionOfDevice, metric, from, to, limit, cursor },
    schema: 'WindowPage',
    problems,
    answer: async (values, platform) => {
      const { id, metric, limit, cursor } = values;
      const { settings, stores } = platform;
      const definition = definitionOfDevices(settings.aggregate, values.definition);
      const series = { definition: definition.name, key: id };
      const page = await stores.aggregation.windows(series, parameters.rangeOf(values), { limit, cursor });
      // aggregate may be ahead of validate: only a device without windows has to be known.
      if (page.items.length === 0) await findDevice(id, platform);
      return pageView(page, (row) => windowView(row, definition, metric));
    },
  }),
  route({
    path: '/devices/{id}/rollups',
    name: 'listRollups',
    summary: "A device's rollups of one period, oldest first.",
    tag: 'Devices',
    parameters: { id, definition: definitionOfDevice, metric, period, from, to, limit, cursor },
    schema: 'RollupPage',
    problems,
    answer: async (values, platform) => {
      const { id, metric, period, limit, cursor } = values;
      const { settings, stores } = platform;
      const definition = definitionOfDevices(settings.aggregate, values.definition);
      const series = { definition: definition.name, key: id };
      const range = parameters.rangeOf(values);
      const page = await stores.rollups.rollups(series, period, range, { limit, cursor });
      if (page.items.length === 0) {
        await findDevice(id, platform);
        expectRollups(definition, 'definition');
      }
      return pageView(page, (row) => rollupView(row, definition, metric));
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
