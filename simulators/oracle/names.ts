/** How reports, windows and alerts are called in findings, and how a payload tells which report it is. */
import type { ReportName } from './verdict.js';

export function nameOf({ deviceId, number, seq, eventTime }: ReportName): string {
  const sequence = seq === null ? '' : `, seq ${seq}`;
  return `report ${number} of ${deviceId}${sequence} (${timeOf(eventTime)})`;
}

/** `deviceId metric start` or `deviceId metric period start` in words. */
export function placeOf(key: string): string {
  const [device, ...rest] = key.split(' ');
  const start = rest.pop()!;
  return `${rest.join(' ')} of ${device} from ${timeOf(Number(start))}`;
}

export function timeOf(ms: number): string {
  return Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(ms);
}

/** Tells a device's reports apart: by their number, failing that by their time. */
export function identityOf({ deviceId, seq, eventTime }: ReportName): string {
  return seq === null ? `${deviceId} ts ${eventTime}` : `${deviceId} seq ${seq}`;
}

/** The same from a payload; one that cannot be parsed still shows its number to a pattern. */
export function identityIn(deviceId: string, payload: string): string {
  const seq = /"seq":(\d+)/.exec(payload);
  if (seq !== null) return `${deviceId} seq ${seq[1]}`;
  return `${deviceId} ts ${/"ts":(\d+)/.exec(payload)?.[1] ?? ''}`;
}

export function deviceOf(key: string): string {
  return key.slice(0, key.indexOf(' '));
}

/** Counts by key. */
export class Multiset {
  readonly #counts = new Map<string, number>();

  constructor(keys: Iterable<string> = []) {
    for (const key of keys) this.add(key);
  }

  add(key: string): void {
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  /** Takes one out; false when there is none. */
  take(key: string): boolean {
    const count = this.#counts.get(key) ?? 0;
    if (count > 0) this.#counts.set(key, count - 1);
    return count > 0;
  }
}
