/** What a recorded item becomes when it is replayed: a message. Pure. */
import type { MessageProperties, Qos } from './capture/format.js';
import type { TimedMessage } from './capture/recording.js';
import { shiftPayload } from './capture/shift.js';
import { rewriteTopic, type TopicRule } from './capture/topics.js';
import type { MappedRow } from './mapping.js';

export interface Publication {
  readonly topic: string;
  readonly payload: string | Buffer;
  readonly qos: Qos;
  readonly retain: boolean;
  readonly properties?: MessageProperties;
  /** Values left out because they mean "no reading". */
  readonly omitted: number;
  /** Its time was to be moved and could not be. */
  readonly isUnshifted: boolean;
}

/** Undefined: as recorded; of rows, QoS 1 and not retained. */
export interface Overrides {
  readonly qos: Qos | undefined;
  readonly retain: boolean | undefined;
}

/**
 * Makes messages of items, in the order in which they are replayed.
 * @param shift of the event's time, ms
 * @param pass from 0
 */
export type Publish<T> = (item: T, shift: number, pass: number) => Publication;

export interface RowOptions extends Overrides {
  /** With `{deviceId}` in it. */
  readonly topic: string;
  /** Of each device's first event. */
  readonly firstSeq: number;
  /** Every pass sends the same events again, not new ones. */
  readonly repeats: boolean;
}

/** The JSON of an event: time and number first, as devices write it. Pure. */
export function eventOf(row: MappedRow, time: number, seq: number): string {
  return JSON.stringify({ ts: time, seq, ...row.values });
}

/**
 * Every event gets a `seq`. With event times kept it counts the device's rows from 1: who replays the same recording
 * again sends the same events again, and they count once (as duplicates or as late events in the books). Shifted to
 * now they are new events, with new numbers.
 */
export function publishRows({
  topic,
  firstSeq,
  repeats,
  qos = 1,
  retain = false,
}: RowOptions): Publish<MappedRow> {
  const seqs = new Map<string, number>();
  let current = 0;
  return (row, shift, pass) => {
    if (repeats && pass !== current) seqs.clear();
    current = pass;
    const seq = seqs.get(row.deviceId) ?? firstSeq;
    seqs.set(row.deviceId, seq + 1);
    return {
      topic: topic.replaceAll('{deviceId}', row.deviceId),
      payload: eventOf(row, row.time + shift, seq),
      qos,
      retain,
      omitted: row.omitted,
      isUnshifted: false,
    };
  };
}

export interface MessageOptions extends Overrides {
  readonly rules: readonly TopicRule[];
  readonly prefix: string;
  /** Of payloads: the top-level field that holds the time. */
  readonly timeField: string;
}

/** Topics must be ones that `rewriteTopic` has an answer for. */
export function publishMessages({
  rules,
  prefix,
  timeField,
  qos,
  retain,
}: MessageOptions): Publish<TimedMessage> {
  return (message, shift) => {
    const shifted = shift === 0 ? message.payload : shiftPayload(message.payload, timeField, shift);
    return {
      topic: rewriteTopic(message.topic, rules, prefix) ?? message.topic,
      payload: shifted ?? message.payload,
      qos: qos ?? message.qos,
      retain: retain ?? message.retain,
      ...(message.properties === undefined ? {} : { properties: message.properties }),
      omitted: 0,
      isUnshifted: shifted === undefined,
    };
  };
}
