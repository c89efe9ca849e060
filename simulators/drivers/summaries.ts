/** Adds up what several driving processes report: counts, histograms (their buckets), seconds. */
import type { DriveSummary } from './driver.js';
import { LatencyRecorder } from './latency.js';

export function mergeSummaries(summaries: readonly DriveSummary[]): DriveSummary {
  const sum = (pick: (summary: DriveSummary) => number | undefined) =>
    summaries.reduce((total, summary) => total + (pick(summary) ?? 0), 0);
  const unsentReasons: Record<string, number> = {};
  for (const summary of summaries) {
    for (const [reason, count] of Object.entries(summary.unsentReasons ?? {})) {
      unsentReasons[reason] = (unsentReasons[reason] ?? 0) + count;
    }
  }
  const seconds = Math.max(0, ...summaries.map(({ throughput }) => throughput.length));
  return {
    planned: sum(({ planned }) => planned),
    sent: sum(({ sent }) => sent),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    unsent: sum(({ unsent }) => unsent),
    late: sum(({ late }) => late),
    unsentReasons,
    resent: sum(({ resent }) => resent),
    refused: sum(({ refused }) => refused),
    connects: sum(({ connects }) => connects),
    failedConnects: sum(({ failedConnects }) => failedConnects),
    latency: merged(summaries.map(({ latency }) => latency)),
    schedulingError: merged(summaries.map(({ schedulingError }) => schedulingError)),
    throughput: Array.from({ length: seconds }, (_, second) => ({
      second,
      sent: sum(({ throughput }) => throughput[second]?.sent),
      acknowledged: sum(({ throughput }) => throughput[second]?.acknowledged),
    })),
  };
}

function merged(encoded: readonly string[]): string {
  const recorder = new LatencyRecorder();
  for (const one of encoded) recorder.add(one);
  return recorder.encoded();
}
