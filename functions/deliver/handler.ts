/**
 * `deliver`: on a schedule, empties the outbox that `dispatch` fills, target by target. Sent first, settled after: a
 * crash in between sends a delivery again, with the same id, and none is missing.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import type { CreateFunction } from '../contract.js';
import { loadNotifications } from '../dispatch/config/load.js';
import type { Target } from '../dispatch/config/types.js';
import type { Sizes } from './claims.js';
import { run } from './run.js';
import { openSender } from './senders/open.js';

/** To settle and end in, at the end of the function's time (ms). */
const MARGIN_MS = 2_000;

export const create: CreateFunction = ({ settings, stores, log }) => {
  const { config } = loadNotifications(settings.root, process.env);
  // Nothing is dispatched, so nothing waits.
  if (config === null) return { scheduled: async () => undefined };
  const targets = new Map<string, Target>();
  for (const receiver of config.receivers.values()) {
    for (const target of receiver.targets) targets.set(target.id, target);
  }
  const send = openSender();
  const sizes: Sizes = new Map();

  return {
    async scheduled(_event, context) {
      const remainingMs = () => context.remainingTimeMs() - MARGIN_MS;
      // A timeout longer than a run would never be waited for: it gets half of one.
      const longestMs = Math.max(1, Math.floor(remainingMs() / 2));
      await run({
        store: stores.deliveries,
        send,
        sizes,
        log,
        now: Date.now,
        target: (id) => targets.get(id) ?? null,
        timeoutMs: (target) => {
          const ms = Math.min(target.timeoutMs, longestMs);
          return ms <= remainingMs() ? ms : null;
        },
        hasTime: () => remainingMs() > 0,
      });
    },
  };
};

export const handler = lambdaHandler(create);
