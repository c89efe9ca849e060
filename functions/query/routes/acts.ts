/** What operators did: silences, and the trail of everything. */
import { auditView, silenceView } from '../actViews.js';
import { all, cursor, limit, silenceId } from '../parameters.js';
import { ProblemError } from '../problem.js';
import { type Route, route } from '../route.js';
import { pageView } from '../views.js';

export const actRoutes: readonly Route[] = [
  route({
    path: '/silences',
    name: 'listSilences',
    summary: 'Silences that hold or are to come, oldest first; with `all` those that are over, too.',
    tag: 'Silences',
    parameters: { all, limit, cursor },
    schema: 'SilencePage',
    answer: async ({ all, limit, cursor }, { stores: { operations } }, { clock }) => {
      const time = clock();
      const page = all
        ? await operations.allSilences({ limit, cursor })
        : { items: await operations.silences(time), next: null };
      return pageView(page, (silence) => silenceView(silence, time));
    },
  }),
  route({
    path: '/silences/{id}',
    name: 'getSilence',
    summary: 'One silence.',
    tag: 'Silences',
    parameters: { id: silenceId },
    schema: 'Silence',
    problems: { 404: 'There is no such silence (`SILENCE_UNKNOWN`).' },
    answer: async ({ id }, { stores }, { clock }) => {
      const silence = await stores.operations.silence(id);
      if (silence === null) {
        throw new ProblemError(404, 'SILENCE_UNKNOWN', `there is no silence with the id '${id}'`);
      }
      return silenceView(silence, clock());
    },
  }),
  route({
    path: '/audit',
    name: 'listAudit',
    summary: 'Everything that operators did, newest first.',
    tag: 'Operations',
    parameters: { limit, cursor },
    schema: 'AuditPage',
    answer: async ({ limit, cursor }, { stores }) =>
      pageView(await stores.operations.audit({ limit, cursor }), auditView),
  }),
];
