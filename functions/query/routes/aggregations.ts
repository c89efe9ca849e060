/** Aggregations: what is kept, of which devices and groups, and the windows and rollups of these. */
import type { AggregationDefinition } from '../../../common/aggregations.js';
import { definitionInPath, definitionView, expectRollups } from '../definitions.js';
import { mergedWindows } from '../mergedWindows.js';
import * as parameters from '../parameters.js';
import { badParameter } from '../problem.js';
import { type Route, route } from '../route.js';
import { pageView } from '../views.js';
import { mergedView, rollupView } from '../windowViews.js';

const { aggregation, key, limit, cursor, metric, from, to, period } = parameters;
const problems = { 404: 'There is no aggregation of this name (`AGGREGATION_UNKNOWN`).' };

export const aggregationRoutes: readonly Route[] = [
  route({
    path: '/aggregations',
    name: 'listAggregations',
    summary: 'The aggregations that are configured, with their windows and figures.',
    tag: 'Aggregations',
    parameters: {},
    schema: 'AggregationList',
    answer: async (_values, { settings: { aggregate } }) => ({
      items: aggregate.definitions.map((definition) => definitionView(definition, aggregate)),
      timeZone: aggregate.timeZone,
      weekStartsOn: aggregate.weekStartsOn,
    }),
  }),
  route({
    path: '/aggregations/{name}/keys',
    name: 'listAggregationKeys',
    summary: 'The devices or groups that an aggregation has windows of.',
    tag: 'Aggregations',
    parameters: { name: aggregation, limit, cursor },
    schema: 'AggregationKeyPage',
    problems,
    answer: async ({ name, limit, cursor }, { settings, stores }) => {
      definitionInPath(settings.aggregate, name);
      const page = await stores.aggregation.keys(name, { limit, cursor });
      return pageView(page, (key) => ({ key }));
    },
  }),
  route({
    path: '/aggregations/{name}/windows',
    name: 'listAggregationWindows',
    summary: 'Windows of a device, a group or the fleet, whole, oldest first.',
    description:
      'Each partition of the stream counts the events of its devices; here the parts of a window are one. It is ' +
      '`complete`, and `closed`, when all of its parts are. `revision` is the sum of their revisions: it grows with ' +
      'every completion and every correction.',
    tag: 'Aggregations',
    parameters: { name: aggregation, key, metric, from, to, limit, cursor },
    schema: 'MergedWindowPage',
    problems,
    answer: async (values, { settings, stores }) => {
      const { name, metric, limit, cursor } = values;
      const definition = definitionInPath(settings.aggregate, name);
      const series = { definition: name, key: keyOf(definition, values.key) };
      const range = parameters.rangeOf(values);
      const page = await mergedWindows(stores.aggregation, series, range, { limit, cursor });
      return pageView(page, (row) => mergedView(row, definition, metric));
    },
  }),
  route({
    path: '/aggregations/{name}/rollups',
    name: 'listAggregationRollups',
    summary: 'Rollups of a device, a group or the fleet over one period, oldest first.',
    tag: 'Aggregations',
    parameters: { name: aggregation, key, metric, period, from, to, limit, cursor },
    schema: 'RollupPage',
    problems,
    answer: async (values, { settings, stores }) => {
      const { name, metric, period, limit, cursor } = values;
      const definition = definitionInPath(settings.aggregate, name);
      const series = { definition: name, key: keyOf(definition, values.key) };
      const range = parameters.rangeOf(values);
      const page = await stores.rollups.rollups(series, period, range, { limit, cursor });
      if (page.items.length === 0) expectRollups(definition, 'name');
      return pageView(page, (row) => rollupView(row, definition, metric));
    },
  }),
];

/** The fleet has no other key than the empty one; everything else has to be named. */
function keyOf({ name, by }: AggregationDefinition, key = ''): string {
  const isFleet = by !== 'device' && by.length === 0;
  if (key === '' && !isFleet) throw badParameter('key', `must be given; see /aggregations/${name}/keys`);
  return key;
}
