/** Subscribes to all filters of a recording and makes sure that the broker grants each of them. */
import type { IClientSubscribeOptions, MqttClient } from 'mqtt';
import { MillraceError, messageOf } from '../../common/errors.js';
import type { Qos } from './format.js';

export interface Subscription {
  readonly filters: readonly string[];
  readonly qos: Qos;
  /** MQTT 5: have the broker send none that was retained before. */
  readonly skipRetained: boolean;
}

/** What a SUBACK says of a filter that is not granted (MQTT 3.1.1, 3.9.3; MQTT 5: this and above). */
const REFUSED = 0x80;

/** Throws `RECORD_REFUSED`, naming the filters; `MQTT_CONNECT` (canRetry) when the connection goes meanwhile. */
export async function subscribeAll(
  client: MqttClient,
  { filters, qos, skipRetained }: Subscription,
): Promise<void> {
  // MQTT 5 (3.8.3.1): the retain flag as it was published; 3.1.1 brokers clear it for messages that are passed on as they come.
  const options: IClientSubscribeOptions = {
    qos,
    ...(client.options.protocolVersion === 5 ? { rap: true, rh: skipRetained ? 2 : 0 } : {}),
  };
  const granted = await client.subscribeAsync([...filters], options).catch((cause: unknown) => {
    if (isRefusal(cause)) throw refusal(filters, cause);
    throw new MillraceError(`no answer to the subscription: ${messageOf(cause)}`, {
      code: 'MQTT_CONNECT',
      canRetry: true,
      cause,
    });
  });
  const refused = granted.filter((one) => (one.qos as number) >= REFUSED).map((one) => one.topic);
  if (refused.length > 0) throw refusal(refused);
}

function isRefusal(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'packet' in cause && cause.packet !== undefined;
}

function refusal(filters: readonly string[], cause?: unknown): MillraceError {
  return new MillraceError(`the broker does not let this client subscribe to ${filters.join(', ')}`, {
    code: 'RECORD_REFUSED',
    hint: 'Ask for other topics with -t, or log in with -u and -P.',
    cause,
  });
}
