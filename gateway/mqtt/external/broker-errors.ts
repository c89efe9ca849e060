/** Why a broker cannot be worked with, told so that the reader knows what to do. */
import { codeOf, MillraceError, messageOf } from '../../../common/errors.js';

const CERTIFICATE = 'MQTT_CA names the file of the authority that signed the certificate of the broker.';

const TLS_HINTS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  CERT_HAS_EXPIRED: 'The certificate of the broker has expired.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another host name: use that name in MQTT_URL.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'The broker does not speak TLS on this port: use mqtt:// or another port.',
};

const SYSTEM_HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: is the broker running, and are host and port of MQTT_URL right?',
  ENOTFOUND: 'The host name is not known: check MQTT_URL.',
  EAI_AGAIN: 'The host name could not be looked up: check MQTT_URL and the name server.',
  ETIMEDOUT: 'The host does not answer: check the address and firewalls.',
  ECONNRESET: 'The broker closed the connection: does it speak this protocol (TLS, WebSocket) on this port?',
};

/** The network or TLS would not. */
export function unreachable(address: string, cause: unknown): MillraceError {
  const code = codeOf(cause) ?? '';
  const why = (cause && messageOf(cause)) || code || 'the broker closed the connection';
  const tls =
    TLS_HINTS[code] ?? (code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') ? CERTIFICATE : '');
  return new MillraceError(`no connection to ${address}: ${why}`, {
    code: tls === '' ? 'MQTT_UNREACHABLE' : 'MQTT_TLS',
    canRetry: true,
    hint: tls || SYSTEM_HINTS[code] || 'Check MQTT_URL and the log of the broker.',
    ...(cause ? { cause } : {}),
  });
}

interface Refusal {
  readonly reason: string;
  readonly hint: string;
  readonly code: 'MQTT_AUTH' | 'MQTT_REFUSED';
  readonly canRetry: boolean;
}

const auth = (reason: string): Refusal => ({
  reason,
  hint: 'Check MQTT_USERNAME and MQTT_PASSWORD (or those in MQTT_URL), and the rights at the broker.',
  code: 'MQTT_AUTH',
  canRetry: false,
});
const refused = (reason: string, hint: string, canRetry = false): Refusal => ({
  reason,
  hint,
  code: 'MQTT_REFUSED',
  canRetry,
});
const VERSION = refused('it speaks neither MQTT 5 nor 3.1.1', 'Use a broker that does.');
const CLIENT_ID = refused('it does not take the client id', 'Set another MQTT_CLIENT_ID.');
const AWAY = refused('it is unavailable', 'Try again later.', true);
const LOGIN = auth('user name or password is wrong');
const RIGHTS = auth('this user or client id is not authorized');

/** Return codes of MQTT 3.1.1 (3.2.2.3) and reason codes of MQTT 5.0 (3.2.2.2); the rest is told by number. */
const REFUSALS: Readonly<Record<number, Refusal>> = {
  1: VERSION,
  2: CLIENT_ID,
  3: AWAY,
  4: LOGIN,
  5: RIGHTS,
  132: VERSION,
  133: CLIENT_ID,
  134: LOGIN,
  135: RIGHTS,
  136: AWAY,
  137: refused('it is busy', 'Try again later.', true),
  138: auth('this client is banned'),
  140: auth('it wants another way of authentication'),
  151: refused('a quota is exceeded', 'See the limits of the broker.', true),
  156: refused('another server is to be used', 'Name that server in MQTT_URL.'),
  157: refused('it has moved', 'Name its new address in MQTT_URL.'),
  159: refused('connections come too fast', 'Try again later.', true),
};

/** CONNACK said no. */
export function connectionRefused(address: string, reasonCode: number): MillraceError {
  const known = REFUSALS[reasonCode];
  return new MillraceError(
    `${address} refused the connection: ${known?.reason ?? 'no reason known'} (CONNACK ${reasonCode})`,
    {
      code: known?.code ?? 'MQTT_REFUSED',
      canRetry: known?.canRetry ?? false,
      hint: known?.hint ?? 'See the log of the broker.',
    },
  );
}

const SESSION_TAKEN_OVER = 142;

/** The broker sent DISCONNECT (MQTT 5.0, 3.14.2.1). */
export function disconnected(address: string, reasonCode: number): MillraceError {
  const isTaken = reasonCode === SESSION_TAKEN_OVER;
  return new MillraceError(
    isTaken
      ? `another client has connected to ${address} with this client id`
      : `${address} ended the connection (DISCONNECT ${reasonCode})`,
    {
      code: isTaken ? 'MQTT_TAKEN_OVER' : 'MQTT_DISCONNECTED',
      canRetry: true,
      hint: isTaken ? 'Give each gateway its own MQTT_CLIENT_ID.' : 'See the log of the broker.',
    },
  );
}

/** SUBACK said no. */
export function subscriptionRefused(filter: string, reasonCode: number): MillraceError {
  return new MillraceError(`the broker refused the subscription to '${filter}' (SUBACK ${reasonCode})`, {
    code: 'MQTT_SUBSCRIPTION_REFUSED',
    hint: 'Allow this user to subscribe to it, shared subscriptions ($share/…) included.',
  });
}

const QUOTA_EXCEEDED = 151;

/** PUBACK said no (MQTT 5.0, 3.4.2.1). */
export function publishRefused(topic: string, reasonCode: number): MillraceError {
  return new MillraceError(`the broker refused a message on '${topic}' (PUBACK ${reasonCode})`, {
    code: 'MQTT_PUBLISH_REFUSED',
    canRetry: reasonCode === QUOTA_EXCEEDED,
    hint: 'Allow this user to publish there.',
  });
}
