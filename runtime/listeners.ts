/** The deployment's sockets: MQTT on its own port, HTTP and MQTT over WebSocket on the other. */
import { createServer, type Server, type Socket } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { codeOf, MillraceError, messageOf } from '../common/errors.js';
import type { TelemetryBroker } from '../gateway/mqtt/broker.js';

export interface Listeners {
  readonly mqttPort: number;
  readonly httpPort: number;
  /** Takes no new connections. */
  stopAccepting(): void;
  /** Ends what connections are left. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly maxPacketBytes: number;
}

/** @throws MillraceError PORT_IN_USE or PORT_UNUSABLE; then nothing is left listening */
export async function listen(broker: TelemetryBroker, app: Hono, options: ListenOptions): Promise<Listeners> {
  const sockets = new Set<Socket>();
  const track = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const mqtt = createServer({ noDelay: true }, (socket) => {
    track(socket);
    broker.serve(socket);
  });
  const http = createAdaptorServer({ fetch: app.fetch }) as Server;
  http.on('connection', track);
  const webSockets = new WebSocketServer({
    server: http as never,
    maxPayload: options.maxPacketBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : offered.has('mqttv3.1') && 'mqttv3.1'),
  });
  // It repeats the HTTP server's errors, which `bind` reports; unheard, they would end the process.
  webSockets.on('error', () => undefined);
  webSockets.on('connection', (socket, request) => broker.serve(createWebSocketStream(socket), request));

  const mqttPort = await bind(mqtt, 'MQTT', options.host, options.mqttPort);
  const httpPort = await bind(http, 'HTTP', options.host, options.httpPort).catch((error) => {
    mqtt.close();
    throw error;
  });
  return {
    mqttPort,
    httpPort,
    stopAccepting() {
      mqtt.close();
      http.close();
    },
    async close() {
      for (const socket of webSockets.clients) socket.terminate();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => webSockets.close(() => resolve()));
    },
  };
}

function bind(server: Server, what: string, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    // Kept for good: a connection that cannot be accepted (no descriptor left) concerns that client alone.
    server.on('error', (error) => reject(bindError(error, what, host, port)));
    // A storm of reconnects is normal in this trade: let the kernel queue it.
    server.listen({ host, port, backlog: 4_096 }, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

function bindError(error: Error, what: string, host: string, port: number): MillraceError {
  const setting = `--${what.toLowerCase()}-port or MILLRACE_${what}_PORT`;
  if (codeOf(error) === 'EADDRINUSE') {
    return new MillraceError(`the ${what} port ${port} on ${host} is in use`, {
      code: 'PORT_IN_USE',
      hint: `Stop what uses it, or choose another with ${setting} (0 takes a free one).`,
      cause: error,
    });
  }
  return new MillraceError(`cannot listen for ${what} on ${host}:${port}: ${messageOf(error)}`, {
    code: 'PORT_UNUSABLE',
    hint: `Choose another with ${setting}, or another address with --host or MILLRACE_HOST.`,
    cause: error,
  });
}
