/** One driving process at work: connections, the loop that feeds them, and the books about both. */
import type { MillraceError } from '../../common/errors.js';
import type { Publish } from '../plan/action.js';
import type { Channel, ChannelEvents, Delivery } from './channel.js';
import { TOO_MANY_WAITING } from './channel.js';
import { wallNow } from './clock.js';
import { ClosedLoop } from './closed-loop.js';
import type { DriveLimits, DriveObserver, DriveOptions, Driver, DriveSummary } from './driver.js';
import { prepareEndpoint } from './endpoint.js';
import { checkFileLimit } from './fd-limit.js';
import { HttpChannel, type HttpShared, httpAgent } from './http-channel.js';
import type { Loop, LoopHost } from './loop.js';
import { MqttChannel, type MqttShared } from './mqtt-channel.js';
import { OpenLoop } from './open-loop.js';
import { type Slot, type Slots, slotsOf } from './slots.js';
import { Tally } from './tally.js';

const DEFAULT_LIMITS: DriveLimits = { waiting: 100_000, socketBytes: 256 * 1024 };
const SETTLE_MS = 10_000;
const CHECK_MS = 500;
const SETTLE_CHECK_MS = 20;

export class DriveRun implements Driver, LoopHost, ChannelEvents {
  readonly #options: DriveOptions;
  readonly #observer: DriveObserver;
  readonly #limits: DriveLimits;
  readonly #tally: Tally;
  readonly #isHttp: boolean;
  readonly #isClosed: boolean;
  readonly #byNumber = new Map<number, Slot>();
  #agent: HttpShared['agent'] = null;
  #slots: Slots = { slots: [], cursors: [] };
  #loop: Loop | null = null;
  /** Kept for later, over all connections. */
  #waiting = 0;
  #hasConnected = false;
  #failure: MillraceError | null = null;
  #wake: () => void = () => undefined;

  constructor(options: DriveOptions, observer: DriveObserver) {
    this.#options = options;
    this.#observer = observer;
    this.#limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.#tally = new Tally(options.beginAt);
    this.#isHttp = options.target.transport.startsWith('http');
    this.#isClosed = options.loop.kind === 'closed';
  }

  async run(): Promise<DriveSummary> {
    const { signal, plan, loop } = this.#options;
    await this.#prepare();
    const stop = () => this.#stop();
    signal?.addEventListener('abort', stop, { once: true });
    const checks = setInterval(() => {
      const now = wallNow();
      for (const { channel } of this.#slots.slots) channel.check(now);
    }, CHECK_MS);
    try {
      this.#loop =
        loop.kind === 'closed'
          ? new ClosedLoop(this, this.#options, loop.inFlight, this.#slots)
          : new OpenLoop(this, this.#options, this.#slots);
      if (signal?.aborted !== true) {
        await this.#loop.run();
        const end = this.#isClosed ? 0 : this.#options.beginAt + plan.duration / plan.speed;
        await this.#settle(Math.max(end, wallNow()) + (this.#options.settleMs ?? SETTLE_MS));
      }
    } finally {
      clearInterval(checks);
      signal?.removeEventListener('abort', stop);
      this.#loop?.stop();
      await Promise.all(this.#slots.slots.map(({ channel }) => channel.end()));
      this.#agent?.destroy();
    }
    const failure = this.#failure as MillraceError | null;
    if (failure !== null) throw failure;
    return this.#tally.summary(this.#waiting);
  }

  deliver(device: number, publish: Publish, due: number, channel: Channel): void {
    this.#tally.planned++;
    channel.offer({ device, publish, due, sentAt: 0, isLate: false, isReleased: false });
  }

  opened(channel: Channel, tookMs: number): void {
    this.#hasConnected = true;
    this.#tally.connects++;
    this.#observer.connected(channel.number, tookMs);
  }

  closed(channel: Channel, reason: string | null): void {
    this.#observer.disconnected(channel.number, reason);
  }

  failed(_channel: Channel, error: MillraceError): void {
    this.#tally.failedConnects++;
    this.#observer.error(error.hint === undefined ? error.message : `${error.message}. ${error.hint}`);
    // A wrong address or password is to be told at once; a backend that was there may come back.
    if (this.#hasConnected || this.#failure !== null) return;
    this.#failure = error;
    this.#stop();
  }

  sent(delivery: Delivery, at: number): void {
    // In a closed loop a publish is due when there is room for it.
    if (this.#isClosed) delivery.due = at;
    this.#tally.written(delivery.due, at);
    if (delivery.isLate) this.#tally.late++;
    if (delivery.publish.qos === 0 && !this.#isHttp) this.#tally.finished(delivery.due, at, false);
    this.#observer.sent(delivery.device, delivery.publish, delivery.due, at);
  }

  resent(): void {
    this.#tally.resent++;
  }

  acknowledged(delivery: Delivery, at: number): void {
    this.#tally.finished(delivery.due, at, true);
    this.#observer.acknowledged(delivery.device, delivery.publish, at);
  }

  refused({ device, publish }: Delivery, reason: string): void {
    this.#tally.refused++;
    const deviceId = this.#options.plan.devices[device]?.deviceId ?? device;
    this.#observer.error(`report ${publish.report.number} of ${deviceId} was refused: ${reason}`);
  }

  unsent(delivery: Delivery, reason: string): boolean {
    const mayWait = this.#isHttp || delivery.publish.qos > 0;
    const isKept = mayWait && this.#waiting < this.#limits.waiting;
    const told = mayWait && !isKept ? `${TOO_MANY_WAITING} (${reason})` : reason;
    if (!delivery.isLate) {
      this.#tally.notInTime(told);
      this.#observer.unsent(delivery.device, delivery.publish, told);
      delivery.isLate = true;
    }
    if (isKept) this.#waiting++;
    else this.#tally.unsent++;
    return isKept;
  }

  unkept(): void {
    this.#waiting--;
  }

  room(channel: Channel): void {
    this.#loop?.room(this.#byNumber.get(channel.number)!);
  }

  async #prepare(): Promise<void> {
    const { target, plan, slice, connections } = this.#options;
    const devices = Math.ceil((plan.devices.length - slice.part) / slice.of);
    checkFileLimit(connections === null ? devices : Math.ceil(connections / slice.of));
    const endpoint = await prepareEndpoint(target);
    if (this.#isHttp) this.#agent = httpAgent(endpoint);
    const shared: MqttShared & HttpShared = {
      endpoint,
      events: this,
      socketBytes: this.#limits.socketBytes,
      seed: this.#options.seed ?? 0,
      agent: this.#agent,
      clientIdOf: (number) => this.#clientIdOf(number),
      needsSession: (number) =>
        this.#byNumber.get(number)!.cursors.some(({ next }) => next?.kind === 'publish' && next.qos === 2),
      deviceIdOf: (device) => plan.devices[device]!.deviceId,
    };
    this.#slots = slotsOf(this.#options, (slot) => {
      this.#byNumber.set(slot.number, slot);
      return this.#isHttp ? new HttpChannel(slot.number, shared) : new MqttChannel(slot.number, shared);
    });
  }

  #clientIdOf(number: number): string {
    const { clientIdPrefix, connections, plan } = this.#options;
    return `${clientIdPrefix}${connections === null ? plan.devices[number]!.deviceId : number}`;
  }

  /** Resolves when nothing is under way any more, or at `deadline` (epoch ms), or after `#stop`. */
  #settle(deadline: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        const isSettled =
          this.#loop?.isRamping !== true && this.#slots.slots.every(({ channel }) => channel.isSettled);
        if (isSettled || wallNow() >= deadline) this.#wake();
      }, SETTLE_CHECK_MS);
      this.#wake = () => {
        clearInterval(timer);
        resolve();
      };
      if (this.#options.signal?.aborted === true || this.#failure !== null) this.#wake();
    });
  }

  #stop(): void {
    this.#loop?.stop();
    this.#wake();
  }
}
