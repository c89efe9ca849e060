/**
 * What `rollup` keeps: windows merged into longer buckets, and how far it has read the change feeds.
 * For the rules all stores follow see `validation.ts`.
 */
import type { ChangedWindow, MetricFigures, TimeRange } from './aggregation.js';
import type { Page, PageRequest } from './validation.js';

export const PERIODS = ['1m', '1h', '1d'] as const;
export type Period = (typeof PERIODS)[number];

export interface RollupRow {
  readonly deviceId: string;
  readonly period: Period;
  /** Start of the bucket, epoch ms, UTC-aligned. */
  readonly start: number;
  readonly events: number;
  readonly metrics: Readonly<Record<string, MetricFigures>>;
}

export interface RollupStore {
  /** Last change of the source feed that is contained in `period`'s rows; 0n at first. */
  cursor(period: Period): Promise<bigint>;
  /** Writes rows (whole, replacing) and the cursor in one step. */
  commit(period: Period, rows: readonly RollupRow[], cursor: bigint): Promise<void>;
  rollups(deviceId: string, period: Period, range: TimeRange, page: PageRequest): Promise<Page<RollupRow>>;
  /** The change feed of one period, which feeds the next longer one. */
  changedSince(period: Period, change: bigint, limit: number): Promise<readonly ChangedWindow[]>;
  rowCount(period: Period): Promise<number>;
  /** Deletes a device's buckets of a period that start before `time`; returns how many went. */
  trim(deviceId: string, period: Period, time: number): Promise<number>;
  close(): Promise<void>;
}
