/**
 * Finds out whether a broker still knew, when a gateway came back to it, what it must not forget: then it has
 * acknowledged messages to their publishers that nobody was to get, and that is not to go unsaid.
 *
 * It may have forgotten the session, which CONNACK tells, or the shared subscriptions alone (Mosquitto 2.0 does when it
 * restarts), which nothing tells. So there is one more, to a topic that nobody publishes on: when the gateway comes back
 * it removes that, and the answer says whether it was there (MQTT 5.0, 3.11.3). Its own subscription cannot be asked
 * after in this way: for a moment it would be missing.
 */
import { codeOf } from '../../../common/errors.js';
import type { Connection } from './connection.js';
import type { ExternalBrokerSettings } from './settings.js';
import type { Subscriptions } from './subscriptions.js';

const NO_SUBSCRIPTION_EXISTED = 17;

export class Memory {
  readonly #filter: string;
  #hasBeenThere = false;
  /** Whether the broker took the further subscription. Without, there is nothing to ask after. */
  #isSet = false;

  constructor({ group, clientId }: ExternalBrokerSettings) {
    this.#filter = `$share/${group}/millrace/memory/${encodeURIComponent(clientId)}`;
  }

  /** What the broker has forgotten since the last call. Rejects with what ended the connection. */
  async check(
    connection: Connection,
    { isShared }: Subscriptions,
  ): Promise<'session' | 'subscriptions' | null> {
    const isFirst = !this.#hasBeenThere;
    this.#hasBeenThere = true;
    let hasForgotten = false;
    if (isShared && connection.version === 5) {
      if (this.#isSet && connection.sessionPresent) {
        const [reason] = await connection.unsubscribe([this.#filter]);
        hasForgotten = reason === NO_SUBSCRIPTION_EXISTED;
      }
      this.#isSet = await this.#set(connection);
    }
    if (!isFirst && !connection.sessionPresent) return 'session';
    return hasForgotten ? 'subscriptions' : null;
  }

  async #set(connection: Connection): Promise<boolean> {
    try {
      await connection.subscribe(this.#filter);
      return true;
    } catch (error) {
      if (codeOf(error) === 'MQTT_SUBSCRIPTION_REFUSED') return false;
      throw error;
    }
  }
}
