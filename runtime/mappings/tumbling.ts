/**
 * Tumbling windows of event source mappings, as data. Windows follow each other without gaps, aligned to the epoch;
 * a record belongs to the one its arrivalTime lies in. Whatever the function answers for a batch of a window is handed
 * to the next invocation of that window. The final one gets no records; it comes when a record of a later window is
 * there, when the clock that stamps arrival times has passed the window's end, or when the shard was read to its end.
 */
import type { OpenWindow } from '../../stores/window-states.js';

/** Lambda's limit for the state of one window: beyond it the window is ended early. */
export const MAX_STATE_BYTES = 1024 * 1024;

const NO_STATE = '{}';

/** A window that nothing has been done for yet. @param time epoch ms within it */
export function windowAt(time: number, sizeMs: number): OpenWindow {
  const start = Math.floor(time / sizeMs) * sizeMs;
  return { start, end: start + sizeMs, state: NO_STATE };
}

/** Arrival times never go back, so that only a record's being too late for the window says it is another's. */
export function belongs(arrivalTime: number, window: OpenWindow): boolean {
  return arrivalTime < window.end;
}

export function isOver(window: OpenWindow, time: number): boolean {
  return time >= window.end;
}

export function isTooLarge(window: OpenWindow): boolean {
  // A character takes three bytes of UTF-8 at most.
  return window.state.length * 3 > MAX_STATE_BYTES && Buffer.byteLength(window.state) > MAX_STATE_BYTES;
}
