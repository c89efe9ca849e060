/**
 * Takes reports from the queue to their destinations, in order, at least once. A destination that cannot be reached is
 * tried again, 1 s later and then ever later up to 5 min; it delays no other.
 */
import type { Logger } from 'pino';
import type { Timers } from '../../common/clock.js';
import type { AsynchronousStore } from '../../stores/asynchronous.js';
import type { Destination } from '../destinations/destination.js';
import { backoff } from './core.js';

export interface ReporterOptions {
  readonly store: AsynchronousStore;
  readonly destinations: ReadonlyMap<string, Destination>;
  readonly timers: Timers;
  readonly log: Logger;
}

export interface Reporter {
  start(): void;
  /** A report for this destination has been written. */
  readonly wake: (destination: string) => void;
  stop(): Promise<void>;
}

const AT_A_TIME = 20;

export function createReporter(options: ReporterOptions): Reporter {
  const { store, destinations, log } = options;
  const couriers = new Map(
    [...destinations].map(([name, destination]) => [name, createCourier(destination, name, options)]),
  );
  return {
    start() {
      for (const name of store.destinations()) {
        if (destinations.has(name)) continue;
        log.warn({ destination: name }, 'reports wait for a destination that is no longer declared');
      }
      for (const courier of couriers.values()) courier.start();
    },
    wake: (name) => couriers.get(name)?.wake(),
    async stop() {
      await Promise.all([...couriers.values()].map((courier) => courier.stop()));
    },
  };
}

function createCourier(destination: Destination, name: string, { store, timers, log }: ReporterOptions) {
  let stopped = true;
  let running: Promise<void> | undefined;
  let failures = 0;
  let cancel: (() => void) | undefined;
  /** A report was written since the queue was last read. */
  let more = false;

  const wake = () => {
    more = true;
    // While it waits after a failure, a further report is no reason to hurry.
    if (stopped || running !== undefined || cancel !== undefined) return;
    running = deliverAll().finally(() => {
      running = undefined;
      if (more) wake();
    });
  };

  const deliverAll = async () => {
    try {
      for (;;) {
        more = false;
        const reports = store.reports(name, AT_A_TIME);
        if (reports.length === 0) return;
        for (const { sequence, document } of reports) {
          if (stopped) return;
          await destination.send(JSON.parse(document) as object);
          store.delivered(sequence);
          failures = 0;
        }
      }
    } catch (error) {
      failures++;
      log.warn({ destination: name, failures, err: error }, 'a destination cannot be reached for now');
      if (stopped) return;
      cancel = timers.after(backoff(failures), () => {
        cancel = undefined;
        wake();
      });
    }
  };

  return {
    start() {
      stopped = false;
      wake();
    },
    wake,
    async stop() {
      stopped = true;
      cancel?.();
      await running;
    },
  };
}
