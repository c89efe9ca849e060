/**
 * `dispatch`: on a schedule, from the inbox of told alerts to deliveries for receivers, as `notifications.yml` says;
 * what operators do (silences, acknowledgements) is heeded here. One run at a time. Groups, deliveries and how far the
 * inbox was read are one commit, so that nothing is lost or told twice whenever a run dies.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import type { CreateFunction } from '../contract.js';
import { loadNotifications } from './config/load.js';
import { Inhibition } from './inhibition.js';
import { isMarked, MARK_KEYS, markOf } from './mark.js';
import { Routing } from './routing.js';
import { takeIn, tellDue } from './run.js';
import { Session } from './session.js';
import { Silences } from './silencing.js';
import { forget, sweep } from './sweep.js';

export const create: CreateFunction = (platform) => {
  const { settings, stores, log } = platform;
  const { config, warnings } = loadNotifications(settings.root, process.env);
  for (const warning of warnings) log.warn(warning);
  if (config === null) {
    let isForgotten = false;
    return {
      async scheduled() {
        if (isForgotten) return;
        await forget(platform);
        isForgotten = true;
      },
    };
  }
  const routing = new Routing(config);
  /** What inhibits, as of a cursor: of use while nobody else has taken alerts in. */
  let warm: { readonly inhibition: Inhibition; readonly cursor: bigint } | null = null;

  return {
    async scheduled({ time: now }, context) {
      const [cursor, known, marks] = await Promise.all([
        stores.dispatch.cursor(),
        stores.operations.silences(now),
        stores.dispatch.groups(MARK_KEYS),
      ]);
      const silences = new Silences(known);
      const isWarm = warm?.cursor === cursor;
      const inhibition = isWarm ? warm!.inhibition : new Inhibition(config.inhibitRules);
      // Taken out while in use: whatever goes wrong, the next run starts from the store.
      warm = null;
      const session = new Session({ platform, config, routing, silences, inhibition, now }, context, cursor);
      const mark = markOf(silences.signature(now), routing.version);
      const isCurrent = isMarked(marks, mark);
      // A sweep that dies half-way leaves groups of both, whatever is asked for next: nothing is as the mark says.
      if (!isCurrent && marks.length > 0) await session.commit({ removedGroups: MARK_KEYS });
      if (!isCurrent || (inhibition.isUsed && !isWarm)) {
        if (!(await sweep(session))) return late();
        if (!isCurrent) await session.commit({ groups: [mark] });
      }
      const isDone = (await takeIn(session)) && (await tellDue(session));
      warm = { inhibition, cursor: session.cursor };
      if (!isDone) late();
    },
  };

  function late(): void {
    log.info('dispatch has not caught up yet; the next run goes on');
  }
};

export const handler = lambdaHandler(create);
