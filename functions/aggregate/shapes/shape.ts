/**
 * Shapes of windows: which windows of a series an event belongs to. They read no clock; whether a window still takes
 * events they ask the series.
 */
import type { WindowShape } from '../../../common/aggregations.js';
import type { Changes } from '../changes.js';
import type { Series } from '../series.js';
import { Hopping } from './hopping.js';
import { Last } from './last.js';
import { Session } from './session.js';
import { Tumbling } from './tumbling.js';

/** An event on its way into windows. Reused: shapes keep nothing of it but what they copy. */
export interface Incoming {
  eventTime: number;
  body: Readonly<Record<string, unknown>>;
  /** Where it is late: start of the first window that it is missing in. */
  lateStart: number;
}

/** What became of an event in one series, as bits: it is in all its windows, is missing in some, has corrected some. */
export const TAKEN = 0;
export const LATE = 1;
export const CORRECTED = 2;

export interface Shape {
  /** Length of its windows, ms; 0 when events decide it. */
  readonly sizeMs: number;
  /** Whether the series has to know up to where windows have closed, besides what the watermark says. */
  readonly remembersClosed: boolean;
  /** Puts an event into its windows; returns `TAKEN` or `LATE` and `CORRECTED`. */
  place(series: Series, event: Incoming, changes: Changes): number;
}

export function shapeOf(window: WindowShape): Shape {
  switch (window.type) {
    case 'tumbling':
      return new Tumbling(window.sizeMs);
    case 'hopping':
      return new Hopping(window.sizeMs, window.everyMs);
    case 'session':
      return new Session(window.gapMs, window.maxMs);
    case 'last':
      return new Last(window.count);
  }
}
