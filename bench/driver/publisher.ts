/**
 * One publishing connection: its share of the devices, its in-flight slots, and its events in order.
 *
 * Events of a connection go round its devices. Event number `n` is due at a time that follows from `n`, so a
 * connection that is held back keeps no queue: it knows how many are due and works them off as slots come free.
 */
import { Buffer } from 'node:buffer';
import { PUBACK } from '../../simulators/drivers/packets.js';
import type { DriverConfig } from './config.js';
import { MqttConnection } from './connection.js';
import type { Tally } from './tally.js';
import { DevicePackets, EventKind } from './workload.js';

export class Publisher {
  /** Events of this connection that are due so far, in number. Infinity keeps it busy: a closed loop. */
  due = 0;
  /** Events sent so far. */
  sent = 0;
  readonly #tally: Tally;
  readonly #devices: DevicePackets[] = [];
  readonly #firstDevice: number;
  readonly #seqStart: number;
  readonly #dueTime: ((n: number) => number) | null;
  #connection: MqttConnection | null = null;
  /** Message ids that are free; a slot is its message id. */
  readonly #free: number[] = [];
  readonly #slotDue: Float64Array;
  readonly #slotSent: Float64Array;
  /** Event number in the slot, or -1. */
  readonly #slotEvent: Float64Array;
  readonly #slotHot: Uint8Array;

  /** @param dueTime when event number n is due (driver's clock, ms); null: when it is sent */
  constructor(index: number, config: DriverConfig, tally: Tally, dueTime: ((n: number) => number) | null) {
    this.#tally = tally;
    this.#dueTime = dueTime;
    this.#seqStart = config.seqStart;
    const perConnection = Math.floor(config.devices / config.connections);
    this.#firstDevice = index * perConnection;
    for (let i = 0; i < perConnection; i++) this.#devices.push(new DevicePackets(this.#firstDevice + i));
    for (let id = config.inFlight; id >= 1; id--) this.#free.push(id);
    this.#slotDue = new Float64Array(config.inFlight + 1);
    this.#slotSent = new Float64Array(config.inFlight + 1);
    this.#slotEvent = new Float64Array(config.inFlight + 1).fill(-1);
    this.#slotHot = new Uint8Array(config.inFlight + 1);
  }

  async open(config: DriverConfig, clientId: string): Promise<void> {
    this.#connection = await MqttConnection.open(
      { host: config.host, port: config.port, clientId },
      {
        onPacket: (type, _flags, bytes, start) => {
          if (type === PUBACK) this.#acknowledged((bytes[start]! << 8) | bytes[start + 1]!);
        },
        // A lost connection sends nothing more: what was due stays unsent, what was in flight unacknowledged.
        onLost: (reason) => {
          this.#connection = null;
          this.#tally.error(`${clientId} lost its connection: ${reason}`);
        },
      },
    );
  }

  get unsent(): number {
    return Number.isFinite(this.due) ? Math.max(0, this.due - this.sent) : 0;
  }

  /** Sends what is due and fits the in-flight limit, in one write. */
  pump(now: number): void {
    const connection = this.#connection;
    const count = Math.min(this.due - this.sent, this.#free.length);
    if (connection === null || count <= 0) return;
    const size = this.#devices[0]!.byteLength;
    const bytes = Buffer.allocUnsafe(count * size);
    const time = Date.now();
    for (let i = 0; i < count; i++) this.#write(bytes, i * size, now, time);
    connection.write(bytes);
  }

  #write(bytes: Buffer, at: number, now: number, time: number): void {
    const n = this.sent++;
    const slot = this.#free.pop()!;
    const local = n % this.#devices.length;
    const index = Math.floor(n / this.#devices.length);
    const seq = this.#seqStart + index;
    const kind = this.#devices[local]!.write(bytes, at, slot, index, seq, time);
    const due = this.#dueTime === null ? now : this.#dueTime(n);
    this.#slotDue[slot] = due;
    this.#slotSent[slot] = now;
    this.#slotEvent[slot] = n;
    this.#slotHot[slot] = kind === EventKind.hot ? 1 : 0;
    this.#tally.sent(kind, this.#firstDevice + local, seq, due, now);
  }

  #acknowledged(slot: number): void {
    const n = this.#slotEvent[slot] ?? -1;
    if (n < 0) {
      this.#tally.error(`acknowledgement of message id ${slot}, which is not in flight`);
      return;
    }
    this.#slotEvent[slot] = -1;
    const now = performance.now();
    this.#tally.acknowledged(this.#slotDue[slot]!, this.#slotSent[slot]!, now);
    if (this.#slotHot[slot] === 1) {
      const devices = this.#devices.length;
      this.#tally.hotAcknowledged(
        this.#firstDevice + (n % devices),
        this.#seqStart + Math.floor(n / devices),
      );
    }
    this.#free.push(slot);
    if (this.sent < this.due) this.#pumpSoon();
  }

  #pumpQueued = false;

  /** One write for all acknowledgements of a chunk, after the chunk has been read to its end. */
  #pumpSoon(): void {
    if (this.#pumpQueued) return;
    this.#pumpQueued = true;
    queueMicrotask(() => {
      this.#pumpQueued = false;
      this.pump(performance.now());
    });
  }

  close(): void {
    this.#connection?.close();
  }
}
