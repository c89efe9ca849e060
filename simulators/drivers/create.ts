/** A driver for a plan, whatever the transport. */
import type { DriveObserver, DriveOptions, Driver } from './driver.js';
import { DriveRun } from './run.js';

/**
 * The driver runs in this process and drives the devices of its slice. `run` rejects with a `MillraceError`:
 * `DRIVER_CONNECT` when the first connection already fails, `DRIVER_FILES` when the process may not open so many,
 * `DRIVER_TLS` when a PEM file is of no use. An aborted run resolves with what was done until then.
 */
export function createDriver(options: DriveOptions, observer: DriveObserver): Driver {
  return new DriveRun(options, observer);
}
