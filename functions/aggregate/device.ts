/**
 * One device, as aggregate knows it: how far its clock has come, its open windows, the sequence numbers it used.
 * The clock and the windows are apart on purpose: the clock says what is late and what closes, the windows add up.
 *
 * The device's *watermark* is its latest event time less the allowed lateness. Windows that end at or before it are
 * closed. A device that falls silent moves no watermark; a tick then stands in for its clock (`estimate`).
 */
import { MillraceError } from '../../common/errors.js';
import type { WindowRow } from '../../stores/aggregation.js';
import { copyMetrics, type Metrics, noMetrics } from './figures.js';
import { SeenSequences } from './sequence.js';

export interface Window {
  readonly deviceId: string;
  readonly start: number;
  readonly end: number;
  events: number;
  closed: boolean;
  readonly metrics: Metrics;
  names: number;
  /** The last batch that changed the window, and the index of the last record in it that did. */
  run: number;
  index: number;
}

const STATE_VERSION = 1;

/** The state document; times are epoch ms, null before the first. */
interface State {
  readonly v: number;
  readonly time: number | null;
  readonly arrival: number | null;
  readonly closed: number | null;
  readonly top: number;
  readonly seen: readonly number[];
}

export class Device {
  readonly deviceId: string;
  /** Latest event time, and when the event that set it arrived. */
  maxEventTime = Number.NEGATIVE_INFINITY;
  maxArrival = 0;
  /** Latest end of the windows that ticks have closed: an event for a window up to there is late. */
  closedUpTo = Number.NEGATIVE_INFINITY;
  sequences = new SeenSequences();
  /** Open windows, by end. */
  readonly windows: Window[] = [];
  /** The second in which `Closings` has this device on its list; Infinity when it is on none. */
  listedAt = Number.POSITIVE_INFINITY;
  run = -1;
  index = 0;

  constructor(deviceId: string) {
    this.deviceId = deviceId;
  }

  /** Whether a window that ends at `end` takes no more events. */
  isLate(end: number, lateness: number): boolean {
    return end <= this.maxEventTime - lateness || end <= this.closedUpTo;
  }

  /** The open window [start, start + size), made when it is not there. */
  window(start: number, size: number): Window {
    const { windows } = this;
    const end = start + size;
    let at = windows.length;
    // From the back: events mostly come in order, and most devices have one or two windows open.
    while (at > 0) {
      const window = windows[at - 1]!;
      if (window.end === end && window.start === start) return window;
      if (window.end <= end) break;
      at--;
    }
    const window = openWindow(this.deviceId, start, end);
    windows.splice(at, 0, window);
    return window;
  }

  /** Where the device's clock stands at `now` by our own, if it went on since its latest event. */
  estimate(now: number): number {
    return this.maxEventTime + (now - this.maxArrival);
  }

  /** When `estimate` reaches the point at which the first open window closes; Infinity when none is open. */
  dueAt(lateness: number): number {
    const first = this.windows[0];
    if (first === undefined) return Number.POSITIVE_INFINITY;
    return first.end + lateness - this.maxEventTime + this.maxArrival;
  }

  /** Closes and removes the windows that end at or before `time`. */
  closeUntil(time: number): readonly Window[] {
    const { windows } = this;
    if (windows.length === 0 || windows[0]!.end > time) return NONE;
    let count = 0;
    while (count < windows.length && windows[count]!.end <= time) windows[count++]!.closed = true;
    return windows.splice(0, count);
  }

  encode(): string {
    const { top, seen } = this.sequences.encode();
    const state: State = {
      v: STATE_VERSION,
      time: finite(this.maxEventTime),
      arrival: this.maxArrival,
      closed: finite(this.closedUpTo),
      top,
      seen,
    };
    return JSON.stringify(state);
  }

  /** Throws `STATE_UNKNOWN` when another version of Millrace wrote the document. */
  static decode(deviceId: string, text: string): Device {
    const state = JSON.parse(text) as State;
    if (state.v !== STATE_VERSION) {
      throw new MillraceError(`the aggregation state of ${deviceId} has version ${state.v}`, {
        code: 'STATE_UNKNOWN',
        hint: `This Millrace knows version ${STATE_VERSION}: start the one that wrote the data directory.`,
      });
    }
    const device = new Device(deviceId);
    device.maxEventTime = state.time ?? Number.NEGATIVE_INFINITY;
    device.maxArrival = state.arrival ?? 0;
    device.closedUpTo = state.closed ?? Number.NEGATIVE_INFINITY;
    device.sequences = SeenSequences.decode(state);
    return device;
  }

  /** Takes an open window over from the store. */
  restore({ start, size, events, metrics }: WindowRow): void {
    const window = this.window(start, size);
    window.events = events;
    Object.assign(window.metrics, copyMetrics(metrics));
    window.names = Object.keys(metrics).length;
  }
}

const NONE: readonly Window[] = [];

function openWindow(deviceId: string, start: number, end: number): Window {
  return {
    deviceId,
    start,
    end,
    events: 0,
    closed: false,
    metrics: noMetrics(),
    names: 0,
    run: -1,
    index: 0,
  };
}

function finite(time: number): number | null {
  return Number.isFinite(time) ? time : null;
}
