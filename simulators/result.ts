/** The result of a run as one document: what is kept, shown as a page, and compared with the next run. */
import type { DriveSummary } from './drivers/driver.js';
import type { Verdict } from './oracle/verdict.js';

/** ms */
export interface LatencyFigures {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** One kind of outcome: what must be, and what is. */
export interface LedgerRow {
  readonly what: string;
  readonly expected: number;
  /** So many more may be: nobody was promised anything about them, or a tick's moment decides. */
  readonly maybe: number;
  /** Null: the backend does not show it. */
  readonly actual: number | null;
}

/** One second of the run. */
export interface Sample {
  /** Its end, real seconds from scenario time 0. */
  readonly second: number;
  readonly sent: number;
  readonly acknowledged: number;
  readonly alerts: number;
  /** Events stored but not finished, by function; absent when the backend has no query API. */
  readonly lag?: Readonly<Record<string, number>>;
  /** By name: cores in use, bytes. */
  readonly processes: Readonly<Record<string, { readonly cpu: number; readonly rss: number }>>;
}

export interface RunResult {
  readonly format: 1;
  /** Names the run: scenario, seed and beginning. */
  readonly id: string;
  readonly version: string;
  readonly startedAt: string;
  readonly seconds: number;
  readonly scenario: {
    readonly name: string;
    readonly title: string;
    readonly description: string;
    readonly seed: number;
    readonly speed: number;
    readonly devices: number;
    /** Real seconds. */
    readonly phases: readonly { readonly name: string; readonly from: number; readonly until: number }[];
    /** Epoch ms of scenario time 0. */
    readonly start: number;
    /** SHA-256 of the scenario file: runs of different files are not compared. */
    readonly digest: string;
  };
  /** Without the password. */
  readonly target: string;
  /** The shell command that runs it again, without the password. */
  readonly command: string;
  readonly drive: DriveSummary;
  readonly latency: {
    readonly acknowledgement: LatencyFigures | null;
    readonly alert: LatencyFigures | null;
    readonly schedulingError: LatencyFigures | null;
    /** Of alerts, as `drive.latency` is of acknowledgements. */
    readonly alertHistogram: string | null;
  };
  readonly samples: readonly Sample[];
  /** What was done to the backend, and when (real seconds). */
  readonly chaos: readonly { readonly second: number; readonly what: string }[];
  readonly ledger: readonly LedgerRow[];
  /** Bytes of what was published; null when nothing was. Absent in older results, as is what follows. */
  readonly payloadBytes?: { readonly mean: number; readonly p95: number } | null;
  /** Of the backend's functions, by name, as its metrics said at the end. */
  readonly functionTimes?: Readonly<
    Record<string, { readonly msPerInvocation: number; readonly msPerRecord: number }>
  >;
  readonly verdict: Verdict;
}
