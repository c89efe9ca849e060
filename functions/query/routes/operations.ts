/** How the deployment is doing: the books, and everything the status page shows, in one answer. */
import { readBooks } from '../books.js';
import { definitionInQuery } from '../definitions.js';
import { definition } from '../parameters.js';
import { type Route, route } from '../route.js';
import { readSummary } from '../summary.js';

export const operationRoutes: readonly Route[] = [
  route({
    path: '/accounting',
    name: 'getAccounting',
    summary:
      'The books: what came in and what became of it, per partition and in total, and whether it balances.',
    tag: 'Operations',
    parameters: {},
    schema: 'Accounting',
    answer: async (_values, platform) => (await readBooks(platform)).accounting,
  }),
  route({
    path: '/summary',
    name: 'getSummary',
    summary:
      'What the status page shows: totals, lag, recent alerts, windows, devices, quarantine and late events.',
    tag: 'Operations',
    parameters: { definition },
    schema: 'Summary',
    answer: async ({ definition }, platform, { clock }) => {
      if (definition !== undefined) definitionInQuery(platform.settings.aggregate, definition);
      return readSummary(platform, clock, definition);
    },
  }),
];
