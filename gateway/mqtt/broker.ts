/**
 * The embedded MQTT 3.1.1 broker: Aedes, with telemetry diverted into the stream.
 *
 * - A publish to a telemetry topic is appended in `authorizePublish`; Aedes sends the PUBACK (or PUBREC) after that
 *   callback, so an acknowledgement means durable.
 * - Telemetry that nobody subscribes to goes no further, which saves half of a broker's work per event.
 * - Subscribers never slow publishers or each other: one that does not read is cut off at `MAX_UNSENT_BYTES`.
 * - Presence topics belong to the broker: what devices and their wills say there has its effect on `ClientPresence`, which
 *   tells everybody.
 * - MQTT 3.1.1 has no negative acknowledgement: a refused QoS 1 or 2 publish closes the connection (3.3.5-2), a
 *   refused QoS 0 one is dropped. Either is counted, and told on `{topic}/rejected` when the topic names a device.
 */
import { Aedes, type AedesPublishPacket, type Client } from 'aedes';
import mqemitter from 'mqemitter';
import type { MillraceError } from '../../common/errors.js';
import type { MqttMessage } from '../../functions/contract.js';
import type { Counters } from '../counters.js';
import type { Ingest } from '../ingest.js';
import type { TelemetryRoute, TopicMap } from '../topics.js';
import type { ClientPresence } from './client-presence.js';
import { createInOrder, type InOrder } from './in-order.js';
import { largestPacket, limitPacketSize } from './packet-limit.js';
import type { Sessions } from './sessions.js';
import { createSubscriptionWatch, type SubscriptionWatch } from './subscription-watch.js';

/** Bytes a subscriber may leave unread in its socket's queue before it is cut off. */
const MAX_UNSENT_BYTES = 4 * 1024 * 1024;
/** Longest time a refused client may take to read why (ms) before its connection is closed. */
const FAREWELL_MS = 1_000;

type Done = (error?: Error | null) => void;
type Packet = AedesPublishPacket & { messageId?: number };

/** The parts of Aedes that its type declarations leave out. */
interface AedesInternals {
  /** The number of the last message; `publish` takes the next one at once. */
  counter: number;
  persistence: { incomingGetPacket(client: Client, packet: Packet): Promise<unknown> };
  mq: { emit(packet: unknown, done: () => void): void };
}

const Diverting = class extends Aedes {} as unknown as new (
  options: ConstructorParameters<typeof Aedes>[0],
) => Omit<Aedes, 'publish' | 'subscribe' | 'unsubscribe'> & {
  publish(packet: Packet, client: Client | null | Done, done?: Done): void;
  subscribe(topic: string, deliver: unknown, done: Done): void;
  unsubscribe(topic: string, deliver: unknown, done: Done): void;
} & AedesInternals;

export interface BrokerOptions {
  readonly topics: TopicMap;
  readonly ingest: Ingest;
  readonly counters: Counters;
  readonly maxPayloadBytes: number;
  readonly sessions: Sessions;
  /** Null: nobody's presence is told, and its topics are like any other. */
  readonly presence: ClientPresence | null;
  /** Broker ids sort by start time, so that queued messages of an earlier run are sent first. */
  readonly startedAt: number;
}

export class TelemetryBroker extends Diverting {
  readonly #options: BrokerOptions;
  readonly #watch: SubscriptionWatch;
  /** Publishes that are not to be handed to subscribers: refused ones of QoS 0, and what presence has taken. */
  readonly #dropped = new WeakSet<object>();
  readonly #inOrder: InOrder;

  constructor(options: BrokerOptions) {
    const inOrder = createInOrder();
    super({
      id: `millrace-${options.startedAt.toString().padStart(15, '0')}`,
      persistence: options.sessions.persistence,
      mq: unhurried(mqemitter({ concurrency: 0, matchEmptyLevels: true }), inOrder),
      concurrency: 100,
      heartbeatInterval: 15_000,
      drainTimeout: 10_000,
      queueLimit: 1_000,
      maxClientsIdLength: 256,
      authorizePublish: (client, packet, done) => this.#divert(client, packet as Packet, done),
      authorizeForward: (client, packet) => this.#forward(client, packet),
    });
    this.#options = options;
    this.#inOrder = inOrder;
    this.#watch = createSubscriptionWatch(options.topics);
    const { presence } = options;
    if (presence !== null) this.on('client', (client) => presence.connected(client));
  }

  /** Serves one connection: a socket, or a WebSocket as a duplex stream. */
  serve(connection: Parameters<Aedes['handle']>[0], request?: Parameters<Aedes['handle']>[1]): void {
    const client = this.handle(connection, request);
    this.#options.presence?.opened(client);
    limitPacketSize(client, largestPacket(this.#options.maxPayloadBytes), () => {
      this.#options.counters.increment('refused_packet_too_large');
    });
  }

  /** Resolves when the message is stored for absent persistent sessions, and on its way to the present ones. */
  send(message: MqttMessage): Promise<void> {
    const packet = { cmd: 'publish', dup: false, ...message } as unknown as Packet;
    return new Promise((resolve, reject) => {
      this.publish(packet, null, (error) => (error ? reject(error) : resolve()));
    });
  }

  override publish(packet: Packet, client: Client | null | Done, done?: Done): void {
    const finish = typeof client === 'function' ? client : done;
    if (this.#unheard(packet) || this.#dropped.has(packet)) {
      finish?.(null);
      return;
    }
    const number = this.counter + 1;
    this.#inOrder.expect(number);
    super.publish(packet, typeof client === 'function' ? null : client, (error) => {
      this.#inOrder.giveUp(number);
      finish?.(error);
    });
  }

  override subscribe(topic: string, deliver: unknown, done: Done): void {
    this.#watch.add(topic);
    super.subscribe(topic, deliver, done);
  }

  override unsubscribe(topic: string, deliver: unknown, done: Done): void {
    this.#watch.remove(topic);
    super.unsubscribe(topic, deliver, done);
  }

  /** Telemetry that no subscriber, present or absent, waits for. */
  #unheard(packet: Packet): boolean {
    if (packet.retain || this.#watch.telemetryWatched || this.#options.sessions.telemetryWatched)
      return false;
    return this.#options.topics.route(packet.topic) !== undefined;
  }

  #divert(client: Client | null, packet: Packet, done: Done): void {
    const { topics, ingest, presence } = this.#options;
    const route = topics.route(packet.topic);
    if (route === undefined) {
      const deviceId = presence?.deviceOf(packet.topic);
      if (deviceId !== undefined) this.#takePresence(client, packet, deviceId, done);
      else if (topics.relayed(packet.topic)) done(null);
      else this.#refuse(client, packet, undefined, done);
      return;
    }
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const refusal = ingest.refusal(payload);
    if (refusal !== null) {
      this.#refuse(client, packet, refusal, done);
      return;
    }
    if (client !== null) presence?.heard(client, route.deviceId);
    if (packet.qos === 2 && client !== null) this.#acceptOnce(client, packet, route, payload, done);
    else ingest.accept(route, payload, packet.qos > 0, done);
  }

  #takePresence(client: Client | null, packet: Packet, deviceId: string, done: Done): void {
    const refusal = this.#options.presence!.said(client, packet, deviceId);
    if (refusal !== null) {
      this.#refuse(client, packet, refusal, done);
      return;
    }
    this.#dropped.add(packet);
    done(null);
  }

  /** QoS 2: a retransmission of a publish that was stored before is acknowledged again, not appended again. */
  #acceptOnce(client: Client, packet: Packet, route: TelemetryRoute, payload: Uint8Array, done: Done): void {
    this.persistence.incomingGetPacket(client, packet).then(
      () => done(null),
      () => this.#options.ingest.accept(route, payload, true, done),
    );
  }

  #refuse(client: Client | null, packet: Packet, reason: MillraceError | undefined, done: Done): void {
    const code = reason?.code ?? 'TOPIC_UNKNOWN';
    this.#options.counters.increment(`refused_${code.toLowerCase()}`);
    const error = reason ?? new Error(`nothing is to be published on '${packet.topic}'`);
    const close = () => {
      if (packet.qos > 0) done(error);
      else {
        this.#dropped.add(packet);
        done(null);
      }
    };
    if (reason === undefined || client === null) {
      close();
      return;
    }
    const farewell = once(close);
    setTimeout(farewell, FAREWELL_MS).unref();
    const reply = { id: null, code, reason: reason.message, hint: reason.hint, keyword: null, pointer: null };
    super.publish(
      {
        cmd: 'publish',
        topic: `${packet.topic}/rejected`,
        payload: Buffer.from(JSON.stringify(reply)),
        qos: 0,
        retain: false,
        dup: false,
      } as unknown as Packet,
      null,
      // Two turns of the event loop: Aedes writes to subscribers on the next one.
      () => setImmediate(() => setImmediate(() => setImmediate(farewell))),
    );
  }

  /** Called before each delivery to a subscriber: cuts off the ones that do not read. */
  #forward(client: Client, packet: AedesPublishPacket): AedesPublishPacket | null {
    const unsent = (client.conn as { writableLength?: number }).writableLength ?? 0;
    if (unsent <= MAX_UNSENT_BYTES) return packet;
    this.#options.counters.increment('subscriber_too_slow');
    // With QoS 1 it was promised the message: closing lets a persistent session fetch it from its queue later.
    if (packet.qos > 0) client.conn.destroy();
    return null;
  }
}

/** An emitter whose `emit` reports done at once: publishers wait for storage, never for subscribers. */
function unhurried(emitter: ReturnType<typeof mqemitter>, order: InOrder): ReturnType<typeof mqemitter> {
  const emit = emitter.emit.bind(emitter);
  emitter.emit = (message, done) => {
    order.emit((message as unknown as { brokerCounter: number }).brokerCounter, () => {
      emit(message, () => undefined);
      if (done !== undefined) setImmediate(done);
    });
    return emitter;
  };
  return emitter;
}

function once(action: () => void): () => void {
  let ran = false;
  return () => {
    if (ran) return;
    ran = true;
    action();
  };
}
