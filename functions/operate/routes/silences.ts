/** Silences: made, and ended. */
import type { Platform } from '../../contract.js';
import { silenceView } from '../../query/actViews.js';
import { author, silenceId } from '../../query/parameters.js';
import { badBody, ProblemError } from '../../query/problem.js';
import { type OperateRoute, operateRoute } from '../route.js';
import { type AddSilence, isSameRequest, newSilence } from '../silence.js';

export const silenceRoutes: readonly OperateRoute[] = [
  operateRoute({
    method: 'post',
    path: '/silences',
    name: 'addSilence',
    summary: 'Keeps notifications of matching alerts back for a time. What resolves is told all the same.',
    tag: 'Silences',
    parameters: {},
    body: 'AddSilence',
    answers: {
      201: ['It was made.', 'Silence'],
      200: ['It was there already: this `id` was sent before.', 'Silence'],
    },
    problems: { 409: 'Another silence has this `id` (`SILENCE_EXISTS`).' },
    async act({ body }, { stores: { operations } }, { time, newId }) {
      const made = newSilence(body as AddSilence, newId(), time);
      if (!made.ok) throw badBody(made.errors);
      const { silence } = made;
      if (await operations.act({ act: 'silence', silence })) {
        return { status: 201, body: silenceView(silence, time) };
      }
      const found = await operations.silence(silence.id);
      if (found === null || !isSameRequest(silence, found)) {
        throw new ProblemError(409, 'SILENCE_EXISTS', `another silence has the id '${silence.id}'`);
      }
      return { status: 200, body: silenceView(found, time) };
    },
  }),
  operateRoute({
    method: 'delete',
    path: '/silences/{id}',
    name: 'expireSilence',
    summary: 'Ends a silence now; one that is over stays as it is.',
    tag: 'Silences',
    parameters: { id: silenceId, author },
    body: null,
    answers: { 200: ['It is over.', 'Silence'] },
    problems: { 404: 'There is no such silence (`SILENCE_UNKNOWN`).' },
    async act({ values: { id, author } }, { stores }, { time }) {
      await findSilence(id, stores);
      await stores.operations.act({ act: 'expire-silence', id, author, at: time });
      return { status: 200, body: silenceView(await findSilence(id, stores), time) };
    },
  }),
];

async function findSilence(id: string, { operations }: Platform['stores']) {
  const silence = await operations.silence(id);
  if (silence !== null) return silence;
  throw new ProblemError(404, 'SILENCE_UNKNOWN', `there is no silence with the id '${id}'`);
}
