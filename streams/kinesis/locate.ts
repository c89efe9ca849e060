/**
 * Where a shard ends. Kinesis does not say which sequence number is its last: that has to be read, and reading it from
 * the oldest record on could take hours. So its tip is searched for in time: from further and further back until records
 * show up, then by halves in between, until what is left is read to its end.
 */
import { codeOf } from '../../common/errors.js';
import type { Shard } from './api.js';
import { Run } from './run.js';
import type { ShardClient } from './shard-client.js';

const FIRST_BACK_MS = 1_000;
const BACK_FACTOR = 16;
/** Between two times that are closer, everything is read. */
const CLOSE_MS = 2_000;

export interface LocateOptions {
  readonly client: ShardClient;
  readonly shard: Shard;
  readonly retentionMs: number;
  /** Epoch ms, on Kinesis' clock; a little in the past does no harm. */
  readonly now: number;
}

/** A run that was read to the tip: all before its `to` is in the shard, and nothing behind it was when it was read. */
export async function locateTip({ client, shard, retentionMs, now }: LocateOptions): Promise<Run> {
  /** Nothing arrived at or after it. */
  let empty = now;
  let run: Run | null = null;
  for (let back = FIRST_BACK_MS; run === null && back < retentionMs; back *= BACK_FACTOR) {
    run = await readFrom(client, shard, now - back);
    if (run === null) empty = now - back;
  }
  // From the oldest record on, which may well be none.
  run ??= await readToRecords(client, new Run(shard.start, { type: 'TRIM_HORIZON' }));
  while (!run.isAtTip) {
    const until = Math.min(empty, run.lastArrival + run.behindMs);
    const middle = Math.floor((run.lastArrival + until) / 2);
    const later: Run | null =
      until - run.lastArrival < CLOSE_MS ? null : await readFrom(client, shard, middle);
    if (later !== null) run = later;
    else if (until - run.lastArrival >= CLOSE_MS) empty = middle;
    else {
      run.shrink(0);
      await client.readOn(run);
    }
  }
  return run;
}

/** Null: nothing arrived from `time` (epoch ms) on. */
async function readFrom(client: ShardClient, shard: Shard, time: number): Promise<Run | null> {
  const run = new Run(shard.start, { type: 'AT_TIMESTAMP', time });
  try {
    await readToRecords(client, run);
  } catch (error) {
    // A time that has not come yet for Kinesis, because this clock is ahead: nothing arrived after it either.
    if (codeOf(error) !== 'STREAM_ARGUMENT') throw error;
    return null;
  }
  const first = run.entries[0];
  if (first === undefined) return null;
  // What is in front of it was not looked at.
  run.from = first.offset;
  return run;
}

/** Reads until there are records, or the tip. Kinesis may answer with nothing although there is more. */
async function readToRecords(client: ShardClient, run: Run): Promise<Run> {
  do {
    await client.readOn(run);
  } while (run.entries.length === 0 && !run.isAtTip);
  return run;
}
