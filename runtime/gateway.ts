/**
 * The gateway of a deployment: the embedded broker, or a client of one that is there already; with the role gateway it
 * takes events in, without it it only sends.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock } from '../common/clock.js';
import type { MqttMessage } from '../functions/contract.js';
import type { Counters } from '../gateway/counters.js';
import { createIngest, type Ingest } from '../gateway/ingest.js';
import { TelemetryBroker } from '../gateway/mqtt/broker.js';
import { openExternalBroker } from '../gateway/mqtt/external/external-broker.js';
import type { ExternalBrokerSettings } from '../gateway/mqtt/external/settings.js';
import { openSessions } from '../gateway/mqtt/sessions.js';
import type { Pacer } from '../gateway/pacer.js';
import { createTopicMap, type TopicMap } from '../gateway/topics.js';
import type { Stream } from '../streams/stream.js';
import type { Manifest } from './manifest/manifest.js';
import type { Undo } from './undo.js';

export interface Gateway {
  /** Resolves when the broker has taken the message over. */
  send(message: MqttMessage): Promise<void>;
  readonly connections: number;
  /** Absent when this process takes nothing in. */
  readonly ingest: Ingest | undefined;
  /** What devices connect to, when it is in this process. */
  readonly broker: TelemetryBroker | undefined;
  /** Why MQTT does not work now, or null. */
  problem(): { readonly code: string; readonly reason: string } | null;
  /** Takes nothing more; what the stream has not yet stays with its publisher. */
  stopTaking(): Promise<void>;
}

export interface GatewayOptions {
  readonly manifest: Manifest;
  readonly telemetry: Stream;
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly counters: Counters;
  readonly dataDir: string;
  readonly startedAt: number;
  readonly takesIn: boolean;
  readonly external: ExternalBrokerSettings | null;
  readonly log: Logger;
}

export async function openGateway(options: GatewayOptions, undo: Undo): Promise<Gateway> {
  const { gateway } = options.manifest.settings;
  const { telemetry, clock, pacer, counters } = options;
  const ingest = createIngest(telemetry, clock, pacer, counters, gateway.maxPayloadBytes);
  const topics = createTopicMap(gateway.telemetryTopics, gateway.relayTopics, telemetry.partitions);
  return options.external === null
    ? embeddedGateway(options, topics, ingest, undo)
    : externalGateway(options, options.external, topics, ingest, undo);
}

async function embeddedGateway(
  { manifest, counters, dataDir, startedAt, log }: GatewayOptions,
  topics: TopicMap,
  ingest: Ingest,
  undo: Undo,
): Promise<Gateway> {
  const sessions = await openSessions(join(dataDir, 'mqtt'), topics, counters);
  undo.add(() => sessions.close());
  const { maxPayloadBytes } = manifest.settings.gateway;
  const broker = new TelemetryBroker({ topics, ingest, counters, sessions, startedAt, maxPayloadBytes });
  broker.on('error' as never, (error: unknown) => log.error({ err: error }, 'the broker reported an error'));
  await broker.listen();
  undo.add(() => new Promise<void>((resolve) => broker.close(() => resolve())));
  return {
    send: (message) => broker.send(message),
    get connections() {
      return broker.connectedClients;
    },
    ingest,
    broker,
    problem: () => null,
    stopTaking: async () => ingest.stop(),
  };
}

async function externalGateway(
  { manifest, counters, takesIn, log }: GatewayOptions,
  external: ExternalBrokerSettings,
  topics: TopicMap,
  ingest: Ingest,
  undo: Undo,
): Promise<Gateway> {
  const { maxPayloadBytes, telemetryTopics } = manifest.settings.gateway;
  // A process that only sends has no session to keep, and must not take a gateway's over.
  const sender = { clientId: `${external.clientId}-${randomUUID().slice(0, 8)}`, sessionExpirySeconds: 0 };
  const broker = await openExternalBroker({
    settings: takesIn ? external : { ...external, ...sender },
    topics,
    telemetryTopics: takesIn ? telemetryTopics : [],
    ingest,
    counters,
    maxPayloadBytes,
    log,
  });
  undo.add(() => broker.close());
  return {
    send: (message) => broker.send(message),
    get connections() {
      return broker.connectedClients;
    },
    ingest: takesIn ? ingest : undefined,
    broker: undefined,
    problem() {
      const { connected, code = 'MQTT_UNREACHABLE', reason = 'not connected' } = broker.health();
      return connected ? null : { code, reason };
    },
    async stopTaking() {
      await broker.stopTaking();
      ingest.stop();
    },
  };
}
