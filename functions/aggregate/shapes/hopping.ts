/**
 * Windows as long as `size`, one beginning every `every`, which divides it: each event is in size / every of them. It is
 * late when one of them has closed, and is added to the others all the same.
 */
import type { Changes } from '../changes.js';
import type { Series } from '../series.js';
import { CORRECTED, type Incoming, LATE, type Shape, TAKEN } from './shape.js';

export class Hopping implements Shape {
  readonly sizeMs: number;
  readonly everyMs: number;
  readonly remembersClosed = false;

  constructor(sizeMs: number, everyMs: number) {
    this.sizeMs = sizeMs;
    this.everyMs = everyMs;
  }

  place(series: Series, event: Incoming, changes: Changes): number {
    const { sizeMs, everyMs } = this;
    const { eventTime, body } = event;
    const last = Math.floor(eventTime / everyMs) * everyMs;
    let outcome = TAKEN;
    for (let start = last - sizeMs + everyMs; start <= last; start += everyMs) {
      const end = start + sizeMs;
      if (series.isLate(end)) {
        if ((outcome & LATE) === 0) event.lateStart = start;
        outcome |= LATE;
        continue;
      }
      const window = series.window(start, end);
      changes.window(window);
      if (window.add(body, eventTime)) outcome |= CORRECTED;
    }
    return outcome;
  }
}
