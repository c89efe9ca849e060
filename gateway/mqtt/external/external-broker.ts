/**
 * The gateway as a client of an MQTT broker: EMQX, HiveMQ, Mosquitto, VerneMQ, AWS IoT Core, any that speaks MQTT 5 or
 * 3.1.1.
 *
 * - Telemetry comes by a shared subscription and a persistent session, so that any number of gateways share it, and the
 *   broker keeps for each what it has not acknowledged. An acknowledgement means durable (`intake.ts`).
 * - Alerts, replies and presence go out the same way (`outbox.ts`); what is told of presence is in `returned-devices.ts`.
 * - A lost connection is opened again, with growing pauses, until `close`. `health` tells how it stands.
 *
 * Weakness: which gateway gets a device's next message is the broker's choice, so the order of a device's messages
 * holds within a gateway only (docs/mqtt-brokers.md).
 */
import { monotonicTimers } from '../../../common/clock.js';
import { codeOf, MillraceError, messageOf } from '../../../common/errors.js';
import type { MqttMessage } from '../../../functions/contract.js';
import type { Counters } from '../../counters.js';
import type { Ingest } from '../../ingest.js';
import type { PresenceTopics } from '../../presence/topics.js';
import type { TopicMap } from '../../topics.js';
import { largestPacket } from '../packet-limit.js';
import { type Connection, type MqttVersion, openConnection, VersionRefused } from './connection.js';
import { Intake } from './intake.js';
import { Memory } from './memory.js';
import { Outbox } from './outbox.js';
import { ReturnedDevices } from './returned-devices.js';
import { seldom } from './seldom.js';
import type { ExternalBrokerSettings } from './settings.js';
import { type Subscriptions, subscribeAll, telemetryFilters } from './subscriptions.js';

export interface BrokerLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export interface ExternalBrokerOptions {
  readonly settings: ExternalBrokerSettings;
  readonly topics: TopicMap;
  /** With `{deviceId}`, as in the settings of the gateway. */
  readonly telemetryTopics: readonly string[];
  /** Null: devices that are back are not told online. */
  readonly presence?: PresenceTopics | null;
  readonly ingest: Ingest;
  readonly counters: Counters;
  readonly maxPayloadBytes: number;
  readonly log: BrokerLog;
  /** Messages that may wait for the stream. Default 200. */
  readonly receiveMaximum?: number;
  /** How long a message may wait to be acknowledged by the broker (ms). Default 30,000. */
  readonly sendTimeoutMs?: number;
}

export interface ExternalBrokerHealth {
  readonly connected: boolean;
  /** Why not: a code (`MQTT_UNREACHABLE`, `MQTT_AUTH`, …) and a sentence. */
  readonly code?: string;
  readonly reason?: string;
  readonly hint?: string;
}

export interface ExternalBroker {
  /** QoS 1: resolves when the broker has acknowledged it. Rejects with an MQTT_… error. */
  send(message: MqttMessage): Promise<void>;
  /** 1 while connected, else 0. */
  readonly connectedClients: number;
  /** What this gateway found the broker to be, for people. */
  readonly description: string;
  health(): ExternalBrokerHealth;
  /**
   * Takes nothing more, and resolves when the stream has what was taken, or after some seconds. What the broker still
   * sends stays with it: for this gateway's next start or, with `leaveOnStop`, for the others.
   */
  stopTaking(): Promise<void>;
  /** Sends what waits to be sent, within some seconds, and disconnects. */
  close(): Promise<void>;
}

/**
 * Less than the sequence numbers that `aggregate` remembers of a device (256): what the broker sends again after a crash
 * is known again, even if all of it is one device's. More would bring no more throughput.
 */
const RECEIVE_MAXIMUM = 200;
const MAX_WAITING_BYTES = 64 * 1024 * 1024;
const MAX_OUTBOX = 10_000;
const MAX_OUTBOX_BYTES = 64 * 1024 * 1024;
const SEND_TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** How long stopping waits for the stream, and closing for the broker (ms). */
const FAREWELL_MS = 5_000;
/** Nothing has come for so long after an unsubscription (ms): nothing will. */
const QUIET_MS = 250;
const LOG_EVERY_MS = 30_000;

/** Rejects, with nothing left behind, when the broker cannot be reached or will not have us: see `broker-errors.ts`. */
export async function openExternalBroker(options: ExternalBrokerOptions): Promise<ExternalBroker> {
  const broker = new Broker(options);
  await broker.open();
  return broker;
}

class Broker implements ExternalBroker {
  readonly #options: ExternalBrokerOptions;
  readonly #intake: Intake;
  readonly #outbox: Outbox;
  readonly #memory: Memory;
  readonly #presence: ReturnedDevices | null;
  #knowsPresence = false;
  readonly #seldom = seldom(LOG_EVERY_MS, () => performance.now());
  #connection: Connection | null = null;
  #subscriptions: Subscriptions | null = null;
  #version: MqttVersion | null = null;
  #failure: MillraceError | null = null;
  #attempts = 0;
  #isClosing = false;
  readonly #closing = new AbortController();
  #cancelPause: (() => void) | null = null;

  constructor(options: ExternalBrokerOptions) {
    this.#options = options;
    const { topics, ingest, counters, maxPayloadBytes, log, presence } = options;
    this.#memory = new Memory(options.settings);
    this.#outbox = new Outbox({
      timers: monotonicTimers,
      timeoutMs: options.sendTimeoutMs ?? SEND_TIMEOUT_MS,
      maxWaiting: MAX_OUTBOX,
      maxWaitingBytes: MAX_OUTBOX_BYTES,
    });
    this.#presence = presence
      ? new ReturnedDevices({
          topics: presence,
          timers: monotonicTimers,
          tell: (topic) => this.#online(topic),
        })
      : null;
    this.#intake = new Intake({
      topics,
      ingest,
      counters,
      maxPayloadBytes,
      presence: this.#presence,
      // Twice the window: a broker that keeps to it is never held by what an earlier connection left.
      maxWaiting: 2 * (options.receiveMaximum ?? RECEIVE_MAXIMUM),
      maxWaitingBytes: MAX_WAITING_BYTES,
      reply: (message) => {
        // Nobody was promised to be told, and while the broker is away nobody listens.
        if (this.#connection !== null) this.#outbox.send(message).catch(() => counters.increment('unsent'));
      },
      refused: (topic, { code, message }) => {
        this.#seldom(code, (omitted) => log.warn({ topic, code, omitted }, `refused a message: ${message}`));
      },
    });
  }

  async open(): Promise<void> {
    try {
      await this.#connect();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  send(message: MqttMessage): Promise<void> {
    return this.#outbox.send(message);
  }

  get connectedClients(): number {
    return this.#connection === null ? 0 : 1;
  }

  get description(): string {
    const { url, clientId } = this.#options.settings;
    const shared = this.#subscriptions?.isShared ? 'shared subscription' : 'plain subscription';
    return `${url.href} as ${clientId} (MQTT ${this.#version === 5 ? '5' : '3.1.1'}, ${shared})`;
  }

  health(): ExternalBrokerHealth {
    const failure = this.#failure;
    if (this.#connection !== null || failure === null) return { connected: this.#connection !== null };
    const { code, message: reason, hint } = failure;
    return { connected: false, code, reason, ...(hint === undefined ? {} : { hint }) };
  }

  async stopTaking(): Promise<void> {
    if (this.#options.settings.leaveOnStop) await within(FAREWELL_MS, this.#leave());
    this.#presence?.stop();
    this.#intake.stop();
    await within(FAREWELL_MS, this.#intake.untilIdle());
  }

  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#presence?.stop();
    this.#intake.stop();
    this.#cancelPause?.();
    const connection = this.#connection;
    if (connection !== null) {
      await within(FAREWELL_MS, this.#outbox.untilIdle());
      await within(FAREWELL_MS, connection.end());
      this.#closing.abort();
      await connection.closed;
    }
    // One that is being opened.
    this.#closing.abort();
    this.#outbox.close();
  }

  /** Unsubscribes, and goes on taking until the broker has nothing more for this session. */
  async #leave(): Promise<void> {
    const connection = this.#connection;
    if (connection === null || this.#subscriptions === null) return;
    try {
      const presence = this.#presence === null ? [] : [this.#presence.topics.filter];
      await connection.unsubscribe([...this.#subscriptions.filters, ...presence]);
    } catch (error) {
      this.#options.log.warn(
        { err: error },
        'could not unsubscribe: this gateway keeps its share at the broker',
      );
      return;
    }
    let quietSince = performance.now();
    while (this.#connection === connection && performance.now() - quietSince < QUIET_MS) {
      if (connection.unacknowledged > 0 || this.#intake.lastTaken > quietSince)
        quietSince = performance.now();
      await new Promise((resolve) => setTimeout(resolve, QUIET_MS / 5));
    }
  }

  async #connect(): Promise<void> {
    const { log, counters, telemetryTopics, settings } = this.#options;
    const connection = await this.#negotiate();
    const since = performance.now();
    let end: MillraceError | null = null;
    void connection.closed.then((reason) => {
      end = reason;
      this.#lost(connection, reason, performance.now() - since);
    });
    try {
      const filters = telemetryFilters(telemetryTopics);
      // Of a known session too: brokers forget shared subscriptions over a restart (Mosquitto 2.0 does).
      this.#subscriptions = await subscribeAll(connection, filters, settings.group);
      // Who only sends has nothing there to be forgotten.
      if (this.#presence !== null) await this.#watchPresence(connection, this.#presence.topics.filter);
      if (filters.length > 0) this.#tellForgotten(await this.#memory.check(connection, this.#subscriptions));
      if (end !== null) throw end;
    } catch (error) {
      connection.destroy(error as Error);
      throw error;
    }
    if (this.#isClosing) {
      connection.destroy(new Error('closed'));
      return;
    }
    if (this.#failure !== null) counters.increment('broker_reconnects');
    this.#failure = null;
    this.#connection = connection;
    this.#outbox.attach(connection);
    log.info({ sessionPresent: connection.sessionPresent }, `connected to ${this.description}`);
    this.#warn(this.#subscriptions!);
  }

  /** Not shared: every gateway is to know what was said last. Retained messages tell what was said before its start. */
  async #watchPresence(connection: Connection, filter: string): Promise<void> {
    try {
      await connection.subscribe(filter, !this.#knowsPresence);
      this.#knowsPresence = true;
    } catch (error) {
      if (codeOf(error) !== 'MQTT_SUBSCRIPTION_REFUSED') throw error;
      this.#options.log.warn(
        { hint: 'Allow the subscription, or set custom.millrace.gateway.presence to false.' },
        `the broker refuses ${filter}: devices that are back are not told online`,
      );
    }
  }

  async #online(topic: string): Promise<void> {
    try {
      await this.#outbox.send({ topic, payload: Buffer.from('online'), qos: 1, retain: true });
    } catch (error) {
      this.#options.counters.increment('unsent');
      throw error;
    }
  }

  /** MQTT 5 where the broker speaks it. */
  async #negotiate(): Promise<Connection> {
    const { settings, maxPayloadBytes, receiveMaximum = RECEIVE_MAXIMUM } = this.#options;
    const open = (version: MqttVersion) =>
      openConnection({
        settings,
        version,
        intake: this.#intake,
        maxPacketBytes: largestPacket(maxPayloadBytes),
        receiveMaximum,
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        signal: this.#closing.signal,
      });
    let connection: Connection;
    try {
      connection = await open(this.#version ?? 5);
    } catch (error) {
      if (!(error instanceof VersionRefused) || this.#version !== null) throw error;
      connection = await open(4);
    }
    this.#version = connection.version;
    return connection;
  }

  #lost(connection: Connection, reason: MillraceError, lastedMs: number): void {
    if (this.#connection !== connection) return;
    // What ends soon after its beginning (a full stream, two gateways with one client id) is not to happen all the time.
    if (lastedMs > LONGEST_PAUSE_MS) this.#attempts = 0;
    this.#connection = null;
    this.#failed(reason);
    this.#outbox.detach(reason);
    this.#connectLater();
  }

  #failed(reason: MillraceError): void {
    this.#failure = reason;
    if (this.#isClosing) return;
    const { code, message, hint } = reason;
    this.#seldom(code, (omitted) =>
      this.#options.log.error({ code, hint, omitted }, `MQTT broker: ${message}`),
    );
  }

  #connectLater(): void {
    if (this.#isClosing) return;
    const most = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#attempts++);
    // Between half and all of it: gateways that lost the broker together do not come back together.
    this.#cancelPause = monotonicTimers.after(most * (0.5 + Math.random() / 2), () => {
      this.#connect().catch((error: unknown) => {
        this.#failed(error instanceof MillraceError ? error : unexpected(error));
        this.#connectLater();
      });
    });
  }

  #tellForgotten(what: 'session' | 'subscriptions' | null): void {
    if (what === null) return;
    const { counters, log } = this.#options;
    counters.increment(`broker_forgot_${what}`);
    log.error(
      { hint: 'docs/mqtt-brokers.md says what to set at the broker.' },
      what === 'session'
        ? 'the broker has forgotten the session: what it held for this gateway, and what came meanwhile, is lost'
        : 'the broker has forgotten the shared subscription over a restart: what was published meanwhile may be lost',
    );
  }

  #warn({ isShared, qos }: Subscriptions): void {
    const { settings, log } = this.#options;
    if (!isShared && settings.group !== null) {
      log.warn(
        {},
        'the broker has no shared subscriptions: run this gateway alone, others would store all again',
      );
    }
    if (qos === 0) log.warn({}, 'the broker grants QoS 0 only: what it loses on the way is lost');
  }
}

function unexpected(error: unknown): MillraceError {
  return new MillraceError(messageOf(error), { code: 'MQTT_UNREACHABLE', canRetry: true, cause: error });
}

/** Resolves with the work, or without it after so many ms. */
function within(ms: number, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
