/**
 * Which devices are there: a device is online while at least one connection speaks for it.
 *
 * - Changes are told in batches: a device that is back before its batch is told of nothing. Each change is told once,
 *   and of one device one after the other, so that what is told last is what is.
 * - However many change at once, `CHUNK` are being told at a time, and what waits is a set of device ids.
 * - What an earlier run told is taken over (`restore`): devices that have not come back when the grace is over are
 *   told offline.
 * - After `stop` nothing is told: connections that the process ends itself say nothing about their devices.
 */
import type { Timers } from '../../common/clock.js';

export interface PresenceOptions {
  readonly timers: Timers;
  /** Makes it known, retained. A rejection is tried again, with what is true by then. */
  readonly tell: (deviceId: string, online: boolean) => Promise<void>;
  /** Devices could not be told of, for this or other reasons; it is tried again after `RETRY_MS`. */
  readonly failed: (error: unknown) => void;
  /** A device is beyond the bounds: nothing is told of it. */
  readonly untracked: () => void;
  /** Bounds, for tests. */
  readonly maxDevices?: number;
  readonly maxDevicesPerConnection?: number;
}

/** How long changes are collected before they are told (ms). */
export const BATCH_MS = 100;
/** Devices that are being told of at a time: some ms of work for the broker. */
export const CHUNK = 100;
export const RETRY_MS = 5_000;
/** Of all connections together; about 150 bytes each. */
const MAX_DEVICES = 200_000;
/** A gateway device may speak for so many. */
const MAX_DEVICES_PER_CONNECTION = 10_000;

export class Presence {
  readonly #options: PresenceOptions;
  /** Device -> connections that speak for it; none with zero. */
  readonly #live = new Map<string, number>();
  /** Devices that were last told online. All others were told offline, or nothing ever. */
  readonly #told = new Set<string>();
  /** Devices of which there may be something to tell. */
  readonly #changed = new Set<string>();
  #cancelBatch: (() => void) | null = null;
  #cancelGrace: (() => void) | null = null;
  #telling: Promise<void> | null = null;
  #isStopped = false;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  /** Devices that are online. */
  get online(): number {
    return this.#live.size;
  }

  connection(): ConnectionPresence {
    return new ConnectionPresence(this, this.#options.maxDevicesPerConnection ?? MAX_DEVICES_PER_CONNECTION);
  }

  /** @param told devices that an earlier run told online, and that may not be any more */
  restore(told: Iterable<string>, graceMs: number): void {
    for (const deviceId of told) this.#told.add(deviceId);
    if (this.#told.size === 0) return;
    this.#cancelGrace = this.#options.timers.after(graceMs, () => {
      this.#cancelGrace = null;
      for (const deviceId of this.#told) if (!this.#live.has(deviceId)) this.#changed.add(deviceId);
      this.#tellIn(0);
    });
  }

  /** One connection more speaks for the device. False when there are too many devices. */
  join(deviceId: string): boolean {
    const connections = this.#live.get(deviceId) ?? 0;
    if (connections === 0 && this.#live.size >= (this.#options.maxDevices ?? MAX_DEVICES)) {
      this.refused();
      return false;
    }
    this.#live.set(deviceId, connections + 1);
    if (connections === 0) this.#note(deviceId);
    return true;
  }

  /** One connection less. */
  leave(deviceId: string): void {
    const connections = this.#live.get(deviceId) ?? 0;
    if (connections > 1) {
      this.#live.set(deviceId, connections - 1);
      return;
    }
    this.#live.delete(deviceId);
    this.#note(deviceId);
  }

  refused(): void {
    this.#options.untracked();
  }

  /** Resolves when nothing is being told any more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelBatch?.();
    this.#cancelGrace?.();
    await this.#telling;
  }

  #note(deviceId: string): void {
    this.#changed.add(deviceId);
    this.#tellIn(BATCH_MS);
  }

  #tellIn(ms: number): void {
    if (this.#isStopped || this.#cancelBatch !== null || this.#telling !== null) return;
    this.#cancelBatch = this.#options.timers.after(ms, () => {
      this.#cancelBatch = null;
      this.#telling = this.#tellAll().then((wasToldAll) => {
        this.#telling = null;
        if (this.#changed.size > 0) this.#tellIn(wasToldAll ? BATCH_MS : RETRY_MS);
      });
    });
  }

  /** False when something went wrong: then trying on at once would only add to it. */
  async #tellAll(): Promise<boolean> {
    while (this.#changed.size > 0 && !this.#isStopped) {
      const chunk: Promise<unknown>[] = [];
      for (const deviceId of this.#changed) {
        this.#changed.delete(deviceId);
        const online = this.#live.has(deviceId);
        if (online === this.#told.has(deviceId)) continue;
        chunk.push(this.#tell(deviceId, online));
        if (chunk.length === CHUNK) break;
      }
      const failures = (await Promise.all(chunk)).filter((failure) => failure !== null);
      if (failures.length > 0) {
        this.#options.failed(failures[0]);
        return false;
      }
    }
    return true;
  }

  /** Null, or what went wrong. */
  async #tell(deviceId: string, online: boolean): Promise<unknown> {
    try {
      await this.#options.tell(deviceId, online);
    } catch (error) {
      this.#changed.add(deviceId);
      return error;
    }
    if (online) this.#told.add(deviceId);
    else this.#told.delete(deviceId);
    return null;
  }
}

/** The devices that one connection speaks for. */
export class ConnectionPresence {
  readonly #presence: Presence;
  readonly #maxDevices: number;
  readonly #devices = new Set<string>();
  /** Nearly always the next one, too: a device has a connection of its own. */
  #last = '';
  #hasEnded = false;

  constructor(presence: Presence, maxDevices: number) {
    this.#presence = presence;
    this.#maxDevices = maxDevices;
  }

  get speaksForNone(): boolean {
    return this.#devices.size === 0;
  }

  speaksFor(deviceId: string): boolean {
    return this.#devices.has(deviceId);
  }

  /** It speaks for the device. Called for every event. */
  heard(deviceId: string): void {
    if (deviceId === this.#last) return;
    if (!this.#devices.has(deviceId) && !this.#add(deviceId)) return;
    this.#last = deviceId;
  }

  /** It speaks for the device no more, until it does again. */
  left(deviceId: string): void {
    if (!this.#devices.delete(deviceId)) return;
    if (deviceId === this.#last) this.#last = '';
    this.#presence.leave(deviceId);
  }

  /** It comes in place of another one, of the same client. */
  takeOver(other: ConnectionPresence): void {
    for (const deviceId of other.#devices) this.heard(deviceId);
  }

  /** The connection is over, however that came. */
  end(): void {
    this.#hasEnded = true;
    this.#last = '';
    for (const deviceId of this.#devices) this.#presence.leave(deviceId);
    this.#devices.clear();
  }

  #add(deviceId: string): boolean {
    if (this.#hasEnded) return false;
    if (this.#devices.size >= this.#maxDevices) {
      this.#presence.refused();
      return false;
    }
    if (!this.#presence.join(deviceId)) return false;
    this.#devices.add(deviceId);
    return true;
  }
}
