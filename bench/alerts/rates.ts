/** Events per second through the alert core and its store, and what a device takes in memory. One thread. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { openAlertStore } from '../../stores/sqlite/alerts.js';
import { BATCH, Load } from './load.js';

export interface AlertRate {
  readonly kind: string;
  readonly devices: number;
  readonly events: number;
  readonly perSecond: number;
  /** CPU seconds per million events, the garbage collector's threads included. */
  readonly cpuPerMillion: number;
  readonly rowsPerEvent: number;
  readonly told: number;
  /** Heap and buffers per device, all that the environment keeps of it. */
  readonly bytesPerDevice: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** @param seconds measured for, after every device has sent three events */
export async function measureAlerts(kind: string, devices: number, seconds: number): Promise<AlertRate> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-alerts-'));
  const store = openAlertStore(join(folder, 'alerts.db'));
  const load = await Load.of(kind, devices, store);
  const before = used();
  for (let sent = 0; sent < devices * 3; sent += BATCH) await load.batch();
  const bytes = used() - before;
  const { written } = load;
  const cpu = process.cpuUsage();
  const began = performance.now();
  let events = 0;
  while (performance.now() - began < seconds * 1_000) {
    await load.batch();
    events += BATCH;
  }
  const elapsed = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  await store.close();
  rmSync(folder, { recursive: true });
  return {
    kind,
    devices,
    events,
    perSecond: Math.round(events / elapsed),
    cpuPerMillion: (user + system) / events,
    rowsPerEvent: (load.written - written) / events,
    told: load.told,
    bytesPerDevice: Math.round(bytes / devices),
  };
}

function used(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
