/**
 * What a device-metric series costs in memory: of devices that are idle (their windows have closed), and of devices with
 * windows open; and the pause of a tick that closes windows of all of them. Needs the garbage collector at hand
 * (`collect`).
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { BATCH, Load, METRICS, TUMBLING } from './load.js';
import { written } from './rates.js';

export interface MemoryResult {
  readonly devices: number;
  readonly series: number;
  /** Heap and buffers, less what they were before and what the load generator takes, per series. */
  readonly bytesPerIdleSeries: number;
  /** One open window per device, of 10 s and ten events. */
  readonly bytesPerOpenSeries: number;
  /** The same in resident memory of the process; it keeps what the heap once had. */
  readonly residentPerOpenSeries: number;
}

export interface TickResult {
  readonly windows: number;
  /** Deciding what closes, ms. */
  readonly closeMs: number;
  /** Making the rows of it, ms; the store's time comes on top. */
  readonly rowsMs: number;
}

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const LATER_MS = 3_600_000;

export function measureMemory(devices: number): MemoryResult {
  const series = devices * METRICS;
  const load = new Load(devices, TUMBLING);
  // What is not the aggregate's: ids and bodies, without the devices that the load has made.
  load.state.devices.clear();
  const before = memory();
  load.makeDevices();
  for (let sent = 0; sent < devices * 10; sent += BATCH) written(load.batch(BATCH));
  const open = memory();
  load.tick(load.now + LATER_MS);
  const idle = memory();
  return {
    devices,
    series,
    bytesPerIdleSeries: Math.round((idle.used - before.used) / series),
    bytesPerOpenSeries: Math.round((open.used - before.used) / series),
    residentPerOpenSeries: Math.round((open.resident - before.resident) / series),
  };
}

/** Closes a window of every device by one tick. */
export function measureTick(devices: number): TickResult {
  const load = new Load(devices, TUMBLING);
  for (let sent = 0; sent < devices * 5; sent += BATCH) written(load.batch(BATCH));
  collect();
  const began = performance.now();
  const commit = load.tick(load.now + LATER_MS);
  const closed = performance.now();
  written(commit);
  const rowsMs = performance.now() - closed;
  return { windows: commit.windows.length, closeMs: closed - began, rowsMs };
}

function memory(): { used: number; resident: number } {
  collect();
  collect();
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage();
  return { used: heapUsed + arrayBuffers, resident: rss };
}
