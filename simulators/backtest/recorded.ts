/** A recording (CSV, JSON events, or a capture of a topic tree) as what devices sent: for rules that are tried on it. */
import type { Backtest } from '../../functions/alert/backtest/backtest.js';
import { parsePattern } from '../../gateway/topics.js';
import { type OpenedRecording, type OpenOptions, withRecording } from '../open-recording.js';
import { type BadRow, inOrder, planRecording, type RecordingPlan, type Timed } from '../recording.js';

export interface RecordedOptions {
  readonly open: OpenOptions;
  /** MQTT topics that carry telemetry; of captures, what came on others is passed over. */
  readonly telemetryTopics: readonly string[];
  readonly backtest: Backtest;
  onBadRow(row: BadRow): void;
  /** @param share of the recording that has been read, 0 to 1 */
  onProgress(share: number): void;
}

export interface RecordedFacts extends Pick<RecordingPlan, 'rows' | 'badRows' | 'first' | 'last'> {
  /** Messages on other topics. */
  readonly passedOver: number;
  readonly notes: readonly string[];
}

const PROGRESS_EVERY = 2_000;

/** Throws as `replay` does where it reads, and as the backtest does. */
export function runRecorded(options: RecordedOptions): Promise<RecordedFacts> {
  return withRecording(options.open, (opened) => run(opened, options));
}

async function run<T extends Timed>(
  { recording, publisher }: OpenedRecording<T>,
  { telemetryTopics, backtest, onBadRow, onProgress }: RecordedOptions,
): Promise<RecordedFacts> {
  const plan = await planRecording(recording, onBadRow);
  const patterns = telemetryTopics.map(parsePattern);
  const publish = publisher(1, true);
  let passedOver = 0;
  let done = 0;
  await backtest.begin();
  for await (const item of inOrder(recording, plan)) {
    const { topic, payload } = publish(item, 0, 0);
    const deviceId = patterns.map((pattern) => pattern(topic)).find((id) => id !== undefined);
    if (++done % PROGRESS_EVERY === 0) onProgress(done / plan.rows);
    if (deviceId === undefined) passedOver++;
    else await backtest.event(deviceId, Buffer.from(payload), Math.floor(item.time));
  }
  await backtest.end(Math.floor(plan.last) + 1);
  const { rows, badRows, first, last } = plan;
  return { rows, badRows, first, last, passedOver, notes: recording.notes() };
}
