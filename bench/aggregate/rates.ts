/** Events per second through the aggregate core: decoded events in, rows to be committed out. One thread. */
import type { AggregateSettings } from '../../common/aggregations.js';
import type { AggregationCommit } from '../../stores/aggregation.js';
import { BATCH, Load } from './load.js';

export interface RateResult {
  readonly name: string;
  readonly devices: number;
  readonly events: number;
  readonly batch: number;
  readonly perSecond: number;
  /** Per second of CPU time: what one core does, whatever else the machine is busy with. */
  readonly perCpuSecond: number;
  /** The garbage collector's threads are in it. */
  readonly cpuPerMillion: number;
  /** Rows per event: what a store has to write. */
  readonly rowsPerEvent: number;
}

/** @param seconds measured for, after every device has sent and the code is warm */
export function measureRate(
  name: string,
  devices: number,
  settings: AggregateSettings,
  seconds: number,
): RateResult {
  const load = new Load(devices, settings);
  const warm = Math.max(devices * 2, 200_000);
  for (let sent = 0; sent < warm; sent += BATCH) load.batch(BATCH);
  const cpu = process.cpuUsage();
  const began = performance.now();
  let events = 0;
  let rows = 0;
  while (performance.now() - began < seconds * 1_000) {
    rows += written(load.batch(BATCH));
    events += BATCH;
  }
  const elapsed = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    name,
    devices,
    events,
    batch: BATCH,
    perSecond: Math.round(events / elapsed),
    perCpuSecond: Math.round((events / (user + system)) * 1e6),
    cpuPerMillion: (user + system) / events,
    rowsPerEvent: rows / events,
  };
}

/** Asks for everything that a store writes; the number of rows. */
export function written({ windows, progress }: AggregationCommit): number {
  let size = 0;
  for (const { metrics, offset } of windows) size += metrics === undefined || offset < 0n ? 0 : 1;
  for (const { state } of progress) size += state.length > 0 ? 1 : 0;
  return size;
}
