/**
 * One phase: the driver against one server, and afterwards the server's books against the driver's count.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Accounting, Api } from '../simulators/api.js';
import { drive } from './drive.js';
import type { DriverConfig, DriverResult } from './driver/config.js';
import { cpuSecondsOf } from './driver/process-stats.js';
import type { Server } from './servers.js';

const DRAIN_TIMEOUT_MS = 60_000;
const POLL_MS = 50;

/** What the product's books say about one phase. */
export interface BooksCheck {
  /** Events the driver was told are durable, less those the books grew by; must not be above 0. */
  readonly acknowledgedLost: number;
  readonly validated: number;
  readonly quarantined: number;
  /** Malformed events that are not in quarantine; must be 0. */
  readonly quarantineMissing: number;
  readonly duplicate: number;
  readonly late: number;
  readonly balanced: boolean;
  /** From the driver's end until every function had finished everything. */
  readonly catchUpSeconds: number;
  /** False: it had not within a minute. */
  readonly caughtUp: boolean;
}

export interface Phase {
  readonly driver: DriverResult;
  /** Null for the broker alone. */
  readonly books: BooksCheck | null;
  /**
   * CPU time of the server from before the first connection until all work was done, over all events: what the
   * measured interval leaves out (connecting, warming up, catching up) is in here.
   */
  readonly cpuSecondsPerMillionOverall: number;
}

// A device never uses a number twice in the life of a server, or the server would book duplicates.
let nextSeq = 10_000_000;
const SEQ_STEP = 500_000;

export async function measure(server: Server, config: Partial<DriverConfig>): Promise<Phase> {
  const api = server.httpUrl === null ? null : new Api(server.httpUrl);
  const before = api === null ? null : await api.accounting();
  const cpuBefore = cpuSecondsOf(server.pid);
  const seqStart = nextSeq;
  nextSeq += SEQ_STEP;
  const driver = await drive({
    port: server.mqttPort,
    serverPid: server.pid,
    seqStart,
    ...(api === null ? { alertRule: null } : {}),
    ...config,
  });
  const books = api === null || before === null ? null : await checkBooks(api, before, driver);
  const cpu = cpuSecondsOf(server.pid) - cpuBefore;
  return { driver, books, cpuSecondsPerMillionOverall: (cpu * 1e6) / Math.max(1, driver.acknowledged) };
}

async function checkBooks(api: Api, before: Accounting, driver: DriverResult): Promise<BooksCheck> {
  const startedAt = performance.now();
  let after = await api.accounting();
  while (!isIdle(after) && performance.now() - startedAt < DRAIN_TIMEOUT_MS) {
    await delay(POLL_MS);
    after = await api.accounting();
  }
  const grown = (pick: (accounting: Accounting) => number) => pick(after) - pick(before);
  const quarantined = grown(({ total }) => total.quarantined);
  return {
    acknowledgedLost: driver.acknowledged - grown(({ total }) => total.acknowledged),
    validated: grown(({ total }) => total.validated),
    quarantined,
    quarantineMissing: driver.malformed - quarantined,
    duplicate: grown(({ total }) => total.duplicate),
    late: grown(({ total }) => total.late),
    balanced: after.balanced,
    catchUpSeconds: (performance.now() - startedAt) / 1000,
    caughtUp: isIdle(after),
  };
}

/** Ticks keep coming, so a lag is never zero for long; events in flight are. */
function isIdle({ total, streams }: Accounting): boolean {
  const unsent = streams.flatMap((stream) => Object.values(stream.lag));
  const unfinished = [...unsent, ...Object.values(total.inFlight)];
  const { alert = 0 } = total.lag;
  return unfinished.every((records) => records === 0) && alert !== null && alert <= 16;
}
