/**
 * Open loop: every action at its moment, whatever the backend does. All devices' actions are merged by a heap that
 * holds one moment per device.
 */
import type { Publish } from '../plan/action.js';
import { wallNow } from './clock.js';
import type { DriveOptions } from './driver.js';
import { DueQueue } from './due-queue.js';
import type { Loop, LoopHost } from './loop.js';
import { Ramp } from './ramp.js';
import type { Cursor, Slot, Slots } from './slots.js';

/** Actions in one go before sockets get their turn again. */
const MOST_AT_ONCE = 2_000;

export class OpenLoop implements Loop {
  readonly #host: LoopHost;
  readonly #options: DriveOptions;
  readonly #slots: Slots;
  readonly #queue: DueQueue;
  readonly #ramp: Ramp;
  readonly #sharesConnections: boolean;
  readonly #touched: Slot[] = [];
  #timer: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #finish: () => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;

  constructor(host: LoopHost, options: DriveOptions, slots: Slots) {
    this.#host = host;
    this.#options = options;
    this.#slots = slots;
    this.#sharesConnections = options.connections !== null;
    this.#queue = new DueQueue(slots.cursors.length);
    // Who is there from the beginning connects ahead of it, at a bounded rate; the others when they join.
    const early = this.#sharesConnections
      ? slots.slots
      : slots.cursors.filter(isThere).map(({ slot }) => slot);
    this.#ramp = new Ramp(
      early.map(({ channel }) => channel),
      options.connectRate,
    );
    for (const [number, cursor] of slots.cursors.entries()) {
      if (!this.#sharesConnections && isThere(cursor)) cursor.advance();
      if (cursor.next !== undefined) this.#queue.add(cursor.next.at, number);
    }
  }

  get isRamping(): boolean {
    return !this.#ramp.isDone;
  }

  run(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
      this.#ramp.start();
      this.#schedule();
    });
  }

  stop(): void {
    this.#ramp.stop();
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#finish();
  }

  /** What is due does not wait for room. */
  room(): void {}

  #schedule(): void {
    if (this.#queue.size === 0) {
      this.#finish();
      return;
    }
    const { beginAt, plan } = this.#options;
    const delay = beginAt + this.#queue.moment / plan.speed - wallNow();
    if (delay <= 0) this.#immediate = setImmediate(() => this.#wake());
    // Longer ones overflow Node's timers; waking up in between does no harm.
    else this.#timer = setTimeout(() => this.#wake(), Math.min(delay, 60_000));
  }

  /** A plan that throws ends the run, not the process. */
  #wake(): void {
    try {
      this.#tick();
    } catch (error) {
      this.#fail(error);
    }
  }

  #tick(): void {
    const { beginAt, plan } = this.#options;
    const until = (wallNow() - beginAt) * plan.speed;
    const queue = this.#queue;
    for (let count = 0; queue.moment <= until && count < MOST_AT_ONCE; count++) {
      const cursor = this.#slots.cursors[queue.number]!;
      this.#perform(cursor);
      cursor.advance();
      if (cursor.next === undefined) queue.removeFirst();
      else queue.replaceFirst(cursor.next.at);
    }
    for (const slot of this.#touched) {
      slot.isTouched = false;
      slot.channel.flush();
    }
    this.#touched.length = 0;
    this.#schedule();
  }

  #perform({ next, device, slot }: Cursor): void {
    if (next === undefined) return;
    if (next.kind === 'publish') this.#publish(device.index, next, slot);
    else if (this.#sharesConnections) return;
    else if (next.kind === 'connect') slot.channel.open(wallNow());
    else {
      this.#ramp.remove(slot.channel);
      slot.channel.close(next.how, wallNow());
    }
  }

  #publish(device: number, publish: Publish, slot: Slot): void {
    this.#host.deliver(
      device,
      publish,
      this.#options.beginAt + publish.at / this.#options.plan.speed,
      slot.channel,
    );
    if (slot.isTouched) return;
    slot.isTouched = true;
    this.#touched.push(slot);
  }
}

function isThere({ next }: Cursor): boolean {
  return next?.kind === 'connect' && next.at === 0;
}
