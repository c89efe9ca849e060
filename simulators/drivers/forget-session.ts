/**
 * Makes a server of MQTT 3.1.1 forget a session that it was asked to keep: the only way is a connection with a clean
 * one. (MQTT 5 says it in DISCONNECT.)
 */
import { type Endpoint, openLink } from './link.js';
import { connectPacket, disconnectPacket } from './mqtt-handshake.js';

const TIMEOUT_MS = 1_000;

/** Resolves when it is done or cannot be: a session left behind is no reason to fail. */
export function forgetSession(endpoint: Endpoint, clientId: string): Promise<void> {
  return new Promise((resolve) => {
    const link = openLink(endpoint, {
      linked: (opened) => {
        opened.write(connectPacket(endpoint.target, clientId, false, true));
      },
      // CONNACK: the old session is gone.
      received: (opened) => opened.end(disconnectPacket(4, false)),
      drained: () => undefined,
      unlinked: () => {
        clearTimeout(timer);
        resolve();
      },
    });
    const timer = setTimeout(() => link.destroy(), TIMEOUT_MS);
  });
}
