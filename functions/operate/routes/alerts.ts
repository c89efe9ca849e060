/** What operators do about one alert: take care of it, give it back, remark on it. */
import type { Alert } from '../../../stores/alerts.js';
import type { Comment } from '../../../stores/operations.js';
import type { Platform } from '../../contract.js';
import { acknowledgementView, commentView } from '../../query/alertViews.js';
import { author, fingerprint } from '../../query/parameters.js';
import { ProblemError } from '../../query/problem.js';
import { parseTime } from '../../query/timestamps.js';
import { type OperateRoute, operateRoute } from '../route.js';

interface Acknowledge {
  readonly author: string;
  readonly comment: string;
  readonly startsAt?: string | number;
}

interface AddComment {
  readonly author: string;
  readonly text: string;
  readonly id?: string;
}

const UNKNOWN = 'There is no alert of this fingerprint (`ALERT_UNKNOWN`).';

export const alertRoutes: readonly OperateRoute[] = [
  operateRoute({
    method: 'post',
    path: '/alerts/{fingerprint}/acknowledge',
    name: 'acknowledgeAlert',
    summary:
      'Says that somebody takes care of the current alert: no repetition, no escalation until it resolves.',
    tag: 'Alerts',
    parameters: { fingerprint },
    body: 'Acknowledge',
    answers: {
      200: ['It is acknowledged; a second time by the same words nothing changes.', 'Acknowledgement'],
    },
    problems: {
      404: UNKNOWN,
      409: 'It has resolved (`ALERT_RESOLVED`), or another one has begun since `startsAt` (`ALERT_OTHER`).',
    },
    async act({ values, body }, { stores }, { time }) {
      const { author, comment, startsAt } = body as Acknowledge;
      const alert = await findAlert(values.fingerprint, stores);
      if (alert.state === 'resolved') {
        throw new ProblemError(
          409,
          'ALERT_RESOLVED',
          'the alert has resolved: there is nothing to take care of',
        );
      }
      if (startsAt !== undefined && parseTime(String(startsAt)) !== alert.startsAt) {
        throw new ProblemError(409, 'ALERT_OTHER', 'this alert has ended, and another one has begun since');
      }
      const wanted = { fingerprint: alert.fingerprint, startsAt: alert.startsAt, author, comment, at: time };
      const found = (await stores.operations.acknowledgements([alert.fingerprint])).find(
        (one) => one.startsAt === alert.startsAt,
      );
      if (found?.author === author && found.comment === comment) {
        return { status: 200, body: acknowledgementView(found) };
      }
      await stores.operations.act({ act: 'acknowledge', acknowledgement: wanted });
      return { status: 200, body: acknowledgementView(wanted) };
    },
  }),
  operateRoute({
    method: 'delete',
    path: '/alerts/{fingerprint}/acknowledge',
    name: 'unacknowledgeAlert',
    summary: 'Takes the acknowledgement of the current alert back: it is repeated and escalated again.',
    tag: 'Alerts',
    parameters: { fingerprint, author },
    body: null,
    answers: { 204: ['It is not acknowledged (any more).', null] },
    problems: { 404: UNKNOWN },
    async act({ values }, { stores }, { time }) {
      const { fingerprint, startsAt } = await findAlert(values.fingerprint, stores);
      const { author } = values;
      await stores.operations.act({ act: 'unacknowledge', fingerprint, startsAt, author, at: time });
      return { status: 204 };
    },
  }),
  operateRoute({
    method: 'post',
    path: '/alerts/{fingerprint}/comments',
    name: 'commentAlert',
    summary: 'Adds a comment to the latest alert of a fingerprint, resolved or not.',
    tag: 'Alerts',
    parameters: { fingerprint },
    body: 'AddComment',
    answers: {
      201: ['It was added.', 'Comment'],
      200: ['It was there already: this `id` was sent before.', 'Comment'],
    },
    problems: { 404: UNKNOWN, 409: 'Another comment has this `id` (`COMMENT_EXISTS`).' },
    async act({ values, body }, { stores }, { time, newId }) {
      const { author, text, id = newId() } = body as AddComment;
      const { fingerprint, startsAt } = await findAlert(values.fingerprint, stores);
      const comment: Comment = { id, fingerprint, startsAt, author, text, at: time };
      if (await stores.operations.act({ act: 'comment', comment })) {
        return { status: 201, body: commentView(comment) };
      }
      const found = (await stores.operations.comments(fingerprint)).find((one) => one.id === id);
      if (found?.author !== author || found.text !== text) {
        throw new ProblemError(409, 'COMMENT_EXISTS', `another comment has the id '${id}'`);
      }
      return { status: 200, body: commentView(found) };
    },
  }),
];

async function findAlert(fingerprint: string, stores: Platform['stores']): Promise<Alert> {
  const alert = await stores.alerts.alert(fingerprint);
  if (alert !== null) return alert;
  throw new ProblemError(404, 'ALERT_UNKNOWN', `there is no alert with the fingerprint '${fingerprint}'`);
}
