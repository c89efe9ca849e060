/**
 * Sessions: [first event, last event + gap), at most `max` long. They never overlap.
 *
 *     gap 3      |a . b . .)      a at 0, b at 2: [0, 5)
 *                        |c . .)  c at 5: nothing came for 3, a session of its own
 *
 * An event between two sessions that is close to both makes one of them; the later one's row goes. What would be longer
 * than `max` stays apart: a session that is full ends at start + max, and the next event begins a new one; one that
 * cannot be joined to the one behind it ends where that begins.
 *
 * An event that lies before the end of a session that has closed is late, as that session takes no more; so is one whose
 * own session, with nothing to join, would be closed already.
 */
import type { Changes } from '../changes.js';
import type { Series } from '../series.js';
import { CORRECTED, type Incoming, LATE, type Shape, TAKEN } from './shape.js';

export class Session implements Shape {
  readonly sizeMs = 0;
  readonly gapMs: number;
  readonly maxMs: number;
  readonly remembersClosed = true;

  constructor(gapMs: number, maxMs: number) {
    this.gapMs = gapMs;
    this.maxMs = maxMs;
  }

  place(series: Series, event: Incoming, changes: Changes): number {
    const { eventTime } = event;
    if (eventTime < series.closedUpTo) return late(event);
    const at = this.#find(series, eventTime);
    if (at === -1) return late(event);
    // Joined first: if either of two sessions was complete, the event corrects the one they become.
    this.#stretch(series, at, eventTime, changes);
    const window = series.windows[at]!;
    changes.window(window);
    return window.add(event.body, eventTime) ? CORRECTED : TAKEN;
  }

  /** The place of the session that takes the event, opened or begun earlier if need be; -1 when it would be late. */
  #find(series: Series, eventTime: number): number {
    const { windows } = series;
    let at = windows.length - 1;
    while (at >= 0 && windows[at]!.start > eventTime) at--;
    if (at >= 0 && eventTime < windows[at]!.end) return at;
    const next = windows[at + 1];
    let end = eventTime + this.gapMs;
    if (next !== undefined && end > next.start) {
      if (next.end - eventTime <= this.maxMs) {
        next.start = eventTime;
        return at + 1;
      }
      end = next.start;
    }
    if (series.isLate(end)) return -1;
    series.open(at + 1, eventTime, end);
    return at + 1;
  }

  /** Makes the session reach beyond its new event, and join the next one if it gets there. */
  #stretch(series: Series, at: number, eventTime: number, changes: Changes): void {
    const { windows } = series;
    const window = windows[at]!;
    const end = Math.min(Math.max(window.end, eventTime + this.gapMs), window.start + this.maxMs);
    const next = windows[at + 1];
    if (next === undefined || end <= next.start) window.end = end;
    else if (next.end - window.start > this.maxMs) window.end = next.start;
    else {
      window.end = next.end;
      series.merge(at, changes);
    }
  }
}

function late(event: Incoming): number {
  event.lateStart = event.eventTime;
  return LATE;
}
