/** The deployment's sockets: MQTT on its own port, HTTP and MQTT over WebSocket on the other. */
import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { codeOf, MillraceError, messageOf } from '../common/errors.js';
import type { TelemetryBroker } from '../gateway/mqtt/broker.js';

export interface Listeners {
  /** Undefined without a broker. */
  readonly mqttPort: number | undefined;
  readonly httpPort: number;
  /** Takes no new connections. */
  stopAccepting(): void;
  /** Ends what connections are left; HTTP requests under way are answered first, within some seconds. */
  close(): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  readonly mqttPort: number;
  readonly httpPort: number;
  readonly maxPacketBytes: number;
}

/** How long a stop waits for HTTP requests under way (ms). */
const ANSWER_MS = 5_000;
const SWEEP_MS = 20;

/** @throws MillraceError PORT_IN_USE or PORT_UNUSABLE; then nothing is left listening */
export async function listen(
  broker: TelemetryBroker | undefined,
  app: Hono,
  options: ListenOptions,
): Promise<Listeners> {
  const devices = socketSet();
  const requests = socketSet();
  const http = createAdaptorServer({ fetch: app.fetch }) as HttpServer;
  http.on('connection', requests.add);
  const answered = new Promise<void>((resolve) => http.once('close', resolve));
  const mqtt = broker === undefined ? undefined : mqttServers(broker, http, devices.add, options);
  const mqttPort = mqtt && (await bind(mqtt.plain, 'MQTT', options.host, options.mqttPort));
  const httpPort = await bind(http, 'HTTP', options.host, options.httpPort).catch((error) => {
    mqtt?.plain.close();
    throw error;
  });
  return {
    mqttPort,
    httpPort,
    stopAccepting() {
      mqtt?.plain.close();
      http.close();
    },
    async close() {
      for (const socket of mqtt?.webSockets.clients ?? []) socket.terminate();
      devices.destroy();
      // A connection that is kept alive after its answer would be waited for.
      const sweep = setInterval(() => http.closeIdleConnections(), SWEEP_MS);
      await Promise.race([answered, delay(ANSWER_MS, undefined, { ref: false })]);
      clearInterval(sweep);
      requests.destroy();
      await new Promise<void>((resolve) =>
        mqtt === undefined ? resolve() : mqtt.webSockets.close(() => resolve()),
      );
    },
  };
}

/** Connections that are open. */
function socketSet(): { add(socket: Socket): void; destroy(): void } {
  const open = new Set<Socket>();
  return {
    add(socket) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    },
    destroy() {
      for (const socket of open) socket.destroy();
    },
  };
}

/** MQTT on its own port, and over WebSocket on the HTTP server's. */
function mqttServers(
  broker: TelemetryBroker,
  http: Server,
  track: (socket: Socket) => void,
  { maxPacketBytes }: ListenOptions,
): { readonly plain: Server; readonly webSockets: WebSocketServer } {
  const plain = createServer({ noDelay: true }, (socket) => {
    track(socket);
    broker.serve(socket);
  });
  const webSockets = new WebSocketServer({
    server: http as never,
    maxPayload: maxPacketBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : offered.has('mqttv3.1') && 'mqttv3.1'),
  });
  // It repeats the HTTP server's errors, which `bind` reports; unheard, they would end the process.
  webSockets.on('error', () => undefined);
  webSockets.on('connection', (socket, request) => broker.serve(createWebSocketStream(socket), request));
  return { plain, webSockets };
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
