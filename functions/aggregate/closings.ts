/**
 * Which silent devices a tick has to look at: devices with open windows, listed by the second in which their first
 * one is due. A tick looks at the lists up to its own second, not at every device.
 *
 * An entry may be early, never late: a device whose window is due later by now is listed anew when its second comes;
 * one that is due earlier is listed again at once, and its old entry, which no longer says what the device says
 * (`listedAt`), is passed over.
 */
import type { Device } from './device.js';

const SECOND = 1_000;

export class Closings {
  readonly #bySecond = new Map<number, Device[]>();

  /** Lists a device; `dueAt` in epoch ms, Infinity when it has no open window. */
  list(device: Device, dueAt: number): void {
    if (dueAt === Number.POSITIVE_INFINITY) return;
    const second = Math.floor(dueAt / SECOND);
    if (second >= device.listedAt) return;
    device.listedAt = second;
    const listed = this.#bySecond.get(second);
    if (listed === undefined) this.#bySecond.set(second, [device]);
    else listed.push(device);
  }

  /** Takes the devices off that may have windows due at `now` (epoch ms); the caller lists them again. */
  take(now: number): Device[] {
    const until = Math.floor(now / SECOND);
    const taken: Device[] = [];
    for (const [second, listed] of this.#bySecond) {
      if (second > until) continue;
      this.#bySecond.delete(second);
      for (const device of listed) {
        if (device.listedAt !== second) continue;
        device.listedAt = Number.POSITIVE_INFINITY;
        taken.push(device);
      }
    }
    return taken;
  }
}
