/**
 * Closed loop: each connection has so many publishes unacknowledged and takes the next when one is acknowledged. The
 * plan's moments, connects and disconnects are left out; the order of each device's publishes stays.
 */
import type { Publish } from '../plan/action.js';
import { wallNow } from './clock.js';
import type { DriveOptions } from './driver.js';
import type { Loop, LoopHost } from './loop.js';
import { Ramp } from './ramp.js';
import type { Slot, Slots } from './slots.js';

/** QoS 0 is never acknowledged: so many in one write, then other connections get their turn. */
const MOST_AT_ONCE = 250;

export class ClosedLoop implements Loop {
  readonly #host: LoopHost;
  readonly #inFlight: number;
  readonly #beginAt: number;
  readonly #slots: Slots;
  readonly #ramp: Ramp;
  /** Where each connection is in the round of its devices. */
  readonly #turns = new Map<Slot, number>();
  /** Connections that go on after the sockets had their turn. */
  readonly #soon = new Set<Slot>();
  #hasBegun = false;
  #timer: NodeJS.Timeout | null = null;
  #unfinished: number;
  #isStopped = false;
  #finish: () => void = () => undefined;

  constructor(host: LoopHost, options: DriveOptions, inFlight: number, slots: Slots) {
    this.#host = host;
    this.#inFlight = inFlight;
    this.#beginAt = options.beginAt;
    this.#slots = slots;
    this.#unfinished = slots.cursors.length;
    for (const cursor of slots.cursors) {
      while (cursor.next !== undefined && cursor.next.kind !== 'publish') cursor.advance();
      if (cursor.next === undefined) this.#unfinished--;
    }
    this.#ramp = new Ramp(
      slots.slots.map(({ channel }) => channel),
      options.connectRate,
    );
  }

  get isRamping(): boolean {
    return !this.#ramp.isDone;
  }

  run(): Promise<void> {
    return new Promise((resolve) => {
      this.#finish = resolve;
      if (this.#unfinished === 0) {
        resolve();
        return;
      }
      this.#ramp.start();
      this.#timer = setTimeout(
        () => {
          this.#hasBegun = true;
          for (const slot of this.#slots.slots) this.room(slot);
        },
        Math.max(0, this.#beginAt - wallNow()),
      );
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#ramp.stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#finish();
  }

  room(slot: Slot): void {
    if (!this.#hasBegun || this.#isStopped) return;
    const { channel } = slot;
    let count = 0;
    while (channel.isOpen && channel.hasRoom && channel.inFlight < this.#inFlight) {
      if (count++ === MOST_AT_ONCE) {
        this.#later(slot);
        break;
      }
      if (!this.#publishNext(slot)) break;
    }
    channel.flush();
    if (this.#unfinished === 0) this.#finish();
  }

  #later(slot: Slot): void {
    if (this.#soon.size === 0) {
      setImmediate(() => {
        const slots = [...this.#soon];
        this.#soon.clear();
        for (const one of slots) this.room(one);
      });
    }
    this.#soon.add(slot);
  }

  /** @returns whether there was one */
  #publishNext(slot: Slot): boolean {
    const { cursors, channel } = slot;
    const first = this.#turns.get(slot) ?? 0;
    for (let i = 0; i < cursors.length; i++) {
      const turn = (first + i) % cursors.length;
      const cursor = cursors[turn]!;
      if (cursor.next === undefined) continue;
      const publish = cursor.next as Publish;
      this.#turns.set(slot, (turn + 1) % cursors.length);
      do cursor.advance();
      while (cursor.next !== undefined && cursor.next.kind !== 'publish');
      if (cursor.next === undefined) this.#unfinished--;
      this.#host.deliver(cursor.device.index, publish, wallNow(), channel);
      return true;
    }
    return false;
  }
}
