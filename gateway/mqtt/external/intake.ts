/**
 * From a broker's PUBLISH to the stream and back to its acknowledgement.
 *
 * - A QoS 1 message is acknowledged (PUBACK), a QoS 2 message received (PUBREC), when the stream has it; QoS 0 is stored
 *   as it comes. What the broker sends again after a lost connection is stored again: functions know it by its seq.
 * - What the stream has not taken yet is counted over all connections. Beyond the bounds the reading stops, and the
 *   queue is the broker's.
 * - A broker cannot be refused a message, it would send it again for ever: what cannot be stored (empty, too large, a
 *   topic that names no device) is acknowledged, counted, and its publisher told on `{topic}/rejected`.
 * - When the stream fails to take a message, the connection is given up: the broker sends all that is unacknowledged
 *   again on the next one, in order.
 */
import { codeOf, MillraceError } from '../../../common/errors.js';
import type { MqttMessage } from '../../../functions/contract.js';
import type { Counters } from '../../counters.js';
import type { Ingest } from '../../ingest.js';
import type { TopicMap } from '../../topics.js';
import { Acknowledgements, type Owed, PUBACK, PUBREC } from './acknowledgements.js';
import type { IncomingPublish } from './incoming-packets.js';
import type { ReturnedDevices } from './returned-devices.js';

export interface IntakeOptions {
  readonly topics: TopicMap;
  readonly ingest: Ingest;
  readonly counters: Counters;
  readonly maxPayloadBytes: number;
  /** Null: presence is not this gateway's business. */
  readonly presence: ReturnedDevices | null;
  /** Messages, and bytes of payload, that may wait for the stream before the reading stops. */
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  /** Tells the publisher why; QoS 0, never awaited. */
  readonly reply: (message: MqttMessage) => void;
  /** A message was refused. */
  readonly refused: (topic: string, reason: MillraceError) => void;
}

/** What a connection does for the intake. */
export interface IntakeConnection {
  write(bytes: Buffer): void;
  pause(): void;
  resume(): void;
  /** Gives the connection up. */
  fail(error: Error): void;
}

/** Errors of a stream that say that this very record can never be stored. */
const IMPOSSIBLE = new Set(['KEY_TOO_LONG', 'HEADERS_TOO_LONG', 'MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE']);

export class Intake {
  readonly options: IntakeOptions;
  readonly tooLarge: Uint8Array;
  /** Ids of QoS 2 messages that were received and not released; they are the session's, not the connection's. */
  readonly received = new Set<number>();
  #waiting = 0;
  #waitingBytes = 0;
  #session: IntakeSession | null = null;
  #isStopped = false;
  #idle: (() => void)[] = [];

  constructor(options: IntakeOptions) {
    this.options = options;
    // Stands for payloads that were too large to be kept; never touched, so it costs no memory.
    this.tooLarge = new Uint8Array(options.maxPayloadBytes + 1);
  }

  /** Begins with a new connection; that of before is over. */
  attach(connection: IntakeConnection): IntakeSession {
    this.#session?.end();
    this.#session = new IntakeSession(this, connection);
    this.#pace();
    return this.#session;
  }

  /** The broker has no memory of the session: nothing of it counts any more. */
  forgetSession(): void {
    this.received.clear();
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** Messages that the stream has not taken yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** When the last message was taken (ms on the monotonic clock). */
  lastTaken = 0;

  /** From now on nothing is taken. What comes is left unacknowledged, for the next connection of this session. */
  stop(): void {
    this.#isStopped = true;
  }

  /** Resolves when the stream has everything that was taken. */
  untilIdle(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  began(bytes: number): void {
    this.#waiting++;
    this.lastTaken = performance.now();
    this.#waitingBytes += bytes;
    this.#pace();
  }

  ended(bytes: number): void {
    this.#waiting--;
    this.#waitingBytes -= bytes;
    this.#pace();
    if (this.#waiting > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #pace(): void {
    const { maxWaiting, maxWaitingBytes } = this.options;
    this.#session?.hold(this.#waiting >= maxWaiting || this.#waitingBytes >= maxWaitingBytes);
  }
}

/** The intake of one connection. */
export class IntakeSession {
  readonly #intake: Intake;
  readonly #connection: IntakeConnection;
  readonly #acknowledgements: Acknowledgements;
  #isHeld = false;
  #hasEnded = false;

  constructor(intake: Intake, connection: IntakeConnection) {
    this.#intake = intake;
    this.#connection = connection;
    this.#acknowledgements = new Acknowledgements((bytes) => connection.write(bytes));
  }

  get unacknowledged(): number {
    return this.#acknowledgements.waiting;
  }

  end(): void {
    this.#hasEnded = true;
    this.#acknowledgements.end();
  }

  hold(wanted: boolean): void {
    if (wanted === this.#isHeld || this.#hasEnded) return;
    this.#isHeld = wanted;
    if (wanted) this.#connection.pause();
    else this.#connection.resume();
  }

  pubrel(packetId: number): void {
    this.#intake.received.delete(packetId);
    this.#acknowledgements.complete(packetId);
  }

  publish(publish: IncomingPublish): void {
    const intake = this.#intake;
    if (intake.isStopped || this.#hasEnded) return;
    const { topics, ingest, counters, presence } = intake.options;
    const { qos, packetId, topic } = publish;
    if (publish.dup) counters.increment('redelivered');
    const owed = qos === 0 ? null : this.#acknowledgements.take(qos === 1 ? PUBACK : PUBREC, packetId);
    // Stored before the PUBREC was lost.
    if (qos === 2 && intake.received.has(packetId)) {
      this.#settle(owed);
      return;
    }
    const route = topics.route(topic);
    if (route === undefined) {
      const deviceId = presence?.topics.deviceOf(topic);
      if (deviceId !== undefined) {
        presence!.said(deviceId, publish.payload ?? intake.tooLarge);
        this.#settle(owed);
        return;
      }
      this.#refuse(publish, owed, unknownTopic(topic));
      return;
    }
    const payload = publish.payload ?? intake.tooLarge;
    const refusal = ingest.refusal(payload);
    if (refusal !== null) {
      this.#refuse(publish, owed, refusal);
      return;
    }
    if (presence !== null && !publish.dup && !publish.retain) presence.heard(route.deviceId);
    const bytes = payload.length;
    intake.began(bytes);
    try {
      ingest.accept(route, payload, qos > 0, (error) => {
        intake.ended(bytes);
        if (error === null) this.#settle(owed);
        else this.#failed(publish, owed, error);
      });
    } catch (error) {
      intake.ended(bytes);
      this.#failed(publish, owed, error);
    }
  }

  #settle(owed: Owed | null): void {
    if (owed === null || this.#hasEnded) return;
    if (owed.kind === PUBREC) this.#intake.received.add(owed.packetId);
    this.#acknowledgements.settle(owed);
  }

  #failed(publish: IncomingPublish, owed: Owed | null, error: unknown): void {
    if (this.#hasEnded) return;
    if (error instanceof MillraceError && IMPOSSIBLE.has(codeOf(error) ?? '')) {
      this.#refuse(publish, owed, error);
      return;
    }
    this.#intake.options.counters.increment('append_failed');
    this.#connection.fail(error instanceof Error ? error : new Error(String(error)));
  }

  #refuse(publish: IncomingPublish, owed: Owed | null, reason: MillraceError): void {
    const { counters, refused, reply } = this.#intake.options;
    counters.increment(`refused_${reason.code.toLowerCase()}`);
    refused(publish.topic, reason);
    if (reason.code !== 'TOPIC_UNKNOWN') reply(rejection(publish.topic, reason));
    this.#settle(owed);
  }
}

function unknownTopic(topic: string): MillraceError {
  return new MillraceError(`the topic '${topic}' names no device`, {
    code: 'TOPIC_UNKNOWN',
    hint: 'A device id has up to 128 printable characters and does not begin with $ or a space.',
  });
}

/** The same document as the embedded broker's. */
function rejection(topic: string, { code, message, hint }: MillraceError): MqttMessage {
  const reply = { id: null, code, reason: message, hint, keyword: null, pointer: null };
  return {
    topic: `${topic}/rejected`,
    payload: Buffer.from(JSON.stringify(reply)),
    qos: 0,
    retain: false,
  };
}
