/** What judges a run: the whole oracle, transport alone, or nobody. */
import type { DriveObserver } from '../drivers/driver.js';
import type { FindingSummary } from '../oracle/verdict.js';
import type { LedgerRow } from '../result.js';

export interface Judgement {
  readonly findings: readonly FindingSummary[];
  readonly notChecked: readonly string[];
  readonly ledger: readonly LedgerRow[];
  /** HDR histogram, compressed base64, ms x 1000; null when no alert was seen. */
  readonly alertLatency: string | null;
}

export interface Judging {
  /** Hears what was sent and acknowledged, as it happens. */
  readonly observer: Partial<DriveObserver>;
  /** What it will not look at, and why; known before the run. */
  readonly notChecked: readonly string[];
  /** So many alerts were told so far. */
  alerts(): number;
  /** Waits until everything has come out, or for `settleMs`, and compares. Called once, when everything was sent. */
  judge(settleMs: number): Promise<Judgement>;
  /** Whatever happened before. */
  close(): Promise<void>;
}

/** A run that only makes load. */
export function nobodyJudges(reason: string): Judging {
  return {
    observer: {},
    notChecked: [reason],
    alerts: () => 0,
    judge: () => Promise.resolve({ findings: [], notChecked: [], ledger: [], alertLatency: null }),
    close: () => Promise.resolve(),
  };
}
