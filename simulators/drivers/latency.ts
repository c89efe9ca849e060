/** Latency histograms (HDR) in microseconds inside, milliseconds outside. */
import hdr, { type Histogram } from 'hdr-histogram-js';

/** Percentiles in ms; all 0 when nothing was recorded. */
export interface Latency {
  readonly count: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

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

  /** Adds what another recorder has encoded. */
  add(encoded: string): void {
    this.#histogram.add(hdr.decodeFromCompressedBase64(encoded));
  }

  /** HDR's own compressed format, base64; values are ms x 1000. */
  encoded(): string {
    return hdr.encodeIntoCompressedBase64(this.#histogram);
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
