/**
 * What `rollup` keeps: windows merged into longer buckets, and how far it has read the change feeds.
 * For the rules all stores follow see `validation.ts`.
 */
import type { Changed, Measured, Series, TimeRange } from './aggregation.js';
import type { Page, PageRequest } from './validation.js';

/** `1m`, `1h` and `1d` are aligned to UTC; `day` and `week` are those of the calendar in the settings' time zone. */
export const PERIODS = ['1m', '1h', '1d', 'day', 'week'] as const;
export type Period = (typeof PERIODS)[number];

export interface RollupRow extends Series, Measured {
  readonly period: Period;
  /** The bucket is [start, end), epoch ms; a calendar day may have 23 or 25 hours. */
  readonly start: number;
  readonly end: number;
}

export interface RollupStore {
  /** Last change of the source feed that is contained in `period`'s rows; 0n at first. */
  cursor(period: Period): Promise<bigint>;
  /** Writes rows (whole, replacing) and the cursor in one step. */
  commit(period: Period, rows: readonly RollupRow[], cursor: bigint): Promise<void>;
  rollups(series: Series, period: Period, range: TimeRange, page: PageRequest): Promise<Page<RollupRow>>;
  /** The change feed of one period, which feeds the next longer one. */
  changedSince(period: Period, change: bigint, limit: number): Promise<readonly Changed[]>;
  rowCount(period: Period): Promise<number>;
  /** Deletes a series' buckets of a period that start before `time`; returns how many went. */
  trim(series: Series, period: Period, time: number): Promise<number>;
  close(): Promise<void>;
}
