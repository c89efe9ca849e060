/** Publishes to SNS topics, with the credentials of the environment. One client per region and endpoint is kept. */
import type { SNSClient } from '@aws-sdk/client-sns';
import type { SnsTarget } from '../../dispatch/config/types.js';
import { snsMessage } from '../formats/sns.js';
import { failed } from '../outcome.js';
import { outcomeOf } from './aws-outcome.js';
import type { Send } from './sender.js';

export function createSnsSender(): Send<SnsTarget> {
  const clients = new Map<string, SNSClient>();
  return async (document, target, { signal, publicText }) => {
    // Only deployments that publish to SNS load it.
    const sdk = await import('@aws-sdk/client-sns');
    const { region, endpoint } = target;
    const key = `${region} ${endpoint}`;
    let client = clients.get(key);
    if (client === undefined) {
      // Attempts are counted and spaced here.
      client = new sdk.SNSClient({ region, maxAttempts: 1, ...(endpoint === null ? {} : { endpoint }) });
      clients.set(key, client);
    }
    const { topicArn, subject, message, attributes, fifo } = snsMessage(document, target);
    const command = new sdk.PublishCommand({
      TopicArn: topicArn,
      Subject: subject,
      Message: message,
      MessageAttributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
      ),
      ...(fifo === null
        ? {}
        : { MessageGroupId: fifo.groupId, MessageDeduplicationId: fifo.deduplicationId }),
    });
    try {
      const answer = await client.send(command, { abortSignal: signal });
      return { kind: 'delivered', status: answer.$metadata.httpStatusCode ?? null, note: null };
    } catch (error) {
      return signal.aborted ? failed('no answer in time') : outcomeOf(error, publicText);
    }
  };
}
