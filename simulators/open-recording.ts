/** A file as a recording, whichever kind it is, with what becomes of its items and which of them are wanted. */
import { MillraceError } from '../common/errors.js';
import { formatOf } from './capture/detect.js';
import { captureRecording, type TimedMessage } from './capture/recording.js';
import { rewriteTopic, type TopicRule } from './capture/topics.js';
import { completeMapping, type MappedRow, type PartialMapping } from './mapping.js';
import { type Overrides, type Publish, publishMessages, publishRows } from './publication.js';
import type { Recording, Timed } from './recording.js';
import { csvRecording } from './recording-csv.js';
import { eventsRecording } from './recording-events.js';
import { nameMatcher, type Range, select, topicMatcher } from './selection.js';

/** What rows and JSON events need, and captures do not. */
export interface RowSource {
  /** Of the mapping file and the command line; later ones win. */
  readonly mapping: readonly PartialMapping[];
  /** With `{deviceId}` in it. */
  readonly topic: string;
  /** `*` stands for any characters; none: all devices. */
  readonly devices: readonly string[];
}

export interface CaptureSource {
  /** MQTT filters of topics as recorded; none: all topics. */
  readonly filters: readonly string[];
  readonly rules: readonly TopicRule[];
  readonly prefix: string;
  /** Top-level field of JSON payloads that holds the time. */
  readonly timeField: string;
}

export interface OpenOptions {
  readonly file: string;
  readonly range: Range;
  readonly rows: RowSource;
  readonly capture: CaptureSource;
  readonly overrides: Overrides;
  /** Names of flags that were given and are of no use for a capture, or for rows. */
  readonly onlyForRows: readonly string[];
  readonly onlyForCaptures: readonly string[];
}

export interface OpenedRecording<T extends Timed> {
  readonly recording: Recording<T>;
  /** @param firstSeq of each device's first event; @param repeats every pass sends the same events */
  publisher(firstSeq: number, repeats: boolean): Publish<T>;
}

/** Gets a recording whatever its items are. */
export type Use<R> = <T extends Timed>(opened: OpenedRecording<T>) => Promise<R>;

/** Throws `REPLAY_FILE`, `CAPTURE_FORMAT`, `REPLAY_MAPPING`, `REPLAY_FLAGS`, and what `use` throws. */
export async function withRecording<R>(options: OpenOptions, use: Use<R>): Promise<R> {
  const format = await formatOf(options.file);
  if (format === 'capture') {
    refuse(options.onlyForRows, `${options.file} is a capture, and`);
    return use(await openCapture(options));
  }
  refuse(options.onlyForCaptures, `${options.file} is no capture, and`);
  return use(await openRows(options, format));
}

async function openRows(
  { file, rows, range, overrides }: OpenOptions,
  format: 'csv' | 'events',
): Promise<OpenedRecording<MappedRow>> {
  const mapping = completeMapping(...rows.mapping);
  const isWanted = nameMatcher(rows.devices);
  const recording = format === 'csv' ? csvRecording(file, mapping) : eventsRecording(file, mapping);
  return {
    recording: await select(recording, range, (row) => isWanted(row.deviceId)),
    publisher: (firstSeq, repeats) => publishRows({ topic: rows.topic, firstSeq, repeats, ...overrides }),
  };
}

async function openCapture({
  file,
  range,
  capture,
  overrides,
}: OpenOptions): Promise<OpenedRecording<TimedMessage>> {
  const { filters, rules, prefix, timeField } = capture;
  const isWanted = topicMatcher(filters);
  const selected = await select(captureRecording(file), range, ({ topic }) => isWanted(topic));
  const recording: Recording<TimedMessage> = {
    ...selected,
    async *read(onBadRow) {
      for await (const message of selected.read(onBadRow)) {
        if (rewriteTopic(message.topic, rules, prefix) !== undefined) yield message;
        else
          onBadRow({ line: message.line, reason: `${message.topic} cannot be a topic once it is rewritten` });
      }
    },
  };
  return { recording, publisher: () => publishMessages({ rules, prefix, timeField, ...overrides }) };
}

function refuse(flags: readonly string[], why: string): void {
  if (flags.length === 0) return;
  throw new MillraceError(
    `${why} ${flags.join(', ')} ${flags.length > 1 ? 'say' : 'says'} nothing about it`,
    {
      code: 'REPLAY_FLAGS',
      hint: 'Rows and events have devices, columns and a topic; captures have their own topics.',
    },
  );
}
