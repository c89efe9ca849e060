/** What aggregate knows of devices besides their windows: their clocks, and what of their events is missing. */
import type { LatestEvent } from '../../stores/validation.js';
import { deviceReport } from '../aggregate/report.js';
import type { Platform } from '../contract.js';
import { rfc3339 } from './timestamps.js';

/** `clock` and `sequences` are null while aggregate has not come to the device's first event. */
export type ReportView = ReturnType<typeof reportView>;

/** Reports of these devices, by id; one read per partition that they are on. */
export async function readReports(
  rows: readonly LatestEvent[],
  { stores }: Platform,
): Promise<(deviceId: string) => ReportView> {
  const partitions = [...new Set(rows.map(({ partition }) => partition))];
  const read = await Promise.all(
    partitions.map((partition) => {
      const here = rows.filter((row) => row.partition === partition);
      return stores.aggregation.progress(
        partition,
        '',
        here.map(({ deviceId }) => deviceId),
      );
    }),
  );
  const states = new Map(read.flat().map(({ key, state }) => [key, state]));
  return (deviceId) => reportView(states.get(deviceId));
}

function reportView(state: string | undefined) {
  if (state === undefined) return { clock: null, sequences: null };
  const { latestEventTime, watermark, clock, sequences } = deviceReport(state);
  return {
    clock: { latestEventTime: timeOf(latestEventTime), watermark: timeOf(watermark), ...clock },
    sequences,
  };
}

function timeOf(time: number | null): string | null {
  return time === null ? null : rfc3339(time);
}
