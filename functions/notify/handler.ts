/**
 * `notify`: stream `alerts` -> MQTT. Published first, remembered after: a crash in between repeats a notification
 * (same id), and none is missing.
 */
import { lambdaHandler } from '../../adapters/aws/lambda.js';
import { type CreateFunction, SUCCESS } from '../contract.js';
import { due, read } from './core.js';

export const create: CreateFunction = (platform) => {
  const { stores, log } = platform;
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
      const delivered = await stores.notifications.delivered(notifications.map(({ id }) => id));
      const toSend = due(notifications, delivered);
      if (toSend.length === 0) return SUCCESS;
      await platform.publish(toSend.flatMap(({ messages }) => messages));
      await stores.notifications.commit(
        batch.partition,
        toSend.map(({ id, offset, time }) => ({ id, offset, time })),
      );
      return SUCCESS;
    },
  };
};

export const handler = lambdaHandler(create);
