/**
 * Stands between the transport and MQTT.js: takes incoming telemetry out of the byte stream for the intake, lets
 * everything else through, and adds acknowledgements to what goes out.
 *
 * While the intake is held, nothing is read. The broker's answers to pings are not read then either, so pings are
 * answered here: otherwise MQTT.js would take a full stream for a dead broker.
 */
import { Duplex } from 'node:stream';
import { IncomingPackets, type IncomingPublish } from './incoming-packets.js';

const CONNACK = 2;
const PINGREQ = 0xc0;
const PINGRESP = Buffer.from([0xd0, 0]);

export interface TapOwner {
  publish(publish: IncomingPublish): void;
  pubrel(packetId: number): void;
  /** The broker knows nothing of an earlier session. Comes before all messages of the new one. */
  newSession(): void;
}

export class Tap extends Duplex {
  readonly #transport: Duplex;
  #isHeld = false;
  #isOpen = false;
  /** Why the connection ended, as far as it is known here. */
  failure: Error | null = null;

  constructor(transport: Duplex, version: 4 | 5, maxPacketBytes: number, owner: TapOwner) {
    super({ allowHalfOpen: false });
    this.#transport = transport;
    const packets = new IncomingPackets(version, maxPacketBytes, {
      publish: (publish) => owner.publish(publish),
      pubrel: (packetId) => owner.pubrel(packetId),
      other: (packet, bodyAt) => {
        if (packet[0]! >> 4 === CONNACK) this.#opened(((packet[bodyAt] ?? 0) & 1) === 1, owner);
        this.push(packet);
      },
    });
    transport.on('data', (chunk: Buffer) => {
      if (this.destroyed) return;
      try {
        packets.push(chunk);
      } catch (error) {
        this.destroy(error as Error);
      }
    });
    transport.on('error', (error: Error) => {
      this.failure ??= error;
    });
    transport.on('close', () => this.destroy());
  }

  /** Bytes of whole packets. MQTT.js writes its own packets in one go, so these never come into the midst of one. */
  add(bytes: Buffer): void {
    if (!this.#transport.destroyed) this.#transport.write(bytes);
  }

  /** Until the broker has accepted the connection, what it says is read all the same. */
  hold(): void {
    this.#isHeld = true;
    if (this.#isOpen) this.#transport.pause();
  }

  release(): void {
    this.#isHeld = false;
    this.#transport.resume();
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)));
    done();
  }

  override _final(done: () => void): void {
    this.#transport.end(done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.failure ??= error;
    this.#transport.destroy();
    // MQTT.js needs the close alone; the reason is in `failure`.
    done();
  }

  #opened(sessionPresent: boolean, owner: TapOwner): void {
    this.#isOpen = true;
    if (!sessionPresent) owner.newSession();
    if (this.#isHeld) this.#transport.pause();
  }

  #send(bytes: Buffer): void {
    this.add(bytes);
    if (this.#isHeld && bytes.length === 2 && bytes[0] === PINGREQ) this.push(PINGRESP);
  }
}
