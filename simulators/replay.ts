/**
 * Publishes a recording (CSV, JSON events, or a capture of a topic tree) over real MQTT, at its own pace times a
 * speed-up, or as fast as it is acknowledged.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connectTarget } from './capture/connection.js';
import type { Target } from './drivers/driver.js';
import { type OpenedRecording, type OpenOptions, withRecording } from './open-recording.js';
import { pump } from './pump.js';
import {
  type BadRow,
  inOrder,
  planRecording,
  type RecordingFormat,
  type RecordingPlan,
  type Timed,
} from './recording.js';
import { type Pace, schedule } from './replay-schedule.js';
import { Sender } from './sender.js';

export interface ReplayOptions extends OpenOptions, Pace {
  readonly target: Target;
  readonly signal?: AbortSignal;
}

export interface ReplayPlan extends Pick<RecordingPlan, 'rows' | 'badRows' | 'devices' | 'ordered'> {
  readonly file: string;
  readonly format: RecordingFormat;
  /** RFC 3339, as recorded. */
  readonly from: string;
  readonly to: string;
  /** The rows were sorted in memory. */
  readonly sorted: boolean;
  readonly loops: number;
  /** What is to be known about the file. */
  readonly notes: readonly string[];
}

export interface ReplaySummary {
  readonly format: RecordingFormat;
  /** Readable ones; of a capture, messages. */
  readonly rows: number;
  readonly badRows: number;
  readonly sent: number;
  readonly acknowledged: number;
  /** Cells left out because they mean "no reading", or are no numbers and only numbers were asked for. */
  readonly omittedValues: number;
  /** Payloads of a capture whose time was to be moved and could not be: sent as they are. */
  readonly unshifted: number;
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

const DRAIN_MS = 30_000;
const PROGRESS_MS = 250;

/** Throws as `withRecording`, `planRecording` and `connectTarget` do, and `REPLAY_UNSORTED`. */
export async function replay(options: ReplayOptions, output: ReplayOutput): Promise<ReplaySummary> {
  return withRecording(options, (opened) => replayOpened(opened, options, output));
}

async function replayOpened<T extends Timed>(
  opened: OpenedRecording<T>,
  options: ReplayOptions,
  output: ReplayOutput,
): Promise<ReplaySummary> {
  const plan = await planRecording(opened.recording, (row) => output.badRow(row));
  const client = await connectTarget({
    target: options.target,
    clientId: `millrace-replay-${process.pid}-${Date.now()}`,
    clean: true,
  });
  const sender = new Sender(client, options.signal);
  try {
    return await run(opened, options, output, plan, sender);
  } finally {
    await sender.close();
  }
}

async function run<T extends Timed>(
  { recording, publisher }: OpenedRecording<T>,
  options: ReplayOptions,
  output: ReplayOutput,
  plan: RecordingPlan,
  sender: Sender,
): Promise<ReplaySummary> {
  const { times, loops, signal } = options;
  const { rows, badRows, devices, ordered, first, last } = plan;
  const start = Date.now();
  output.started({
    ...{ file: options.file, format: recording.format, rows, badRows, devices, ordered, loops },
    from: new Date(first).toISOString(),
    to: new Date(last).toISOString(),
    sorted: !ordered,
    notes: recording.notes(),
  });
  const startedAt = performance.now();
  let [omittedValues, unshifted, progressAt, lastTime] = [0, 0, startedAt, first];
  const tell = () => {
    const { sent, acknowledged } = sender;
    output.progress({ rows: sent, acknowledged, time: new Date(lastTime).toISOString() });
  };
  await pump({
    items: () => inOrder(recording, plan),
    loops,
    schedule: schedule(plan, options, start),
    publish: publisher(times.kind === 'now' ? start : 1, times.kind === 'keep'),
    outlet: sender,
    clock: { now: () => performance.now(), sleep: (ms) => delay(ms) },
    signal,
    sent: ({ omitted, isUnshifted }, time) => {
      omittedValues += omitted;
      if (isUnshifted) unshifted++;
      lastTime = time;
      if (performance.now() - progressAt < PROGRESS_MS) return;
      progressAt = performance.now();
      tell();
    },
  });
  await sender.drain(DRAIN_MS);
  tell();
  const { sent, acknowledged } = sender;
  const summary: ReplaySummary = {
    ...{ format: recording.format, rows, badRows, sent, acknowledged, omittedValues, unshifted },
    seconds: (performance.now() - startedAt) / 1000,
    errors: [...sender.errors].map(([message, count]) => `${message} (${count} times)`),
    interrupted: sent < rows * loops,
    ok: acknowledged === sent,
  };
  output.finished(summary);
  return summary;
}
