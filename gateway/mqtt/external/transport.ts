/** A byte stream to a broker: TCP, TLS or WebSocket (MQTT 5.0, section 6), as the URL says. */
import { connect as connectPlain, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { createWebSocketStream, WebSocket } from 'ws';
import type { ExternalBrokerSettings } from './settings.js';

const PORTS: Readonly<Record<string, number>> = { 'mqtt:': 1883, 'mqtts:': 8883 };

/** Errors, TLS's too, come as the stream's `error`. */
export function openTransport({ url, tls }: ExternalBrokerSettings): Duplex {
  if (url.protocol === 'ws:' || url.protocol === 'wss:') {
    return createWebSocketStream(new WebSocket(url, 'mqtt', { perMessageDeflate: false, ...tls }));
  }
  // The brackets of an IPv6 address belong to the URL.
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? PORTS[url.protocol]! : Number(url.port);
  if (url.protocol === 'mqtt:') return connectPlain({ host, port, noDelay: true });
  // SNI does not allow addresses.
  return connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...tls }).setNoDelay(
    true,
  );
}
