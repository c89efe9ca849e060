/**
 * The clock of a device or group: what is late, what is complete and what closes follows from it, and from nothing else.
 *
 * Its *watermark* is the latest event time, bounded: an event moves it no further than `maxAheadMs` beyond its own
 * arrival, so that a clock that runs ahead closes no windows before their time. It never goes back. A device that falls
 * silent moves no watermark; ticks then stand in for it (`estimate`).
 */
export class Clock {
  /** Epoch ms; -Infinity before the first event. */
  watermark = Number.NEGATIVE_INFINITY;
  /** When the event that set the watermark arrived. */
  arrival = 0;

  /** @param time event time, bounded (see `bounded`) */
  advance(time: number, arrivalTime: number): void {
    if (time <= this.watermark) return;
    this.watermark = time;
    this.arrival = arrivalTime;
  }

  /** Where the clock stands at `now` by our own, if it went on since its latest event. */
  estimate(now: number): number {
    return this.watermark + (now - this.arrival);
  }

  /** When `estimate` reaches an event time: by our own clock, epoch ms. Infinity before the first event. */
  reaches(time: number): number {
    return time - this.watermark + this.arrival;
  }
}

/** How far an event may move a clock. */
export function bounded(eventTime: number, arrivalTime: number, maxAheadMs: number): number {
  return Math.min(eventTime, arrivalTime + maxAheadMs);
}
