/**
 * What `alert` tells `fleet`, over a stream of their own: how many devices of a group there are in one partition of the
 * telemetry, and how many of them match. Whole counts and not differences, with the position they are as of: told twice,
 * or after later ones, they change nothing.
 */
import { RecordKind } from '../../streams/record.js';
import type { OutgoingRecord } from '../contract.js';

export const COUNTS_STREAM = 'fleet';

export interface GroupCounts {
  readonly rule: string;
  /** Of what is counted (see `specOf`): counts of another one are not these. */
  readonly spec: string;
  /** `site=north,type=reefer`; `` is the whole fleet. */
  readonly group: string;
  /** Partition of the telemetry. */
  readonly partition: number;
  /** Offset there of the record that changed the counts last, decimal. */
  readonly offset: string;
  readonly total: number;
  readonly matching: number;
}

/** @param arrivalTime of the record that changed the counts, or of the tick at which they are told again, epoch ms */
export function countsRecord(counts: GroupCounts, arrivalTime: number): OutgoingRecord {
  return {
    kind: RecordKind.acknowledged,
    arrivalTime,
    // All counts of a group come in one partition, to be added up there.
    key: `${counts.rule}/${counts.group}`,
    value: Buffer.from(JSON.stringify(counts)),
  };
}

export function parseCounts(value: Uint8Array): GroupCounts {
  return JSON.parse(Buffer.from(value).toString('utf8')) as GroupCounts;
}
