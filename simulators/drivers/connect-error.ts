/** Why a connection did not come about, told so that the reader knows what to do. All have the code `DRIVER_CONNECT`. */
import { codeOf, MillraceError, messageOf } from '../../common/errors.js';
import type { Target } from './driver.js';

export function addressOf({ transport, host, port, path }: Target): string {
  const withPath = transport === 'mqtt' || transport === 'mqtts' ? '' : path;
  return `${transport}://${host.includes(':') ? `[${host}]` : host}:${port}${withPath}`;
}

const CERTIFICATE = '--cafile names the authority that signed the certificate; --insecure accepts any.';

const SYSTEM_HINTS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nothing listens there: is the backend running, and are host and port right?',
  ENOTFOUND: 'The host name is not known: check -h.',
  EAI_AGAIN: 'The host name could not be looked up: check -h and the name server.',
  ETIMEDOUT: 'The host does not answer: check the address and firewalls.',
  ECONNRESET: 'The server closed the connection: does it speak this protocol (TLS, WebSocket) on this port?',
  EMFILE:
    'Raise the limit of open files (ulimit -n), use fewer devices per process (--processes) or --connections.',
  ENFILE: 'The system has no file descriptors left: raise fs.file-max, or use --connections.',
  EADDRNOTAVAIL:
    'No local port is left for this address: widen net.ipv4.ip_local_port_range, or use --connections.',
  DEPTH_ZERO_SELF_SIGNED_CERT: CERTIFICATE,
  SELF_SIGNED_CERT_IN_CHAIN: CERTIFICATE,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: CERTIFICATE,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: CERTIFICATE,
  CERT_HAS_EXPIRED: 'The certificate of the server has expired; --insecure accepts it all the same.',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'The certificate is for another host name: use that name, or --insecure to accept it.',
  ERR_SSL_WRONG_VERSION_NUMBER: 'The server does not speak TLS on this port.',
};

/** The system or TLS would not. */
export function linkError(target: Target, cause: unknown): MillraceError {
  const hint = SYSTEM_HINTS[codeOf(cause) ?? ''];
  // A refusal by several addresses has an empty message and says it in its code alone.
  const why = messageOf(cause) || codeOf(cause) || 'the server closed the connection';
  return new MillraceError(`no connection to ${addressOf(target)}: ${why}`, {
    code: 'DRIVER_CONNECT',
    canRetry: true,
    hint: hint ?? 'Check host, port and transport.',
    cause,
  });
}

interface Refusal {
  readonly reason: string;
  readonly hint: string;
  readonly canRetry: boolean;
}

const refusal = (reason: string, hint: string, canRetry = false): Refusal => ({ reason, hint, canRetry });
const VERSION = refusal('it does not speak this version of MQTT', 'Try the other version with -V.');
const CLIENT_ID = refusal('it does not take the client id', 'Try another --id-prefix.');
const AWAY = refusal('it is unavailable', 'Try again later.', true);
const LOGIN = refusal('user name or password is wrong', 'Check -u and -P.');
const RIGHTS = refusal(
  'this user or client id is not authorized',
  'Check -u and -P and the rights at the broker.',
);

/** MQTT 3.1.1, section 3.2.2.3. */
const REFUSALS_4: Readonly<Record<number, Refusal>> = {
  1: VERSION,
  2: CLIENT_ID,
  3: AWAY,
  4: LOGIN,
  5: RIGHTS,
};

/** MQTT 5.0, section 3.2.2.2; the rest is told by number. */
const REFUSALS_5: Readonly<Record<number, Refusal>> = {
  132: VERSION,
  133: CLIENT_ID,
  134: LOGIN,
  135: RIGHTS,
  136: AWAY,
  137: refusal('it is busy', 'Use a lower --connect-rate.', true),
  138: refusal('this client is banned', 'Ask the administrator of the broker.'),
  140: refusal('it wants another way of authentication', 'Enhanced authentication is not supported.'),
  151: refusal('a quota is exceeded', 'Use fewer devices or a lower --connect-rate.', true),
  156: refusal('another server is to be used', 'Connect to that server.'),
  157: refusal('it has moved', 'Connect to where it has moved.'),
  159: refusal('connections come too fast', 'Use a lower --connect-rate.', true),
};

/** The server said no. */
export function refusalError(target: Target, code: number): MillraceError {
  const known = (target.protocolVersion === 5 ? REFUSALS_5 : REFUSALS_4)[code];
  return new MillraceError(
    `${addressOf(target)} refused the connection: ${known?.reason ?? 'no reason known'} (CONNACK ${code})`,
    {
      code: 'DRIVER_CONNECT',
      canRetry: known?.canRetry ?? false,
      hint: known?.hint ?? 'See the log of the broker.',
    },
  );
}
