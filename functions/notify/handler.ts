/**
 * `notify`: stream `alerts` -> MQTT, and the inbox of `dispatch` where there are receivers. Published first, remembered
 * after: a crash in between repeats a notification (same id), and none is missing. That it was delivered and that it is
 * in the inbox are one transaction, so `dispatch` gets each once.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { type CreateFunction, type Platform, SUCCESS } from '../contract.js';
import { loadNotifications } from '../dispatch/config/load.js';
import { labelsOf } from '../dispatch/labels.js';
import { Silences } from '../dispatch/silencing.js';
import { canBeSilenced, due, messagesOf, type Notification, read } from './core.js';

export const create: CreateFunction = (platform) => {
  const { settings, stores, log } = platform;
  const dispatches = loadNotifications(settings.root, process.env).config !== null;
  let malformedTotal = 0;
  return {
    async process(batch) {
      const { notifications, malformed } = read(batch);
      if (malformed.length > 0) {
        malformedTotal += malformed.length;
        // Trying again would not make them readable, and everything behind them would wait.
        log.error(
          { partition: batch.partition, offsets: malformed.map(String).slice(0, 10), total: malformedTotal },
          'records on the alerts stream hold no alert; they are passed over',
        );
      }
      if (notifications.length === 0) return SUCCESS;
      const [delivered, silences] = await Promise.all([
        stores.notifications.delivered(notifications.map(({ id }) => id)),
        silencesFor(notifications, platform),
      ]);
      const toSend = due(notifications, delivered);
      if (toSend.length === 0) return SUCCESS;
      const messages = toSend.flatMap((notification) =>
        messagesOf(notification, silencedBy(notification, silences)),
      );
      if (messages.length > 0) await platform.publish(messages);
      await stores.notifications.commit(
        batch.partition,
        toSend.map(({ id, offset, time, alert, passed }) => ({
          id,
          offset,
          time,
          ...(dispatches ? { told: { alert, passed } } : {}),
        })),
      );
      return SUCCESS;
    },
  };
};

export const handler = lambdaHandler(create);

/** Those that may keep one of them back: that had not ended when the first of them arrived. */
async function silencesFor(notifications: readonly Notification[], { stores }: Platform): Promise<Silences> {
  const times = notifications.filter(canBeSilenced).map(({ time }) => time);
  if (times.length === 0) return new Silences([]);
  return new Silences(await stores.operations.silences(times.reduce((a, b) => Math.min(a, b))));
}

function silencedBy(notification: Notification, silences: Silences): readonly string[] {
  if (!canBeSilenced(notification)) return [];
  return silences.of(labelsOf(notification.alert), notification.time);
}
