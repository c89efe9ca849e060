/**
 * The gateway of a deployment: the embedded broker, or a client of one that is there already; with the role gateway it
 * takes events in, without it it only sends.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type Clock, monotonicTimers } from '../common/clock.js';
import type { MqttMessage } from '../functions/contract.js';
import type { Counters } from '../gateway/counters.js';
import { createIngest, type Ingest } from '../gateway/ingest.js';
import { TelemetryBroker } from '../gateway/mqtt/broker.js';
import { ClientPresence } from '../gateway/mqtt/client-presence.js';
import { openExternalBroker } from '../gateway/mqtt/external/external-broker.js';
import type { ExternalBrokerSettings } from '../gateway/mqtt/external/settings.js';
import { openSessions } from '../gateway/mqtt/sessions.js';
import type { Pacer } from '../gateway/pacer.js';
import { createPresenceTopics, type PresenceTopics } from '../gateway/presence/topics.js';
import { createTopicMap, type TopicMap } from '../gateway/topics.js';
import type { Stream } from '../streams/stream.js';
import type { Manifest } from './manifest/manifest.js';
import type { Undo } from './undo.js';

export interface Gateway {
  /** Resolves when the broker has taken the message over. */
  send(message: MqttMessage): Promise<void>;
  readonly connections: number;
  /** Devices that are connected; undefined where presence is not told, or told by another broker. */
  readonly devicesOnline: number | undefined;
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
  const presence = gateway.presence
    ? createPresenceTopics(gateway.presenceTopic, gateway.telemetryTopics)
    : null;
  return options.external === null
    ? embeddedGateway(options, topics, presence, ingest, undo)
    : externalGateway(options, options.external, topics, presence, ingest, undo);
}

async function embeddedGateway(
  { manifest, counters, dataDir, startedAt, log }: GatewayOptions,
  topics: TopicMap,
  presenceTopics: PresenceTopics | null,
  ingest: Ingest,
  undo: Undo,
): Promise<Gateway> {
  const sessions = await openSessions(join(dataDir, 'mqtt'), topics, counters);
  undo.add(() => sessions.close());
  const { maxPayloadBytes, presenceGraceMs } = manifest.settings.gateway;
  const presence =
    presenceTopics &&
    new ClientPresence({
      topics: presenceTopics,
      timers: monotonicTimers,
      graceMs: presenceGraceMs,
      counters,
      retained: (filter) => sessions.retained(filter),
      send: (message) => broker.send(message),
      failed: (error) => log.error({ err: error }, 'the presence of a device could not be told'),
    });
  const broker: TelemetryBroker = new TelemetryBroker({
    ...{ topics, ingest, counters, sessions, presence, startedAt, maxPayloadBytes },
  });
  broker.on('error' as never, (error: unknown) => log.error({ err: error }, 'the broker reported an error'));
  await broker.listen();
  undo.add(() => new Promise<void>((resolve) => broker.close(() => resolve())));
  await presence?.open();
  undo.add(() => presence?.stop());
  return {
    send: (message) => broker.send(message),
    get connections() {
      return broker.connectedClients;
    },
    get devicesOnline() {
      return presence?.online;
    },
    ingest,
    broker,
    problem: () => null,
    async stopTaking() {
      ingest.stop();
      // Devices come back to the next start: that they are cut off by this stop is not to be told.
      await presence?.stop();
    },
  };
}

async function externalGateway(
  { manifest, counters, takesIn, log }: GatewayOptions,
  external: ExternalBrokerSettings,
  topics: TopicMap,
  presenceTopics: PresenceTopics | null,
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
    presence: takesIn ? presenceTopics : null,
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
    devicesOnline: undefined,
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
