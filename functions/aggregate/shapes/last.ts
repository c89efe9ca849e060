/** The latest `count` events, by event time; of equal times the one that came later is the later one. Nothing is late. */
import type { Changes } from '../changes.js';
import { Recent } from '../recent.js';
import type { Series } from '../series.js';
import { type Incoming, type Shape, TAKEN } from './shape.js';

export class Last implements Shape {
  readonly sizeMs = 0;
  readonly count: number;
  readonly remembersClosed = false;

  constructor(count: number) {
    this.count = count;
  }

  place(series: Series, { eventTime, body }: Incoming, changes: Changes): number {
    series.recent ??= new Recent(series);
    if (series.recent.add(eventTime, body, this.count)) changes.window(series.recent.window);
    return TAKEN;
  }
}
