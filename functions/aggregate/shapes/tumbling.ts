/** Windows [k * size, (k + 1) * size): each event is in one. */
import type { Changes } from '../changes.js';
import type { Series } from '../series.js';
import { CORRECTED, type Incoming, LATE, type Shape, TAKEN } from './shape.js';

export class Tumbling implements Shape {
  readonly sizeMs: number;
  readonly remembersClosed = false;

  constructor(sizeMs: number) {
    this.sizeMs = sizeMs;
  }

  place(series: Series, event: Incoming, changes: Changes): number {
    const { sizeMs } = this;
    const start = Math.floor(event.eventTime / sizeMs) * sizeMs;
    const end = start + sizeMs;
    if (series.isLate(end)) {
      event.lateStart = start;
      return LATE;
    }
    const window = series.window(start, end);
    changes.window(window);
    return window.add(event.body, event.eventTime) ? CORRECTED : TAKEN;
  }
}
