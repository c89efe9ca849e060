/**
 * An MQTT connection that publishes: 3.1.1 or 5, QoS 0, 1 and 2.
 *
 * At least once, in order: what is not acknowledged when a connection is lost is sent again after the next CONNACK, in
 * the order of its first sending and before anything newer, with DUP. QoS 2 is exactly once as long as the server keeps
 * the session; a server that forgets it in between may take a publish twice, and there is nothing a client can do.
 *
 * There may be 10,000: fields that only a busy or troubled connection needs are made when it needs them.
 */
import { messageOf } from '../../common/errors.js';
import { Retry } from './backoff.js';
import {
  type Channel,
  type ChannelEvents,
  type Delivery,
  NOT_CONNECTED,
  SOCKET_FULL,
  WINDOW_FULL,
} from './channel.js';
import { wallNow } from './clock.js';
import { linkError, refusalError } from './connect-error.js';
import { Fifo } from './fifo.js';
import { forgetSession } from './forget-session.js';
import { InFlight } from './in-flight.js';
import { type Endpoint, type Link, type LinkOwner, openLink } from './link.js';
import {
  connectPacket,
  disconnectPacket,
  type Grant,
  PINGREQ,
  readConnack,
  whyNot,
} from './mqtt-handshake.js';
import { Outbox } from './outbox.js';
import { CONNACK, DISCONNECT, PacketScanner, PINGRESP, PUBACK, PUBCOMP, PUBREC, pubrel } from './packets.js';

/** What the channels of a driver share. */
export interface MqttShared {
  readonly endpoint: Endpoint;
  readonly events: ChannelEvents;
  /** Bytes above which nothing more is written. */
  readonly socketBytes: number;
  readonly seed: number;
  clientIdOf(number: number): string;
  /** Whether the channel is about to publish with QoS 2. */
  needsSession(number: number): boolean;
}

const CONNECT_TIMEOUT_MS = 20_000;
/** A clean disconnect waits so long for what is unacknowledged, as decent clients do. */
const FAREWELL_MS = 1_000;
/** MQTT 5: the server does not know the message id (any more), so the publish is complete on its side. */
const ID_NOT_FOUND = 0x92;

/** `farewell`: connected, but only to wait for acknowledgements before a clean disconnect. */
type State = 'idle' | 'connecting' | 'open' | 'farewell' | 'ended';

export class MqttChannel implements Channel, LinkOwner {
  readonly number: number;
  readonly #shared: MqttShared;
  readonly #version: 4 | 5;
  #state: State = 'idle';
  #isWanted = false;
  #link: Link | null = null;
  #scanner: PacketScanner | null = null;
  #grant: Grant | null = null;
  #keepsSession = false;
  #hadSession = false;
  /** When this attempt, or the farewell, began. */
  #since = 0;
  #lastWrite = 0;
  /** 0: no PINGREQ is unanswered. */
  #pingedAt = 0;
  #inFlight: InFlight | null = null;
  #waiting: Fifo<Delivery> | null = null;
  #outbox: Outbox | null = null;
  readonly #retry = new Retry();
  #replies: Buffer[] | null = null;
  /** Why the connection is being given up, for `unlinked`. */
  #reason: string | null = null;
  /** Time of the chunk that is being read. */
  #readAt = 0;
  #whenUnlinked: (() => void) | null = null;

  constructor(number: number, shared: MqttShared) {
    this.number = number;
    this.#shared = shared;
    this.#version = shared.endpoint.target.protocolVersion;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isSettled(): boolean {
    if (this.inFlight + this.waiting === 0) return true;
    return !this.#isWanted && this.#state !== 'farewell';
  }

  get inFlight(): number {
    return this.#inFlight?.size ?? 0;
  }

  get waiting(): number {
    return this.#waiting?.length ?? 0;
  }

  get hasRoom(): boolean {
    if (this.#link === null) return false;
    return this.#link.buffered + (this.#outbox?.byteLength ?? 0) < this.#shared.socketBytes;
  }

  open(now: number): void {
    if (this.#state === 'farewell') this.#sayGoodbye();
    this.#isWanted = true;
    if (this.#state === 'idle' && !this.#retry.isPending) this.#connect(now);
  }

  close(how: 'clean' | 'drop', now: number): void {
    this.#isWanted = false;
    this.#retry.cancel();
    this.flush();
    if (this.#state === 'connecting') this.#letGo(false);
    else if (this.#state === 'open') {
      if (how === 'drop') {
        this.#letGo(false);
        this.#shared.events.closed(this, null);
      } else if (this.inFlight > 0) {
        this.#state = 'farewell';
        this.#since = now;
      } else this.#sayGoodbye();
    }
  }

  offer(delivery: Delivery): void {
    const grant = this.#grant;
    if (!this.isOpen || grant === null) this.#keep(delivery, NOT_CONNECTED);
    else if (this.waiting > 0) this.#keep(delivery, this.hasRoom ? WINDOW_FULL : SOCKET_FULL);
    else this.#take(delivery, grant);
  }

  flush(): void {
    const outbox = this.#outbox;
    if (outbox === null || outbox.byteLength === 0 || this.#link === null) return;
    const now = wallNow();
    this.#lastWrite = now;
    this.#link.write(outbox.encoded(false));
    for (const delivery of outbox.deliveries) {
      delivery.sentAt = now;
      this.#shared.events.sent(delivery, now);
    }
    outbox.clear();
  }

  check(now: number): void {
    const { keepaliveSeconds } = this.#shared.endpoint.target;
    const keepalive = (this.#grant?.keepaliveSeconds ?? keepaliveSeconds) * 1000;
    switch (this.#state) {
      case 'connecting':
        if (now - this.#since > CONNECT_TIMEOUT_MS) this.#giveUp('no answer to CONNECT');
        return;
      case 'farewell':
        if (now - this.#since >= FAREWELL_MS) this.#sayGoodbye();
        return;
      case 'open':
        if (keepalive === 0) return;
        if (this.#pingedAt > 0 && now - this.#pingedAt > keepalive) this.#giveUp('no answer to PINGREQ');
        else if (this.#pingedAt === 0 && now - this.#lastWrite > keepalive * 0.75) {
          this.#pingedAt = now;
          this.#write(PINGREQ);
        }
    }
  }

  end(): Promise<void> {
    this.#isWanted = false;
    this.#retry.cancel();
    const link = this.#link;
    const wasConnected = this.#state === 'open' || this.#state === 'farewell';
    this.#state = 'ended';
    if (link === null) return Promise.resolve();
    return new Promise((resolve) => {
      // A server that does not close its side must not keep the driver.
      const timer = setTimeout(() => link.destroy(), FAREWELL_MS);
      this.#whenUnlinked = () => {
        clearTimeout(timer);
        const { endpoint } = this.#shared;
        const isKept = wasConnected && this.#keepsSession && this.#version === 4;
        resolve(isKept ? forgetSession(endpoint, this.#shared.clientIdOf(this.number)) : undefined);
      };
      if (wasConnected) link.end(disconnectPacket(this.#version, false));
      else link.destroy();
    });
  }

  // From the link.

  linked(link: Link): void {
    if (link !== this.#link) return;
    this.#keepsSession = this.#shared.needsSession(this.number) || this.#inFlight?.hasQos2 === true;
    const clientId = this.#shared.clientIdOf(this.number);
    const target = this.#shared.endpoint.target;
    this.#write(connectPacket(target, clientId, this.#keepsSession, !this.#hadSession));
  }

  received(link: Link, bytes: Buffer): void {
    if (link !== this.#link || this.#scanner === null) return;
    this.#readAt = wallNow();
    try {
      this.#scanner.push(bytes);
    } catch (error) {
      this.#giveUp(`the server does not speak MQTT: ${messageOf(error)}`);
      return;
    }
    if (this.#replies !== null && this.#link === link) this.#write(Buffer.concat(this.#replies));
    this.#replies = null;
    if (this.#state === 'farewell' && this.inFlight === 0) this.#sayGoodbye();
    if (this.isOpen) this.#workOff();
  }

  drained(link: Link): void {
    if (link === this.#link && this.isOpen) this.#workOff();
  }

  unlinked(link: Link, cause: Error | null): void {
    if (link !== this.#link) return;
    const before = this.#state;
    const reason = this.#reason;
    this.#reason = null;
    this.#link = null;
    this.#scanner = null;
    this.#pingedAt = 0;
    if (before === 'ended') {
      this.#whenUnlinked?.();
      return;
    }
    this.#state = 'idle';
    if (before === 'farewell') this.#shared.events.closed(this, null);
    else if (before === 'open') {
      this.#shared.events.closed(this, reason ?? cause?.message ?? 'the server closed the connection');
    } else if (before === 'connecting') {
      const target = this.#shared.endpoint.target;
      this.#shared.events.failed(this, linkError(target, cause ?? (reason ? new Error(reason) : '')));
    }
    this.#connectLater();
  }

  #connect(now: number): void {
    this.#state = 'connecting';
    this.#since = now;
    this.#lastWrite = now;
    this.#scanner = new PacketScanner((type, _flags, bytes, start, end) =>
      this.#packet(type, bytes, start, end),
    );
    this.#link = openLink(this.#shared.endpoint, this);
  }

  #connectLater(): void {
    if (!this.#isWanted) return;
    this.#retry.later(this.#shared.seed, this.#shared.clientIdOf(this.number), () => {
      if (this.#isWanted && this.#state === 'idle') this.#connect(wallNow());
    });
  }

  #packet(type: number, bytes: Buffer, start: number, end: number): void {
    switch (type) {
      case PUBACK:
        this.#complete(bytes, start, end, 'PUBACK');
        return;
      case PUBREC:
        this.#received(bytes, start, end);
        return;
      case PUBCOMP:
        this.#complete(bytes, start, end, 'PUBCOMP');
        return;
      case PINGRESP:
        this.#pingedAt = 0;
        return;
      case CONNACK:
        this.#connected(readConnack(this.#version, bytes, start, end));
        return;
      case DISCONNECT:
        this.#giveUp(`the server disconnected: reason 0x${(end > start ? bytes[start]! : 0).toString(16)}`);
    }
  }

  #connected(grant: Grant): void {
    if (this.#state !== 'connecting') return;
    if (grant.code !== 0) {
      this.#letGo(false);
      this.#shared.events.failed(this, refusalError(this.#shared.endpoint.target, grant.code));
      this.#connectLater();
      return;
    }
    this.#state = 'open';
    this.#grant = grant;
    this.#retry.succeeded();
    this.#hadSession = true;
    const inFlight = this.#inFlight;
    if (inFlight !== null && inFlight.size > 0) {
      // Before `opened`, which may bring something newer.
      this.#write(inFlight.again(this.#version, (delivery) => this.#shared.events.resent(delivery)));
    }
    this.#shared.events.opened(this, this.#readAt - this.#since);
  }

  /** Sends what was kept as far as there is room, and says that there may be room for more. */
  #workOff(): void {
    const waiting = this.#waiting;
    const grant = this.#grant;
    if (waiting !== null && grant !== null) {
      while (waiting.length > 0 && this.hasRoom && this.#hasId(grant)) {
        this.#shared.events.unkept();
        this.#take(waiting.shift()!, grant);
      }
      if (waiting.length === 0) this.#waiting = null;
      this.flush();
    }
    this.#shared.events.room(this);
  }

  #hasId(grant: Grant): boolean {
    return this.inFlight < grant.receiveMaximum;
  }

  #take(delivery: Delivery, grant: Grant): void {
    const reason = whyNot(delivery, grant, this.#version);
    if (reason !== null) {
      this.#shared.events.refused(delivery, reason);
      return;
    }
    const { qos } = delivery.publish;
    if (!this.hasRoom || (qos > 0 && !this.#hasId(grant))) {
      this.#keep(delivery, this.hasRoom ? WINDOW_FULL : SOCKET_FULL);
      return;
    }
    let id = 0;
    if (qos > 0) {
      this.#inFlight ??= new InFlight();
      id = this.#inFlight.add(delivery);
    }
    this.#outbox ??= new Outbox(this.#version);
    this.#outbox.add(delivery, id);
  }

  #keep(delivery: Delivery, reason: string): void {
    if (!this.#shared.events.unsent(delivery, reason)) return;
    this.#waiting ??= new Fifo();
    this.#waiting.push(delivery);
  }

  #complete(bytes: Buffer, start: number, end: number, packet: string): void {
    const id = (bytes[start]! << 8) | bytes[start + 1]!;
    const delivery = this.#inFlight?.remove(id);
    // Of a publish that was sent twice, the second acknowledgement: nothing is left to do.
    if (delivery === undefined) return;
    const code = end - start > 2 ? bytes[start + 2]! : 0;
    if (code >= 0x80 && code !== ID_NOT_FOUND) {
      this.#shared.events.refused(delivery, `${packet} with reason 0x${code.toString(16)}`);
    } else this.#shared.events.acknowledged(delivery, this.#readAt);
  }

  #received(bytes: Buffer, start: number, end: number): void {
    const id = (bytes[start]! << 8) | bytes[start + 1]!;
    const delivery = this.#inFlight?.get(id);
    const code = end - start > 2 ? bytes[start + 2]! : 0;
    if (code >= 0x80) {
      if (delivery !== undefined) this.#complete(bytes, start, end, 'PUBREC');
      return;
    }
    if (delivery !== undefined) delivery.isReleased = true;
    // Also for an id that is not known: the server waits for it.
    this.#replies ??= [];
    this.#replies.push(pubrel(id));
  }

  #write(bytes: Buffer): void {
    this.#lastWrite = wallNow();
    this.#link?.write(bytes);
  }

  /** The connection is of no use any more; `unlinked` does the rest. */
  #giveUp(reason: string): void {
    this.#reason = reason;
    this.#link?.destroy();
  }

  #sayGoodbye(): void {
    this.#letGo(true);
    this.#shared.events.closed(this, null);
  }

  /** Forgets the link, so that its later events mean nothing. */
  #letGo(isClean: boolean): void {
    const link = this.#link;
    this.#link = null;
    this.#scanner = null;
    this.#pingedAt = 0;
    this.#state = 'idle';
    if (isClean) link?.end(disconnectPacket(this.#version, this.#keepsSession));
    else link?.destroy();
  }
}
