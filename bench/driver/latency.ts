/** Latency histograms in microseconds inside, milliseconds outside. */
import hdr, { type Histogram } from 'hdr-histogram-js';
import type { Latency } from './config.js';

const HIGHEST_US = 600_000_000;

export class LatencyRecorder {
  readonly #histogram: Histogram = hdr.build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: HIGHEST_US,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 64,
  });

  /** @param ms clipped to [1 us, 10 min] */
  record(ms: number): void {
    const us = Math.round(ms * 1000);
    this.#histogram.recordValue(Math.max(1, Math.min(us, HIGHEST_US)));
  }

  figures(): Latency {
    const histogram = this.#histogram;
    if (histogram.totalCount === 0) return { count: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
    const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1000;
    return {
      count: histogram.totalCount,
      p50: at(50),
      p90: at(90),
      p99: at(99),
      p999: at(99.9),
      max: histogram.maxValue / 1000,
    };
  }
}
