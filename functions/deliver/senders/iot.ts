/** Publishes to topics of AWS IoT Core, QoS 1, with the credentials of the environment. */
import type { IoTDataPlaneClient } from '@aws-sdk/client-iot-data-plane';
import type { IotTarget } from '../../dispatch/config/types.js';
import { iotMessage } from '../formats/iot.js';
import { failed } from '../outcome.js';
import { outcomeOf } from './aws-outcome.js';
import type { Send } from './sender.js';

export function createIotSender(): Send<IotTarget> {
  const clients = new Map<string, IoTDataPlaneClient>();
  return async (document, target, { signal, publicText }) => {
    // Only deployments that publish there load it.
    const sdk = await import('@aws-sdk/client-iot-data-plane');
    const { region, endpoint } = target;
    const key = `${region} ${endpoint}`;
    let client = clients.get(key);
    if (client === undefined) {
      // Attempts are counted and spaced here.
      client = new sdk.IoTDataPlaneClient({
        region,
        maxAttempts: 1,
        ...(endpoint === null ? {} : { endpoint }),
      });
      clients.set(key, client);
    }
    const { topic, payload } = iotMessage(document, target);
    const command = new sdk.PublishCommand({ topic, qos: 1, payload: Buffer.from(payload) });
    try {
      const answer = await client.send(command, { abortSignal: signal });
      return { kind: 'delivered', status: answer.$metadata.httpStatusCode ?? null, note: null };
    } catch (error) {
      return signal.aborted ? failed('no answer in time') : outcomeOf(error, publicText);
    }
  };
}
