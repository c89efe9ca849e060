/**
 * Publishes a recording over real MQTT, at its own pace times a speed-up, or as fast as it is acknowledged.
 *
 * Every event gets a `seq`. With event times kept it counts the device's rows from 1: who replays the same recording
 * again sends the same events again, and they count once (as duplicates or as late events in the books). Shifted to now they are new events, with new numbers.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { MappedRow, Mapping } from './mapping.js';
import { Publisher } from './publisher.js';
import { type BadRow, planRecording, type RecordingPlan, rowsInOrder } from './recording.js';

export interface ReplayOptions {
  readonly file: string;
  readonly mapping: Mapping;
  /** Recorded seconds per second, or `max`. */
  readonly speed: number | 'max';
  /** Move event times so that none lies in the future when it is sent, and the newest is as late as possible. */
  readonly shiftToNow: boolean;
  /** With `{deviceId}` in it. */
  readonly topic: string;
  readonly host: string;
  readonly port: number;
  readonly qos: 0 | 1 | 2;
  readonly signal?: AbortSignal;
}

export interface ReplayPlan extends Omit<RecordingPlan, 'first' | 'last'> {
  readonly file: string;
  /** RFC 3339, as recorded. */
  readonly from: string;
  readonly to: string;
  /** The rows were sorted in memory. */
  readonly sorted: boolean;
}

export interface ReplaySummary {
  readonly rows: number;
  readonly badRows: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** Cells left out because they mean "no reading", or are no numbers and only numbers were asked for. */
  readonly omittedValues: number;
  readonly seconds: number;
  readonly errors: readonly string[];
  /** Ended by a signal before the last row. */
  readonly interrupted: boolean;
  readonly ok: boolean;
}

export interface ReplayOutput {
  started(plan: ReplayPlan): void;
  badRow(row: BadRow): void;
  /** @param progress time: RFC 3339, event time as sent */
  progress(progress: { readonly rows: number; readonly acknowledged: number; readonly time: string }): void;
  finished(summary: ReplaySummary): void;
}

const IN_FLIGHT = 1000;
const DRAIN_MS = 30_000;
const PROGRESS_MS = 250;
/** Longest nap between two looks at the signal and at the clock. */
const NAP_MS = 500;

/**
 * How far event times move (ms), and when (ms after the start) an event is due. Pure.
 *
 * Sped up, the last event is due at `start + span / speed` and gets just that time; earlier ones then lie in the past
 * when they are sent. Slowed down, the first event gets the time of the start.
 */
export function schedule(
  { first, last }: Pick<RecordingPlan, 'first' | 'last'>,
  { speed, shiftToNow }: Pick<ReplayOptions, 'speed' | 'shiftToNow'>,
  start: number,
): { readonly shift: number; due(time: number): number } {
  const due = (time: number) => (speed === 'max' ? 0 : (time - first) / speed);
  if (!shiftToNow) return { shift: 0, due };
  const slow = speed !== 'max' && speed < 1;
  return { shift: Math.floor(slow ? start - first : start + due(last) - last), due };
}

/** The JSON of an event: time and number first, as devices write it. Pure. */
export function eventOf(row: MappedRow, time: number, seq: number): string {
  return JSON.stringify({ ts: time, seq, ...row.values });
}

export async function replay(options: ReplayOptions, output: ReplayOutput): Promise<ReplaySummary> {
  const { file, mapping } = options;
  const plan = await planRecording(file, mapping, (row) => output.badRow(row));
  // One connection: it keeps the order of time across devices, not only within each.
  const publisher = await Publisher.open({
    ...options,
    connections: 1,
    inFlight: IN_FLIGHT,
    clientIdPrefix: `millrace-replay-${process.pid}-${Date.now()}`,
  });
  try {
    return await run(options, output, plan, publisher);
  } finally {
    await publisher.close(true);
  }
}

async function run(
  options: ReplayOptions,
  output: ReplayOutput,
  plan: RecordingPlan,
  publisher: Publisher,
): Promise<ReplaySummary> {
  const { file, mapping, signal } = options;
  const start = Date.now();
  const { shift, due } = schedule(plan, options, start);
  const firstSeq = options.shiftToNow ? start : 1;
  const seqs = new Map<string, number>();
  const { first, last, ...figures } = plan;
  output.started({
    ...figures,
    file,
    from: new Date(first).toISOString(),
    to: new Date(last).toISOString(),
    sorted: !plan.ordered,
  });
  const startedAt = performance.now();
  let omittedValues = 0;
  let progressAt = startedAt;
  for await (const row of rowsInOrder(file, mapping, plan)) {
    await napUntil(startedAt + due(row.time), signal);
    await publisher.room();
    if (signal?.aborted === true) break;
    const seq = seqs.get(row.deviceId) ?? firstSeq;
    seqs.set(row.deviceId, seq + 1);
    const topic = options.topic.replaceAll('{deviceId}', row.deviceId);
    publisher.publish(0, topic, eventOf(row, row.time + shift, seq));
    omittedValues += row.omitted;
    if (performance.now() - progressAt >= PROGRESS_MS) {
      progressAt = performance.now();
      const { sent: rows, acknowledged } = publisher;
      output.progress({ rows, acknowledged, time: new Date(row.time + shift).toISOString() });
    }
  }
  await publisher.drain(DRAIN_MS);
  const summary: ReplaySummary = {
    rows: plan.rows,
    badRows: plan.badRows,
    sent: publisher.sent,
    acknowledged: publisher.acknowledged,
    omittedValues,
    seconds: (performance.now() - startedAt) / 1000,
    errors: [...publisher.errors].map(([message, times]) => `${message} (${times} times)`),
    interrupted: publisher.sent < plan.rows,
    ok: publisher.acknowledged === publisher.sent,
  };
  output.progress({
    rows: publisher.sent,
    acknowledged: publisher.acknowledged,
    time: new Date(last + shift).toISOString(),
  });
  output.finished(summary);
  return summary;
}

async function napUntil(time: number, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    const left = time - performance.now();
    if (left <= 0 || signal?.aborted === true) return;
    await delay(Math.min(left, NAP_MS));
  }
}
