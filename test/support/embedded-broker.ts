/** The embedded broker in this process, with presence and its sessions on disk, on a stream that takes everything. */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { monotonicTimers, steadyClock } from '../../common/clock.js';
import { createCounters } from '../../gateway/counters.js';
import { createIngest } from '../../gateway/ingest.js';
import { TelemetryBroker } from '../../gateway/mqtt/broker.js';
import { ClientPresence } from '../../gateway/mqtt/client-presence.js';
import { openSessions } from '../../gateway/mqtt/sessions.js';
import { createPacer } from '../../gateway/pacer.js';
import { createPresenceTopics } from '../../gateway/presence/topics.js';
import { createTopicMap } from '../../gateway/topics.js';
import type { AppendCallback, Stream } from '../../streams/stream.js';

export interface EmbeddedBroker {
  readonly url: string;
  readonly presence: ClientPresence | null;
  readonly failures: readonly unknown[];
  counts(): Record<string, number>;
  /** Stops as a deployment does. */
  stop(): Promise<void>;
}

const TELEMETRY = ['devices/{deviceId}/telemetry'];

export async function embeddedBroker(
  directory: string,
  options: { readonly graceMs?: number; readonly presence?: boolean } = {},
): Promise<EmbeddedBroker> {
  const stream = {
    append: (_: number, __: unknown, done: AppendCallback) => void setImmediate(done, null),
  } as unknown as Stream;
  const counters = createCounters();
  const failures: unknown[] = [];
  const topics = createTopicMap(TELEMETRY, ['devices/+/status'], 4);
  const sessions = await openSessions(directory, topics, counters);
  const presence =
    options.presence === false
      ? null
      : new ClientPresence({
          topics: createPresenceTopics('devices/{deviceId}/presence', TELEMETRY),
          timers: monotonicTimers,
          graceMs: options.graceMs ?? 60_000,
          counters,
          retained: (filter) => sessions.retained(filter),
          send: (message) => broker.send(message),
          failed: (error) => failures.push(error),
        });
  const broker: TelemetryBroker = new TelemetryBroker({
    topics,
    ingest: createIngest(stream, steadyClock(0), createPacer(60_000), counters, 10_000),
    counters,
    sessions,
    presence,
    startedAt: Date.now(),
    maxPayloadBytes: 10_000,
  });
  await broker.listen();
  await presence?.open();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    broker.serve(socket);
  });
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1_024 });
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    url: `mqtt://127.0.0.1:${port}`,
    presence,
    failures,
    counts: () => counters.snapshot(),
    async stop() {
      await presence?.stop();
      server.close();
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => broker.close(() => resolve()));
      await sessions.close();
    },
  };
}
