/** Dead letters: tried again. */
import { badBody, ProblemError } from '../../query/problem.js';
import { type OperateRoute, operateRoute } from '../route.js';

interface Redrive {
  readonly author: string;
  readonly target?: string;
  readonly ids?: readonly string[];
}

export const deliveryRoutes: readonly OperateRoute[] = [
  operateRoute({
    method: 'post',
    path: '/deliveries/redrive',
    name: 'redriveDeliveries',
    summary:
      'Makes dead letters due again: all of a target, or some. Those that are not dead stay as they are.',
    tag: 'Deliveries',
    parameters: {},
    body: 'Redrive',
    answers: { 200: ['They are due now.', 'Redriven'] },
    problems: { 404: 'Nothing was ever sent to this target (`TARGET_UNKNOWN`).' },
    async act({ body }, { stores: { deliveries, operations } }, { time }) {
      const { author, target, ids } = body as Redrive;
      // Into the trail first: an entry for what a crash kept from happening is better than an act without one.
      const note = (details: Readonly<Record<string, unknown>>) =>
        operations.act({ act: 'redrive', author, at: time, details });
      if (ids !== undefined && target === undefined) {
        await note({ ids });
        return { status: 200, body: { redriven: await deliveries.redrive({ ids }, time) } };
      }
      if (target === undefined || ids !== undefined) {
        throw badBody([{ pointer: '/target', detail: 'or ids must be given, and not both' }]);
      }
      const counts = (await deliveries.counts()).filter((count) => count.target === target);
      if (counts.length === 0) {
        throw new ProblemError(404, 'TARGET_UNKNOWN', `nothing was ever sent to the target '${target}'`);
      }
      const dead = counts.find(({ state }) => state === 'dead')?.count ?? 0;
      if (dead === 0) return { status: 200, body: { redriven: 0 } };
      await note({ target, dead });
      return { status: 200, body: { redriven: await deliveries.redrive({ target }, time) } };
    },
  }),
];
