/** What kept histograms say; see `drivers/latency.ts`. Values are us inside, ms outside. */
import hdr, { type Histogram } from 'hdr-histogram-js';
import type { LatencyFigures } from '../result.js';

/** @param text HDR's compressed format, base64 */
export function histogramOf(text: string): Histogram {
  return hdr.decodeFromCompressedBase64(text);
}

/** Null: it holds nothing. */
export function figuresOf(histogram: Histogram): LatencyFigures | null {
  if (histogram.totalCount === 0) return null;
  const at = percentileOf(histogram);
  return {
    count: histogram.totalCount,
    min: at(0),
    mean: histogram.mean / 1000,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.maxValue / 1000,
  };
}

/** The value, ms, that so many percent do not exceed. */
export function percentileOf(histogram: Histogram): (percentile: number) => number {
  return (percentile) => histogram.getValueAtPercentile(percentile) / 1000;
}
